"""What a canonical table promises: columns, types, units, meaning of null, allowed values, key.

This module only states promises. `schema.py` makes them for the ten tables, `check.py` holds rows
against them, and `docs/reference/history.md` is generated from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

import pyarrow as pa

Tables: TypeAlias = Mapping[str, pa.Table]
"""All ten canonical tables of whole people, by name, with canonical types and order."""

Kind = Literal["text", "category", "date", "time", "number", "count", "flag"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "text": pa.string(),
        "category": pa.string(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "number": pa.float64(),
        "count": pa.int32(),
        "flag": pa.bool_(),
    }
)


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    kind     what the values are; `time` is local time of the facility without a zone
    meaning  one line for the reference
    null     what a null says; None where null is refused
    unit     unit of a number or count
    allowed  the values of a category (empty: open vocabulary)
    least    smallest value a number or count may take
    """

    name: str
    kind: Kind
    meaning: str
    null: str | None = None
    unit: str = ""
    allowed: tuple[str, ...] = ()
    least: float | None = None

    @property
    def type(self) -> pa.DataType:
        return ARROW_TYPES[self.kind]

    @property
    def nullable(self) -> bool:
        return self.null is not None


@dataclass(frozen=True)
class Table:
    """A canonical table.

    key    columns that together name a row; two rows with one key are a duplicate
    time   the column rows are sorted by within a person (None: one row a person)
    known  the column that says when the row became known (None: always known)
    order  pairs (earlier, later): a row whose later value is before its earlier one is rejected
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str | None
    known: str | None
    order: tuple[tuple[str, str], ...] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.type == pa.string())

    @cached_property
    def coded(self) -> pa.Schema:
        """The schema with texts as numbers under a dictionary."""
        under = pa.dictionary(pa.int32(), pa.string())
        return pa.schema([f.with_type(under) if f.name in self.texts else f for f in self.schema])

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @cached_property
    def sort(self) -> tuple[str, ...]:
        """Canonical order inside a person: time, then every column, so that it is total."""
        first = (self.time,) if self.time else ()
        return (
            "person_id",
            *first,
            *(c.name for c in self.columns if c.name not in ("person_id", *first)),
        )
