"""Canonical rows as tests write them down: chosen columns, dates and times as short text."""

from __future__ import annotations

from datetime import date, datetime, time

import pyarrow as pa
import pyarrow.compute as pc

from features.tables.contract import Tables

Row = tuple[object, ...]


def told(tables: Tables, name: str, *columns: str, person: str | None = None) -> list[Row]:
    """The columns of all rows, or of one person's: days as ISO days, as are times at midnight."""
    rows = tables[name]
    if person is not None:
        rows = rows.filter(pc.equal(rows["person_id"], person))
    return rows_of(rows, *columns)


def rows_of(table: pa.Table, *columns: str) -> list[Row]:
    return [tuple(_plain(row[column]) for column in columns) for row in table.to_pylist()]


def _plain(value: object) -> object:
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ", "minutes")
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else value
