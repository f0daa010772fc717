"""The distinct pairs of what two columns say of rows, and the pair of each row."""

from __future__ import annotations

import numpy as np

from features.windows import Int32, Int64, kept

LARGEST = 1 << 20
"""Combinations up to which they are marked in a table."""


def joined(
    codes: Int32, keys: Int64, other: Int32, size: int, numbers: Int32, width: int
) -> tuple[Int32, Int64, bool]:
    """Rows told apart by their keys and a facet besides (`facets.Facet`).

    codes  of each row its place among `keys`, -1: the last
    Of each row its place among the new keys, and these: the old one before `width` bits of the
    facet's number, 0 for null. Last: whether every number fits its bits.
    """
    if len(keys) * (size + 1) <= LARGEST:
        return _marked(codes, keys, other, size, numbers, width)
    number = np.append(numbers if len(numbers) else np.arange(size), -1)[other] + 1
    found, row = np.unique((keys[codes] << width) | number, return_inverse=True)
    return row.astype(np.int32), found, int(number.max(initial=0)) >> width == 0


@kept
def _marked(
    codes: Int32, keys: Int64, other: Int32, size: int, numbers: Int32, width: int
) -> tuple[Int32, Int64, bool]:
    marks = np.full(len(keys) * (size + 1), -1, np.int32)
    found, row = np.empty(min(len(marks), len(codes)), np.int64), np.empty(len(codes), np.int32)
    count, fits = 0, True
    for i in range(len(codes)):
        first = codes[i] if codes[i] >= 0 else len(keys) - 1
        at = first * (size + 1) + other[i] + 1
        if marks[at] < 0:
            number = np.int64(other[i])
            if number >= 0 and len(numbers):
                number = np.int64(numbers[number])
            fits = fits and (number + 1) >> width == 0
            marks[at] = count
            found[count] = (keys[first] << width) | (number + 1)
            count += 1
        row[i] = marks[at]
    return row, found[:count], fits
