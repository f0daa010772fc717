"""Canonical tables of people held in memory: one person of a request, or the few of a test.

The same contracts hold as for a History on disk, and a bad row is refused at once: here nobody
would read a file of rejects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

import pyarrow as pa

from features.errors import InputError
from features.tables.check import REASONS, check_rows
from features.tables.contract import Column, Table, Tables
from features.tables.schema import TABLES

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, object]]


def tables_of(rows: Mapping[str, Rows]) -> Tables:
    """All ten canonical tables from the rows at hand, checked and in canonical order.

    Absent tables are empty, absent nullable columns null; dates and times may be ISO text.
    Raises InputError for a table or column that does not exist and for any bad row.
    """
    for name in rows:
        if name not in TABLES:
            raise InputError(
                f"there is no table {name}",
                where="the tables given",
                cure=f"use {', '.join(TABLES)}",
            )
    given = {name: _arrow(TABLES[name], found) for name, found in rows.items() if len(found)}
    people = given["person"]["person_id"] if "person" in given else pa.array([], pa.string())
    made = {name: _checked(TABLES[name], found, people) for name, found in given.items()}
    return MappingProxyType({name: made.get(name, empty(name)) for name in TABLES})


@cache
def empty(name: str) -> pa.Table:
    """The canonical table of that name without rows."""
    return TABLES[name].schema.empty_table()


def refuse_unknown(table: Table, names: Iterable[str], where: str) -> None:
    """Raises InputError for a column the table does not have: it may be a misspelt one."""
    own = {column.name for column in table.columns}
    for name in names:
        if name not in own:
            raise InputError(
                f"table {table.name} has no column {name}",
                where=where,
                cure=f"use the columns {', '.join(c.name for c in table.columns)}",
            )


def refuse_rejected(table: Table, rejected: pa.Table, where: str, cure: str) -> None:
    """Raises InputError where there are rejected rows, with their reasons and numbers."""
    if not len(rejected):
        return
    pairs = zip(rejected["reason"].to_pylist(), rejected["column"].to_pylist(), strict=True)
    counts = Counter(pairs).most_common()
    said = "; ".join(f"{REASONS[why]} ({column}: {n})" for (why, column), n in counts)
    columns = ", ".join(dict.fromkeys(column for (_, column), _ in counts))
    raise InputError(
        f"{len(rejected)} rows of table {table.name} are bad: {said}",
        where=f"{where}, table {table.name}, column {columns}",
        cure=cure,
    )


def _checked(table: Table, rows: pa.Table, people: pa.Array) -> pa.Table:
    found = check_rows(table, rows, None if table.name == "person" else people)
    cure = "correct the rows; docs/reference/history.md says what each column may hold"
    refuse_rejected(table, found.rejected, "the rows given", cure)
    return found.kept


def _arrow(table: Table, rows: Rows) -> pa.Table:
    if isinstance(rows, pa.Table):
        refuse_unknown(table, rows.column_names, "the tables given")
        return rows
    names = dict.fromkeys(name for row in rows for name in row)
    refuse_unknown(table, names, "the rows given")
    columns = {n: _column(table, table.column(n), [row.get(n) for row in rows]) for n in names}
    return pa.table(columns)


def _column(table: Table, column: Column, values: list[object]) -> pa.Array:
    """The values as Arrow has them; texts of dates stay texts for the check to read."""
    if any(isinstance(v, datetime) and v.tzinfo is not None for v in values):
        values = [str(v) if isinstance(v, datetime) else v for v in values]
    if column.kind in ("date", "time"):
        values = [v.isoformat() if isinstance(v, date) else v for v in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise InputError(
            f"{table.name}.{column.name} mixes values of several types",
            where=f"the rows given, table {table.name}, column {column.name}",
            cure=f"give {column.kind} values, or null",
        ) from None
