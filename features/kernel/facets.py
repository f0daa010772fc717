"""Columns that filters ask of, as numbers, and a row's numbers in one key.

A code with its system is one number; categories count as their contract lists them; open texts are
numbered as they are met in this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np

from features.catalogue.rules import CATEGORIES, POSITIONS
from features.errors import InputError
from features.kernel.code_facts import code_ids, named
from features.kernel.columns import Floats, Frame
from features.kernel.texts import NULL
from features.kernel.vocabulary import Vocabulary
from features.tables.schema import TABLES
from features.windows import Int32, Int64, kept

PAIR = "code"
"""The facet of code and code system together."""
OPEN: Mapping[str, Vocabulary] = MappingProxyType(
    {name: Vocabulary(grows=True) for name in ("specialty", "unit", "deprivation_scheme")}
)
WIDTHS: Mapping[str, int] = MappingProxyType({PAIR: 26, "position": 2, **dict.fromkeys(OPEN, 18)})
"""Bits of a key that a facet takes."""
CATEGORY_WIDTH = 5


@cache
def fixed(table: str, column: str) -> Vocabulary:
    """The values of a category, in the order of their numbers."""
    stated = CATEGORIES.get((table, column))
    return Vocabulary(TABLES[table].column(column).allowed if stated is None else stated)


def facet(frame: Frame, table: str, column: str) -> Int32:
    """Number of each row's value; -1 for null."""
    if column == PAIR:
        return code_ids(frame)
    if column == "position":
        return _positions(frame.numbers(column))
    return frame.ids(column, OPEN[column] if column in OPEN else fixed(table, column))


@kept
def _positions(position: Floats) -> Int32:
    """Principal, other, or not known (`POSITIONS`)."""
    found = np.full(len(position), NULL, np.int32)
    for i in range(len(position)):
        if position[i] >= 1:
            found[i] = 0 if position[i] == 1 else 1
    return found


def keys(columns: Sequence[tuple[str, Int32]], rows: int) -> Int64:
    """One key of each row's facets.

    Raises InputError for a column of more values than its bits can tell apart (`WIDTHS`).
    """
    folded = np.zeros(rows, np.int64)
    for column, ids in columns:
        width = WIDTHS.get(column, CATEGORY_WIDTH)
        if not _fold(folded, ids, width):
            raise InputError(
                f"a column that features filter by has more than {(1 << width) - 1} values",
                where=f"column {column} of a table of the History",
                cure="give it fewer different values, or filter by another column; "
                "start a running service anew",
            )
    return folded


@kept
def _fold(folded: Int64, ids: Int32, width: int) -> bool:
    """Folds a column into the keys; False where a number needs more bits."""
    for i in range(len(folded)):
        number = np.int64(ids[i]) + 1
        if number >> width != 0:
            return False
        folded[i] = (folded[i] << width) | number
    return True


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
