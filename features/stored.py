"""Rows of numbers as columns, each in one piece, float32 where the schema says that it is exact.

It refuses a value that float32 does not hold in a column that is kept so: what is measured and what
is stored are then at odds, which is a fault of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from features.schema import Floats, Kept, Schema, refuse_inexact

Columns = tuple[Kept, ...]

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)

TILE = 64
"""Rows turned at a time, so that what is read stays in the processor's cache."""
AT_ONCE = 1024
"""Rows brought side by side at a time, for the same reason."""


def columns_of(X: Floats, schema: Schema) -> Columns:
    """The columns of `X` (rows, columns) as the schema keeps them.

    Raises CaseloadError naming a column whose values float32 does not hold exactly.
    """
    X, narrow = np.ascontiguousarray(X), schema.narrow
    blocks = _room(schema, len(X))
    place = np.where(narrow, np.cumsum(narrow), np.cumsum(~narrow)) - 1
    refuse_inexact(schema.names, _turned(X, narrow, place, *blocks))
    return views(schema, *blocks)


def joined(blocks: list[Columns], schema: Schema) -> Columns:
    """Blocks one below the other, each let go as soon as it is copied."""
    whole = views(schema, *_room(schema, sum(len(block[0]) for block in blocks)))
    end = len(whole[0])
    while blocks:
        block = blocks.pop()
        start = end - len(block[0])
        for column, part in zip(whole, block, strict=True):
            column[start:end] = part
        end = start
    return whole


def dense(columns: Sequence[Kept], rows: int) -> Floats:
    """The columns side by side, (rows, columns) float64."""
    X = np.empty((rows, len(columns)))
    for start in range(0, rows, AT_ONCE):
        part = slice(start, min(start + AT_ONCE, rows))
        block = np.empty((len(columns), part.stop - part.start))
        for place, column in enumerate(columns):
            block[place] = column[part]
        _turned_back(block, X[part])
    return X


def _room(schema: Schema, rows: int) -> tuple[npt.NDArray[np.float32], Floats]:
    narrow = int(schema.narrow.sum())
    wide = len(schema.columns) - narrow
    return np.empty((narrow, rows), np.float32), np.empty((wide, rows), np.float64)


def views(schema: Schema, narrow: npt.NDArray[np.float32], wide: Floats) -> Columns:
    """The columns of a schema, given those kept as float32 and the others in their order."""
    ahead = iter(narrow), iter(wide)
    return tuple(next(ahead[0] if small else ahead[1]) for small in schema.narrow)


@_compiled
def _turned(
    X: Floats, narrow: npt.NDArray[np.bool_], place: npt.NDArray[np.int64],
    small: npt.NDArray[np.float32], wide: Floats,
) -> int:  # fmt: skip
    """Copies rows to columns; returns the first column that float32 does not hold, or -1."""
    rows, columns = X.shape
    for start in range(0, rows, TILE):
        stop = min(start + TILE, rows)
        for j in range(columns):
            at = place[j]
            if narrow[j]:
                for i in range(start, stop):
                    value = np.float32(X[i, j])
                    if np.float64(value) != X[i, j] and value == value:
                        return j
                    small[at, i] = value
            else:
                for i in range(start, stop):
                    wide[at, i] = X[i, j]
    return -1


@_compiled
def _turned_back(block: Floats, X: Floats) -> None:
    """Copies columns (columns, rows) to rows."""
    columns, rows = block.shape
    for start in range(0, rows, TILE):
        stop = min(start + TILE, rows)
        for j in range(columns):
            for i in range(start, stop):
                X[i, j] = block[j, i]
