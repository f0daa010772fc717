"""The reference page of mappings, generated from the model that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from features.readers.table.load import SHIPPED, load_mapping, shipped
from features.readers.table.mapping import (
    COMBINED,
    DEFAULTED,
    Block,
    CodedBlock,
    Delays,
    File,
    LeaveOut,
    MappingHead,
    Once,
)
from features.readers.table.parts import Clock, Condition, Plus, Switch, Value
from features.tables.contract import Table
from features.tables.schema import TABLES

HEAD = """# Mapping

Generated from `features/readers/table/`; do not edit. The same as JSON Schema, for editors that
complete TOML: `features/readers/mappings/mapping.schema.json`.

A mapping says how `caseload ingest --from table` reads an extract: which files it has, which rows
of them are what, and which column each column of the History comes from. Nothing in it is
evaluated. An unknown key is refused with the nearest known one. How to write one:
[load a local extract](../how-to/ingest-a-local-extract.md).

Shipped, to be named in place of a file: {shipped}.

Order of work: cells are read as text without blanks around them; `derive`; `leave_out`; `once`, in
the order given; then each block takes the rows its `where` names, reads their values, and rejects a
row with a value that cannot be read; rows of one key are combined; facts take their times from the
stay or visit they are tied to.
"""

PARTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The file itself", "Keys at the top.", MappingHead),
    ("[files.NAME]", "One kind of file; all its files have one layout.", File),
    ("[[files.NAME.leave_out]]", "Rows of no use, counted.", LeaveOut),
    ("[[files.NAME.once]]", "Rows that tell a thing again: duplicates, versions of a claim.", Once),
    ("[delays]", "How late things are known. Whole days.", Delays),
    ("[[TABLE.rows]]", "Rows of one file as rows of one table, beside the table's columns.", Block),
    ("[[diagnosis.rows]], [[procedure.rows]]", "More, for codes in several columns.", CodedBlock),
    ("A value", "A bare text or list of texts means `{ column = ... }`.", Value),
    ("A condition", "Compared without blanks around and in any case.", Condition),
    ("clock", "", Clock),
    ("plus", "", Plus),
    ("switch", "", Switch),
)

RULES: dict[tuple[str, str], str] = {
    ("person", "sex"): "unknown",
    ("stay", "admitted_known"): "`admitted_at` and `delays.admission`",
    ("stay", "discharged_known"): "`discharged_at` and `delays.discharge`",
    ("stay", "coded_known"): "`discharged_at` and `delays.coded`",
    ("stay", "admission_method"): "unknown",
    ("visit", "known_at"): "`at` and `delays.visit`",
}
TIED = {
    "at": "that of the stay or visit it is tied to",
    "known_at": "when that stay was coded or that visit known; else `at` and the delay",
    "code": "`codes` in its place",
}


def markdown() -> str:
    """The page `docs/reference/mapping.md`."""
    lines = [HEAD.format(shipped=", ".join(_shipped()))]
    for title, meaning, model in PARTS:
        lines += [f"## {title}", "", meaning, *([""] if meaning else []), *_keys(model), ""]
    lines += ["## Columns of each table", "", "What each may hold: [History](history.md).", ""]
    for table in TABLES.values():
        lines += _table(table)
    return "\n".join(lines).rstrip() + "\n"


def _shipped() -> Iterator[str]:
    for name in shipped():
        yield f"`{name}` ({load_mapping(SHIPPED / f'{name}.toml').about})"


def _keys(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    inherited = set() if model is not CodedBlock else set(Block.model_fields)
    for name, field in model.model_fields.items():
        if name not in inherited:
            default = (
                "required"
                if field.is_required()
                else _default(field.get_default(call_default_factory=True))
            )
            meaning = " ".join((field.description or "").split()).replace("|", "\\|")
            yield f"| `{field.alias or name}` | {default} | {meaning} |"


def _default(value: Any) -> str:
    if value is None or value in ((), "", {}):
        return ""
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    if table.name in COMBINED:
        keys = " and ".join(f"`{key}`" for key in table.key)
        yield f"Takes `combine`: rows of one {keys} become one; rules first, last, min, max, sum."
        yield ""
    yield "| column | where it is not mapped |"
    yield "|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {_unmapped(table, column.name)} |"
    yield ""


def _unmapped(table: Table, column: str) -> str:
    if table.name in ("diagnosis", "procedure") and column in TIED:
        return TIED[column]
    if (table.name, column) in RULES:
        return RULES[table.name, column]
    if column in DEFAULTED[table.name]:
        return "the time of the row and `delays.fact`"
    return "null" if table.column(column).nullable else "required"
