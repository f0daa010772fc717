"""A person's own History as JSON: the canonical tables as arrays, checked strictly.

The models are made from the contracts of `features.tables`, so the two cannot differ. An unknown
field is refused, a number is a number and not a text, and a time has no zone (it is the facility's
own). `person_id` may be left out of every table but `person`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NaiveDatetime, create_model

from features.tables.contract import Column, Table
from features.tables.schema import TABLES

MOST_ROWS = 20_000
"""Rows of one table that one request may carry."""
LONGEST = 200
STRICT = ConfigDict(extra="forbid", strict=True)


def iso(value: object) -> object:
    """A number is no date, whatever it would be seconds since."""
    if value is not None and not isinstance(value, str | date):
        raise ValueError("Input should be ISO text")
    return value


Text = Annotated[str, Field(max_length=LONGEST)]
KINDS: Mapping[str, Any] = {
    "text": Text,
    "date": Annotated[date, Field(strict=False), BeforeValidator(iso)],
    "time": Annotated[NaiveDatetime, Field(strict=False), BeforeValidator(iso)],
    "number": Annotated[float, Field(allow_inf_nan=False)],
    "count": Annotated[int, Field(ge=-(2**31), lt=2**31)],
    "flag": bool,
}


def _type(column: Column) -> Any:
    return Literal[column.allowed] if column.allowed else KINDS.get(column.kind, Text)


def _field(column: Column, *, optional: bool) -> Any:
    told = f"{column.meaning}{f' ({column.unit})' if column.unit else ''}"
    if column.nullable or optional:
        null = f"; null: {column.null}" if column.null else ""
        return (_type(column) | None, Field(None, description=told + null))
    return (_type(column), Field(description=told))


def _rows(table: Table) -> type[BaseModel]:
    fields = {
        column.name: _field(column, optional=column.name == "person_id" and table.name != "person")
        for column in table.columns
    }
    name = "".join(part.capitalize() for part in table.name.split("_")) + "Row"
    return create_model(name, __config__=STRICT, __doc__=f"Is {table.meaning}.", **fields)


def _tables() -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for table in TABLES.values():
        least, most = (1, 1) if table.name == "person" else (0, MOST_ROWS)
        row: Any = _rows(table)
        kind = Annotated[list[row], Field(min_length=least, max_length=most)]
        default = Field(description=f"One row is {table.meaning}.")
        if table.name != "person":
            default = Field(default_factory=list, description=f"One row is {table.meaning}.")
        fields[table.name] = (kind, default)
    return create_model(
        "PersonTables", __config__=STRICT, __doc__="One person's History.", **fields
    )


PersonTables = _tables()
FIELDS = frozenset(TABLES) | {c.name for table in TABLES.values() for c in table.columns}
"""Every name a request about a person may use."""


def rows_of(person: BaseModel) -> dict[str, list[dict[str, object]]]:
    """The rows by table, for `features.tables.memory.tables_of`, each with the person's id."""
    told: dict[str, list[dict[str, object]]] = person.model_dump()
    person_id = told["person"][0]["person_id"]
    for rows in told.values():
        for row in rows:
            row["person_id"] = row["person_id"] or person_id
    return told
