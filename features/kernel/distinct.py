"""The distinct pairs of two columns under dictionaries, and the pair of each row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.kernel.texts import indices
from features.windows import Int32, Int64, kept

LARGEST = 1 << 24
"""Combinations up to which they are marked in a table."""


def distinct_pairs(first: pa.Array, second: pa.Array) -> tuple[Int32, Int64, Int64]:
    """Number of each row's pair, and both parts of every pair as places in the dictionaries.

    No row may be null.
    """
    width = len(second.dictionary)
    folded = indices(first).astype(np.int64) * width + indices(second)
    total = len(first.dictionary) * width
    if total <= LARGEST:
        row, found = _marked(folded, total)
    else:
        found, inverse = np.unique(folded, return_inverse=True)
        row = inverse.astype(np.int32)
    kinds, texts = np.divmod(found, max(width, 1))
    return row, kinds, texts


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
