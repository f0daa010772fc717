"""What a table of a source looks like, as data: its columns, their types, their older names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Type = Literal["text", "whole", "number", "date", "time"]


@dataclass(frozen=True)
class Layout:
    """One table of a source.

    name      the table; its files are named after it, or lie in a folder named after it
    table     canonical table as whose rows its unreadable rows are counted
    key       columns that name a row, opaque ids; they may not be empty
    columns   columns that must be there, with their types
    optional  columns that may be absent, and then are null
    also      column -> other names it goes by (older versions of the layout)
    """

    name: str
    table: str
    key: tuple[str, ...]
    columns: Mapping[str, Type]
    optional: Mapping[str, Type] = field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def types(self) -> Mapping[str, Type]:
        return {**self.columns, **self.optional}
