"""The reference page of the canonical tables, generated from their contracts."""

from __future__ import annotations

from collections.abc import Iterator

from features.tables.contract import Column, Kind, Table
from features.tables.schema import CONTRACT, TABLES

HEAD = """# History

Generated from `features/tables/schema.py`; do not edit.

Contract version {contract}. Rows of every table lie by person and time. A value that is null is
unknown: never "no", and never zero. Nothing that became known after an index moment is used for it.

| type | values | in Parquet |
|---|---|---|
{kinds}

| table | a row is | key | sorted by | known from |
|---|---|---|---|---|
{tables}
"""
KINDS: dict[Kind, str] = {
    "text": "any text",
    "category": "one of the values listed",
    "date": "a day, ISO 8601 where written as text",
    "time": "a day and time of day, local time of the facility without a zone",
    "number": "a number",
    "count": "a whole number",
    "flag": "true or false",
}
TABLE = """
## {name}

{meaning}.{order}

| column | type | unit | meaning | null says | allowed |
|---|---|---|---|---|---|
{rows}
"""
REFUSED = "refused"


def markdown() -> str:
    """The page `docs/reference/history.md`."""
    head = HEAD.format(
        contract=CONTRACT,
        kinds="\n".join(_kinds()),
        tables="\n".join(_line(table) for table in TABLES.values()),
    )
    return head + "".join(_section(table) for table in TABLES.values())


def _kinds() -> Iterator[str]:
    for kind, values in KINDS.items():
        yield _cells(kind, values, f"`{Column('', kind, '').type}`")


def _line(table: Table) -> str:
    name = f"[{table.name}](#{table.name})"
    return _cells(
        name, table.meaning, ", ".join(table.key), table.time or "", table.known or "always"
    )


def _section(table: Table) -> str:
    order = "".join(
        f" A row whose {later} is before its {earlier} is rejected."
        for earlier, later in table.order
    )
    rows = "\n".join(_row(column) for column in table.columns)
    meaning = table.meaning[:1].upper() + table.meaning[1:]
    return TABLE.format(name=table.name, meaning=meaning, order=order, rows=rows)


def _row(column: Column) -> str:
    return _cells(
        f"`{column.name}`",
        column.kind,
        column.unit,
        column.meaning,
        REFUSED if column.null is None else column.null,
        _allowed(column),
    )


def _allowed(column: Column) -> str:
    if column.allowed:
        return ", ".join(column.allowed)
    return "" if column.least is None else f"{column.least:g} or more"


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
