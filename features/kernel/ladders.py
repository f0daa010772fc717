"""Windows one inside the other: a row is taken once, into the smallest window that holds it.

Operations that differ in the days of their window alone stand in rising order and form a ladder.
The age of a row says at once at which step it comes in; when all rows are read, each step is added
to the next, which holds its rows too. An operation that stands alone is a ladder of one step.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from features.kernel.program import POINTS, Measure, Op, Program
from features.windows import Int32, Int64, narrowest


class Ladders(NamedTuple):
    """heads    operations that begin a ladder or stand alone, in order
    reach    (heads,): days before the index day beyond which no row belongs to a ladder
    rungs    by the age of a row: the place of the window it falls into (`windows.narrowest`)
    steps    (operations, windows + 1): where a row goes by operation at the head and place; one
             after the last operation where no window holds it
    links    (links, 3): measure, operation, operation of the next larger window; ladders from below
    counts   how many of the links are between counts, which come first
    counted  operations whose number is the rows they took
    supplied  by source that has operations: whether supplies reach beyond their own day
    """

    heads: Int64
    reach: Int64
    rungs: Int32
    steps: Int32
    links: Int32
    counts: int
    counted: Int32
    supplied: Int32


ANYWHEN = 10**6
"""In place of a reach: rows of any age are asked for."""


@lru_cache(maxsize=16)
def ladders_of(program: Program) -> Ladders:
    """The ladders of a program, kept for the process."""
    own = _ladders(program.ops)
    windows = sorted({op.window for op in program.ops if op.steps})
    links = _links(program.ops, own)
    return Ladders(
        np.array([ladder[0] for ladder in own], np.int64),
        np.array([_reach(program.ops[ladder[-1]]) for ladder in own], np.int64),
        narrowest(windows),
        _steps(program.ops, own, windows),
        links,
        int((links[:, 0] == Measure.COUNT).sum()),
        np.array([o for o, op in enumerate(program.ops) if op.measure is Measure.COUNT], np.int32),
        np.array([program.furthest[s][1] for s in POINTS if program.of(s)], np.int32),
    )


def _ladders(ops: tuple[Op, ...]) -> list[list[int]]:
    """Places of the operations of each ladder; those of a ladder rise (`compile.py`)."""
    begun: dict[tuple[Op, int], list[int]] = {}
    found = []
    for place, op in enumerate(ops):
        if op.ladder is None:
            found.append([place])
            continue
        ladder = begun.setdefault((op.ladder, op.word), [])
        if not ladder:
            found.append(ladder)
        ladder.append(place)
    return found


def _reach(last: Op) -> int:
    return last.window if last.steps else ANYWHEN


def _steps(ops: tuple[Op, ...], ladders: list[list[int]], windows: list[int]) -> Int32:
    steps = np.full((len(ops), len(windows) + 1), len(ops), np.int32)
    for ladder in ladders:
        for o in reversed(ladder):
            if ops[o].steps:
                steps[ladder[0], : windows.index(ops[o].window) + 1] = o
    return steps


def _links(ops: tuple[Op, ...], ladders: list[list[int]]) -> Int32:
    """What is added up alike in a row, the first steps of all ladders before the second ones: so
    that none waits for the one before it."""
    links = [
        (int(ops[below].measure), step, below, above)
        for ladder in ladders
        for step, (below, above) in enumerate(pairwise(ladder))
    ]
    found = np.array(sorted(links), np.int32).reshape(-1, 4)
    return np.ascontiguousarray(found[:, [0, 2, 3]])
