"""Where the answer goes: columns in two blocks, of float32 where the caller keeps them so.

Outputs of some moments lie side by side before they are written, so that a column is written a line
of the processor's cache at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.kernel.columns import Floats
from features.kernel.program import Program
from features.kernel.spare import ANSWERED
from features.windows import Int64, compiled

Bools = npt.NDArray[np.bool_]
Floats32 = npt.NDArray[np.float32]

TILE = 16
"""Moments whose outputs are held: 64 bytes of a column of float32."""


class Blocks(NamedTuple):
    """small, wide  columns kept as float32 and as float64, each (columns, moments)
    output   by column: its place among the outputs
    narrow   by column: whether it is in `small`;  place: where it is in its block
    values   (outputs, TILE): outputs of the moments in work
    moment   (TILE,): which they are
    """

    small: Floats32
    wide: Floats
    output: Int64
    narrow: Bools
    place: Int64
    values: Floats
    moment: Int64


def _room(columns: int, moments: int, kind: type[Any]) -> npt.NDArray[Any]:
    size = columns * moments * np.dtype(kind).itemsize
    room: npt.NDArray[Any] = ANSWERED.take(size)[:size].view(kind)
    return room.reshape(columns, moments)


def blocks(program: Program, narrow: Bools, moments: int) -> Blocks:
    """Room for the answer; narrow: which columns are kept as float32."""
    small = int(narrow.sum())
    return Blocks(
        _room(small, moments, np.float32),
        _room(len(narrow) - small, moments, np.float64),
        program.columns,
        narrow,
        np.where(narrow, np.cumsum(narrow), np.cumsum(~narrow)) - 1,
        np.empty((len(program.outputs), TILE)),
        np.zeros(TILE, np.int64),
    )


@compiled
def consecutive(moment: Int64, n: int) -> bool:
    """Whether the first `n` moments follow each other."""
    apart = 0
    for t in range(n):
        apart += moment[t] != moment[0] + t
    return apart == 0


@compiled
def turn(to: Blocks, n: int) -> int:
    """Writes the outputs of the first `n` moments; returns a column that float32 does not hold
    exactly though it is kept so, or -1."""
    wrong, together, first = -1, consecutive(to.moment, n), to.moment[0]
    for c in range(len(to.output)):
        output, at, lost = to.output[c], to.place[c], 0
        if not together:
            for t in range(n):
                value = to.values[output, t]
                if to.narrow[c]:
                    to.small[at, to.moment[t]] = np.float32(value)
                    lost += np.float64(np.float32(value)) != value and value == value
                else:
                    to.wide[at, to.moment[t]] = value
        elif to.narrow[c]:
            for t in range(n):
                value = to.values[output, t]
                to.small[at, first + t] = np.float32(value)
                lost += np.float64(np.float32(value)) != value and value == value
        else:
            for t in range(n):
                to.wide[at, first + t] = to.values[output, t]
        if lost > 0:
            wrong = c
    return wrong
