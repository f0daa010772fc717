"""Windows one inside the other: a row is taken once, into the smallest window that holds it.

Operations that differ in the days of their window alone stand in rising order and form a ladder.
The age of a row says at once at which step it comes in; when all rows are read, each step is added
to the next, which holds its rows too. An operation that stands alone is a ladder of one step. What
counts rows and no more is tallied: all such ladders lie side by side, window by window.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from features.kernel.program import POINTS, Op, Program
from features.windows import Int32, Int64, narrowest


class Ladders(NamedTuple):
    """heads    operations that begin a ladder or stand alone, in order
    reach    (heads,): days before the index day beyond which no row belongs to a ladder
    rungs    by the age of a row: the place of the window it falls into (`windows.narrowest`)
    steps    (gathered operations, windows + 1): where a row goes by operation at the head and
             place; the one that is not read where no window holds it
    links    (links, 3): measure, operation, operation of the next larger window; ladders from
             below, without tallies
    tallies  how many ladders are tallied
    windows  how many windows they have
    supplied  by source that has operations: whether supplies reach beyond their own day
    """

    heads: Int64
    reach: Int64
    rungs: Int32
    steps: Int32
    links: Int32
    tallies: int
    windows: int
    supplied: Int32


ANYWHEN = 10**6
"""In place of a reach: rows of any age are asked for."""


@lru_cache(maxsize=16)
def ladders_of(program: Program) -> Ladders:
    """The ladders of a program, kept for the process."""
    own = _ladders(program.ops)
    gathered = [ladder for ladder in own if ladder[0] < program.gathered]
    return Ladders(
        np.array([ladder[0] for ladder in own], np.int64),
        np.array([_reach(program.ops[ladder[-1]]) for ladder in own], np.int64),
        narrowest(program.windows),
        _steps(program, gathered),
        _links(program.ops, gathered),
        len(program.tallies),
        len(program.windows),
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


def _steps(program: Program, ladders: list[list[int]]) -> Int32:
    unread, windows = program.gathered, program.windows
    steps = np.full((program.gathered, len(windows) + 1), unread, np.int32)
    for ladder in ladders:
        for o in reversed(ladder):
            if program.ops[o].steps:
                steps[ladder[0], : windows.index(program.ops[o].window) + 1] = o
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
