"""Columns that filters ask of, as numbers, and a row's numbers in one key.

A code with its system is one number; categories count as their contract lists them; open texts are
numbered as they are met in this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple, NoReturn

import numpy as np

from features.catalogue.rules import CATEGORIES, POSITIONS
from features.errors import InputError
from features.kernel.code_facts import coded_pairs, named
from features.kernel.columns import Frame
from features.kernel.distinct import joined
from features.kernel.memory import Memory, number_at, reading
from features.kernel.memory import column as column_of
from features.kernel.texts import NULL
from features.kernel.vocabulary import Vocabulary
from features.tables.schema import TABLES
from features.windows import Int32, Int64

PAIR = "code"
"""The facet of code and code system together."""
OPEN: Mapping[str, Vocabulary] = MappingProxyType(
    {name: Vocabulary(grows=True) for name in ("specialty", "unit", "deprivation_scheme")}
)
WIDTHS: Mapping[str, int] = MappingProxyType({PAIR: 26, "position": 2, **dict.fromkeys(OPEN, 18)})
"""Bits of a key that a facet takes."""
CATEGORY_WIDTH = 5
NO_NUMBERS = np.zeros(0, np.int32)


@cache
def fixed(table: str, column: str) -> Vocabulary:
    """The values of a category, in the order of their numbers."""
    stated = CATEGORIES.get((table, column))
    return Vocabulary(TABLES[table].column(column).allowed if stated is None else stated)


class Facet(NamedTuple):
    """A column that filters ask of.

    codes    of each row, -1 for null;  size: how many codes there are
    numbers  what a code stands for; empty: itself
    """

    column: str
    codes: Int32
    size: int
    numbers: Int32 = NO_NUMBERS

    @property
    def width(self) -> int:
        """Bits it takes of a key."""
        return WIDTHS.get(self.column, CATEGORY_WIDTH)

    def keys(self) -> Int64:
        """A key for each code, and last for null where codes may be -1."""
        if self.column == PAIR:
            found = self.numbers.astype(np.int64) + 1
            return found if int(found.max(initial=0)) >> self.width == 0 else self.refused()
        if self.size >> self.width:
            self.refused()
        return _counted(self.size)

    def refused(self) -> NoReturn:
        raise InputError(
            f"a column that features filter by has more than {(1 << self.width) - 1} values",
            where=f"column {self.column} of a table of the History",
            cure="give it fewer different values, or filter by another column; "
            "start a running service anew",
        )


@lru_cache(maxsize=64)
def _counted(size: int) -> Int64:
    """From 1 to a size, and then 0; not to be written to."""
    found = np.arange(1, size + 2)
    found[-1] = 0
    return found


def facet(frame: Frame, table: str, column: str) -> Facet:
    """The values of a column, row by row."""
    if column == PAIR:
        return Facet(column, *coded_pairs(frame))
    if column == "position":
        return Facet(column, positions(frame), len(POSITIONS))
    among = OPEN[column] if column in OPEN else fixed(table, column)
    return Facet(column, frame.ids(column, among), len(among))


def positions(frame: Frame) -> Int32:
    """Principal, other, or -1 where not known (`POSITIONS`)."""
    return _positions(frame.memory, frame.places["position"], frame.rows)


@reading
def _positions(memory: Memory, place: int, rows: int) -> Int32:
    of, found = column_of(memory, place), np.empty(rows, np.int32)
    for row in range(rows):
        position = number_at(of, row)
        found[row] = (0 if position == 1 else 1) if position >= 1 else NULL
    return found


def keys(facets: Sequence[Facet], rows: int) -> tuple[Int32, Int64]:
    """What tells the rows apart by their facets: of each row a place among the keys (-1: the last),
    and the keys.

    Raises InputError for a column of more values than its bits can tell apart (`WIDTHS`).
    """
    if not facets:
        return np.zeros(rows, np.int32), np.zeros(1, np.int64)
    codes, found = facets[0].codes, facets[0].keys()
    for each in facets[1:]:
        codes, found, fits = joined(codes, found, each.codes, each.size, each.numbers, each.width)
        if not fits:
            each.refused()
    return codes, found


def texts(table: str, columns: Sequence[str], wanted: Sequence[int]) -> list[dict[str, str | None]]:
    """What the rows of some keys hold, by column; a code as code and code_system."""
    found: list[dict[str, str | None]] = [{} for _ in wanted]
    left = list(wanted)
    for column in reversed(columns):
        width = WIDTHS.get(column, CATEGORY_WIDTH)
        numbers = [(key & ((1 << width) - 1)) - 1 for key in left]
        left = [key >> width for key in left]
        for row, value in zip(found, _said(table, column, numbers), strict=True):
            row.update(value)
    return found


def _said(table: str, column: str, numbers: Sequence[int]) -> list[dict[str, str | None]]:
    if column == PAIR:
        systems, codes = named(numbers)
        return [{"code_system": s, "code": c} for s, c in zip(systems, codes, strict=True)]
    if column == "position":
        return [{column: None if number < 0 else POSITIONS[number]} for number in numbers]
    words = (OPEN[column] if column in OPEN else fixed(table, column)).words
    return [{column: None if number < 0 else words[number][1]} for number in numbers]
