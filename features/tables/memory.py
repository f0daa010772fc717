"""Tables of a few people in memory: from JSON rows or Arrow tables to checked canonical tables.

The way in for one person scored online and for tests. Rows that break a contract are refused, never
dropped: there is no rejects file here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.tables.check import CURES, check_rows
from features.tables.contract import Table, Tables
from features.tables.schema import TABLES

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, object]]


def tables_of(rows: Mapping[str, Rows]) -> Tables:
    """All ten canonical tables from `rows` by table name.

    Absent tables are empty and absent nullable columns null; dates and times may be ISO text.
    Raises InputError for an unknown table or column, a value of the wrong type, or a row that
    breaks its contract.
    """
    unknown = sorted(set(rows) - set(TABLES))
    if unknown:
        raise InputError(
            f"no table is called {unknown[0]}", where="tables", cure=f"use {', '.join(TABLES)}"
        )
    return {
        name: _checked(table, arrow(table, rows.get(name, ()))) for name, table in TABLES.items()
    }


def arrow(table: Table, rows: Rows) -> pa.Table:
    """`rows` with all columns of `table`, absent ones null, not checked yet."""
    names = set(rows.column_names) if isinstance(rows, pa.Table) else {n for r in rows for n in r}
    unknown = sorted(names - set(table.schema.names))
    if unknown:
        raise InputError(
            f"{unknown[0]} is no column",
            where=f"table {table.name}",
            cure=f"use {', '.join(table.schema.names)}",
        )
    count = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
    columns = [_column(table, field, rows, names, count) for field in table.schema]
    return pa.table(columns, schema=pa.schema([f.with_nullable(True) for f in table.schema]))


def _column(
    table: Table, field: pa.Field, rows: Rows, names: set[str], count: int
) -> pa.Array | pa.ChunkedArray:
    if field.name not in names:
        return pa.nulls(count, field.type)
    try:
        if isinstance(rows, pa.Table):
            return rows.column(field.name).cast(field.type)
        return _typed([row.get(field.name) for row in rows], field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        raise InputError(
            f"a value of {field.name} is not of type {field.type}",
            where=f"table {table.name}, column {field.name}",
            cure="see docs/reference/history.md for the type of each column",
        ) from None


def _typed(values: list[object], kind: pa.DataType) -> pa.Array:
    temporal = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    if temporal and any(isinstance(value, str) for value in values):
        text = pa.array([None if v is None else str(v) for v in values], pa.string())
        return pc.cast(pc.cast(text, pa.timestamp("us")), kind)
    if pa.types.is_float64(kind):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return pa.array(values, kind)


def _checked(table: Table, rows: pa.Table) -> pa.Table:
    checked = check_rows(table, rows)
    if checked.rejected.num_rows:
        reason = checked.rejected.column("reason")[0].as_py()
        column = checked.rejected.column("column")[0].as_py()
        raise InputError(
            f"{reason}: {checked.rejected.num_rows} of {rows.num_rows} rows break the contract",
            where=f"table {table.name}, column {column}",
            cure=CURES[reason],
        )
    return checked.kept
