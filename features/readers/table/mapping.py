"""A mapping: which files an extract has, and what of the History each table is made of.

The keys of a block of rows are the columns of its canonical table, so that what can be mapped and
what a History holds cannot drift apart. Refused: a required column with no value, a file no table
uses, order where nothing is ordered. What a mapping cannot say is said by the source's own export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field, create_model, model_validator

from features.readers.table.parts import (
    ISO,
    Condition,
    Forms,
    Given,
    Names,
    Part,
    Spread,
    Texts,
    words_of,
)
from features.tables.contract import Column, Kind, Table
from features.tables.schema import TABLES
from features.tables.typed import FLAGS

Rule = Literal["first", "last", "min", "max", "sum"]
COMBINED = ("person", "stay", "visit")
CODED = ("diagnosis", "procedure")
DEFAULTED: Mapping[str, tuple[str, ...]] = {
    "person": ("sex",),
    "registration": ("known_at",),
    "coverage": ("known_at",),
    "stay": ("admitted_known", "admission_method"),
    "visit": ("known_at",),
    "diagnosis": ("at", "known_at", "code"),
    "procedure": ("at", "known_at", "code"),
    "dispensing": ("known_at",),
    "measurement": ("known_at",),
    "programme": ("known_at",),
}
"""Required columns that have a rule where they are not mapped; see docs/reference/mapping.md."""


class Once(Part):
    """Rows that tell the same thing several times: one of them, or one telling, is kept."""

    by: Names
    """Columns that are equal in such rows."""
    order: tuple[Given, ...] = ()
    """What orders them: numbers by size, dates in time, else as text."""
    keep: Literal["first", "last", "last_version"] = "first"
    """The first or last row; or all rows of the last version, where it has several lines."""
    cancelled: tuple[Condition, ...] = ()
    """Where the row kept meets these conditions, nothing is left of the group."""
    why: Annotated[str, Field(min_length=1)]
    """What the rows left out are counted as."""


class LeaveOut(Part):
    """Rows that are no part of the extract's meaning, counted under their reason."""

    where: tuple[Condition, ...] = Field(min_length=1)
    """Conditions that must all hold."""
    why: Annotated[str, Field(min_length=1)]
    """What they are counted as."""


class File(Part):
    match: Names
    """Names of its files below the source, with * and ?; any case, gzipped or not, or Parquet."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """Sign between cells."""
    may_lack: bool = False
    """Whether the extract may come without such a file."""
    optional_columns: Spread = ()
    """Columns a file may lack; they are then empty."""
    unknown: Texts = ()
    """Texts that say unknown in every column."""
    dates: Forms = ISO
    """How dates are written (strptime), unless a value says otherwise."""
    unknown_dates: tuple[date, ...] = ()
    """Days that stand for an unknown date."""
    derive: Mapping[str, Given] = Field(default_factory=dict)
    """Columns of our own, made once and used by name."""
    leave_out: tuple[LeaveOut, ...] = ()
    """Rows that are left out of every table."""
    once: tuple[Once, ...] = ()
    """Rules for rows that tell the same thing again."""
    untaken: str = "taken by no part of the mapping"
    """What rows are counted as that no block of rows takes."""


class Delays(Part):
    """Days from what happens to its being known, where no column says so."""

    admission: Annotated[int, Field(ge=0)] = 0
    """From an admission."""
    discharge: Annotated[int, Field(ge=0)] = 0
    """From a discharge."""
    coded: Annotated[int, Field(ge=0)] = 30
    """From discharge to the codes and the cost of a stay."""
    visit: Annotated[int, Field(ge=0)] = 0
    """From a visit to it and its codes."""
    fact: Annotated[int, Field(ge=0)] = 0
    """From any other fact: a medicine, a measurement, a code of no stay or visit, a period."""


class Block(Part):
    """Rows of one file that become rows of one table; further keys are the table's columns."""

    file: str
    """File the rows are of."""
    where: tuple[Condition, ...] = ()
    """Conditions that must all hold for a row to be taken."""
    order: tuple[Given, ...] = ()
    """What orders rows that are combined or whose codes run on."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Canonical column -> its value, of those mapped."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name not in OWN}
        return {name: value for name, value in named.items() if value is not None}


class CodedBlock(Block):
    codes: Spread = ()
    """Columns that hold codes, a row each: `diag_{01..20}`; instead of `code`."""
    code_dates: Spread = ()
    """Columns with the date of each of `codes`; where empty, `at` speaks."""
    positions: Literal["listed", "run_on", "none"] = "listed"
    """listed: 1 for the first of `codes`; run_on: on over the rows of a stay or visit, by `order`;
    none: the order of the columns says nothing."""


OWN = frozenset({*Block.model_fields, *CodedBlock.model_fields})


def _made(name: str, base: type[Part], fields: dict[str, Any], meaning: str | None = None) -> Any:
    """A model made here, which has no lines of source for Pydantic to read docstrings from."""
    plain = type(base.__name__, (base,), {
        "model_config": ConfigDict(use_attribute_docstrings=False), "__module__": __name__,
    })  # fmt: skip
    return create_model(name, __base__=plain, __doc__=meaning, __module__=__name__, **fields)


def _block(table: Table) -> type[Block]:
    """The block of a table: its columns as keys, documented as in the contract."""
    base = CodedBlock if table.name in CODED else Block
    columns = {
        c.name: (Given if _required(table, c.name) else Given | None,
                 Field(... if _required(table, c.name) else None, description=c.meaning))
        for c in table.columns
    }  # fmt: skip
    return _made(f"{table.name.title()}Rows", base, columns)  # type: ignore[no-any-return]


def _required(table: Table, column: str) -> bool:
    return not table.column(column).nullable and column not in DEFAULTED[table.name]


COMBINE = (
    "Combine rows of one {named}: column -> which value speaks (first where none is named; empty "
    "cells say nothing). An empty table combines every column by first."
)


def _section(table: Table) -> type[Part]:
    one_of, mapped, several = (cast("Any", kind) for kind in (Literal, dict, tuple))
    keys: dict[str, Any] = {
        "rows": (
            several[_block(table), ...],
            Field(min_length=1, description="Where its rows are."),
        )
    }
    if table.name in COMBINED:
        named = " and ".join(table.key)
        columns = one_of[tuple(c.name for c in table.columns)]
        keys["combine"] = (
            mapped[columns, Rule] | None,
            Field(None, description=COMBINE.format(named=named)),
        )
    meaning = f"Table {table.name}: {table.meaning}."
    return _made(f"{table.name.title()}Table", Part, keys, meaning)  # type: ignore[no-any-return]


class MappingHead(Part):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    """Name of the source, as the History carries it."""
    about: str = ""
    """What it is, in words."""
    last: date | None = None
    """Last day of the extract, where that is not the day of its last fact."""
    files: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], File] = Field(min_length=1)
    """Files of the extract, by a name of your own."""
    delays: Delays = Delays()
    """How late facts are known where no column says so."""

    @model_validator(mode="after")
    def _whole(self) -> MappingHead:
        for table, block in self.blocks():
            if block.file not in self.files:
                raise ValueError(f"table {table} names the file {block.file}, which files lacks")
            if isinstance(block, CodedBlock):
                _of_codes(table, block)
            _of_words(TABLES[table], block)
        unused = set(self.files) - {block.file for _, block in self.blocks()}
        if unused:
            raise ValueError(f"no table uses the file {min(unused)}")
        return self

    def section(self, table: str) -> Any:
        """What the mapping says of a table; None where it says nothing."""
        return getattr(self, table)

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Every block of rows with its table."""
        for table in TABLES:
            for block in getattr(self.section(table), "rows", ()):
                yield table, block


def _of_words(table: Table, block: Block) -> None:
    """Every word that the mapping itself puts into a column must be one the column may hold."""
    for name, value in block.columns.items():
        column = table.column(name)
        for word in words_of(value, mapped=column.kind not in ("date", "time")):
            if word and not _may_hold(column, word):
                known = f": use {', '.join(column.allowed)}" if column.allowed else ""
                raise ValueError(f"{table.name}.{name} cannot be {word}{known}")


def _may_hold(column: Column, word: str) -> bool:
    if column.allowed:
        return word in column.allowed
    try:
        READ.get(column.kind, str)(word)
    except (ValueError, KeyError):
        return False
    return True


READ: Mapping[Kind, Callable[[str], object]] = {
    "date": datetime.fromisoformat,
    "time": datetime.fromisoformat,
    "number": float,
    "count": float,
    "flag": lambda word: FLAGS[word.lower()],
}
"""How a word of the mapping is read, by the kind of its column; it raises where it cannot be."""


def _of_codes(table: str, block: CodedBlock) -> None:
    columns = block.columns
    if bool(block.codes) == ("code" in columns):
        raise ValueError(f"a block of {table} needs codes or code, and not both")
    if block.code_dates and len(block.code_dates) != len(block.codes):
        raise ValueError(f"code_dates of {table} must be as many as codes")
    if block.positions == "run_on" and not (block.order and {"stay_id", "visit_id"} & set(columns)):
        raise ValueError(f"positions that run on in {table} need order, and a stay_id or visit_id")
    if not ({"stay_id", "visit_id", "at"} & set(columns)):
        raise ValueError(f"a block of {table} needs stay_id, visit_id or at")


def _key(table: Table) -> tuple[Any, Any]:
    meaning = table.meaning[0].upper() + table.meaning[1:] + "."
    section = _section(table)
    if table.name == "person":
        return section, Field(description=meaning)
    return section | None, Field(None, description=meaning)


_sections = {name: _key(table) for name, table in TABLES.items()}
MappingFile: type[MappingHead] = _made("MappingFile", MappingHead, _sections)
"""A mapping as its TOML file holds it."""
