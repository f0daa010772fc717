"""Rows told apart by several columns at once: a number per row, and the distinct rows.

Columns are folded into one number each row, the distinct numbers marked in a table where that is
small enough, else sorted out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from features.kernel.columns import Words
from features.windows import Int32, Int64, kept

LARGEST = 1 << 22
"""Combinations up to which they are marked in a table."""


class Distinct(NamedTuple):
    """row: number of each row's combination; values: column by column what each of them holds."""

    row: Int32
    values: tuple[tuple[str | None, ...], ...]
    size: int


def distinct(columns: Sequence[Words], rows: int) -> Distinct:
    """The distinct rows of some columns; one, without values, where there is no column."""
    folded, total = np.zeros(rows, np.int64), 1
    for column in columns:
        size = len(column.values) + 1  # null comes last
        _fold(folded, column.codes, size)
        total *= size
    assert total < 1 << 62, "too many combinations"
    if total <= LARGEST:
        row, found = _marked(folded, total)
    else:
        found, inverse = np.unique(folded, return_inverse=True)
        row = inverse.astype(np.int32)
    return Distinct(row, _values(columns, found), len(found))


def _values(columns: Sequence[Words], found: Int64) -> tuple[tuple[str | None, ...], ...]:
    values, left = [], found
    for column in reversed(columns):
        left, place = np.divmod(left, len(column.values) + 1)
        words = (*column.values, None)
        values.append(tuple(words[at] for at in place.tolist()))
    return tuple(reversed(values))


@kept
def _fold(folded: Int64, codes: Int32, size: int) -> None:
    for i in range(len(folded)):
        code = codes[i]
        folded[i] = folded[i] * size + (code if code >= 0 else size - 1)


@kept
def _marked(folded: Int64, total: int) -> tuple[Int32, Int64]:
    number = np.full(total, -1, np.int32)
    for i in range(len(folded)):
        number[folded[i]] = 0
    count = 0
    for at in range(total):
        if number[at] >= 0:
            number[at] = count
            count += 1
    found = np.empty(count, np.int64)
    for at in range(total):
        if number[at] >= 0:
            found[number[at]] = at
    row = np.empty(len(folded), np.int32)
    for i in range(len(folded)):
        row[i] = number[folded[i]]
    return row, found
