"""How operations read one-day facts: which rows are in view, in the window and past the filter,
and how a row enters the registers.

Registers of operation o: `number[o]`; `counts[o]` (rows that matched; of them, those with a known
value; how far a count of days has come); `bits[o]` (union of code groups); `marks` of the keys told
apart. Rows come in canonical order, so sums of floats are the same however the tables were stored.
Arrays are handed on one by one: taken out of a tuple in the innermost loop they cost four times as
much.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import (
    COUNT_COLUMNS,
    DAY_AT,
    EARLY,
    FIRST_OP,
    KNOWN,
    KNOWN_AT,
    LAST_OP,
    LONGEST,
    MARK_COLUMNS,
    MARKED,
    POINTS_OF,
    REACH,
    ROWS,
    STAYS_OF,
    TALLY,
    TIED,
    TIED_AT,
)  # fmt: skip
from features.kernel.program import At, Measure
from features.windows import Int32, Int64, compiled, inside, seen

MEASURE, WINDOW, FILTER, FILTER_BIT = (
    int(a) for a in (At.MEASURE, At.WINDOW, At.FILTER, At.FILTER_BIT)
)
VALUE, KEY, GROUPS, MASK, STAMP = (int(a) for a in (At.VALUE, At.KEY, At.GROUPS, At.MASK, At.STAMP))
COUNT, SUM, SINCE, LAST = (
    int(m) for m in (Measure.COUNT, Measure.SUM, Measure.SINCE, Measure.LAST)
)
UNION, TOP = int(Measure.UNION), int(Measure.TOP)
FAR_BACK = -(10**9)
"""A day before all others."""


class Pool(NamedTuple):
    """The columns that operations name, end to end."""

    i32: Int32
    i64: Int64
    u64: UInt64
    f64: Floats


class Registers(NamedTuple):
    """What operations have gathered for one moment, and marks of the keys they told apart."""

    number: Floats
    counts: Int64
    bits: UInt64
    marks: Int64


def fresh(ops: int, stamps: int) -> Registers:
    """Fresh registers for `ops` operations and `stamps` keys."""
    return Registers(
        np.zeros(ops),
        np.zeros((ops, COUNT_COLUMNS), np.int64),
        np.zeros(ops, np.uint64),
        np.full((stamps, MARK_COLUMNS), -1, np.int64),
    )


@compiled
def clear(number: Floats, counts: Int64, bits: UInt64) -> None:
    """Empties the registers for the next moment; marks need no clearing, they name their moment."""
    for o in range(len(number)):
        number[o] = 0.0
        counts[o, ROWS] = 0
        counts[o, KNOWN] = 0
        counts[o, REACH] = FAR_BACK
        bits[o] = np.uint64(0)


@compiled
def passes(ops: Int64, o: int, row: int, u64: UInt64) -> bool:
    """Whether a row meets the operation's filter and code groups."""
    if ops[o, FILTER] >= 0:
        word = u64[ops[o, FILTER] + row]
        if (word >> np.uint64(ops[o, FILTER_BIT])) & np.uint64(1) == np.uint64(0):
            return False
    mask = np.uint64(ops[o, MASK])
    return bool(mask == np.uint64(0) or u64[ops[o, GROUPS] + row] & mask != np.uint64(0))


@compiled
def take_value(number: Floats, counts: Int64, o: int, value: float, adds: bool) -> None:
    """A value into a sum, or in place of the one before; unknown values are passed over."""
    if not np.isnan(value):
        number[o] = number[o] + value if adds else value
        counts[o, KNOWN] += 1


@compiled
def take_age(number: Floats, counts: Int64, o: int, age: int) -> None:
    """Days since: the least of them."""
    if counts[o, KNOWN] == 0 or age < number[o]:
        number[o] = age
    counts[o, KNOWN] += 1


@compiled
def take_key(
    number: Floats, counts: Int64, marks: Int64, o: int, place: int, moment: int, most: bool
) -> None:
    """Counts different keys, or the rows of the most frequent one."""
    if marks[place, MARKED] != moment:
        marks[place, MARKED] = moment
        marks[place, TALLY] = 0
        if not most:
            number[o] += 1
    marks[place, TALLY] += 1
    counts[o, KNOWN] += 1
    if most and marks[place, TALLY] > number[o]:
        number[o] = marks[place, TALLY]


@compiled
def first_row(days: Int32, place: int, low: int, high: int, day: int) -> int:
    """First row of [low, high) whose day, at `place` + row, is not before `day`."""
    while low < high:
        middle = (low + high) // 2
        if days[place + middle] < day:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def read_points(
    ops: Int64, points: Int64, pool: Pool, ranges: Int64, at: int, day: int, moment: int,
    lines: Int64, since: int, r: Registers,
) -> None:  # fmt: skip
    """All one-day facts of a person at one index moment.

    ranges  the person's rows by table; lines: the person's stays at this moment
    since   first day of the index spell (NO_DAY: none)
    """
    base = ranges[STAYS_OF, 0]
    i32, i64, u64, f64 = pool.i32, pool.i64, pool.u64, pool.f64
    number, counts, bits, marks = r.number, r.counts, r.bits, r.marks
    for s in range(len(points)):
        day_at, known_at, tied_at = points[s, DAY_AT], points[s, KNOWN_AT], points[s, TIED_AT]
        oldest = min(day - points[s, LONGEST], since - points[s, EARLY])
        end = ranges[POINTS_OF + s, 1]
        row = first_row(i32, day_at, ranges[POINTS_OF + s, 0], end, oldest)
        while row < end and i32[day_at + row] <= day:
            on, stay = i32[day_at + row], i64[tied_at + row]
            own = stay >= 0 and lines[stay - base, TIED] != 0
            if seen(i64[known_at + row], on, at, day, own):
                for o in range(points[s, FIRST_OP], points[s, LAST_OP]):
                    if not (inside(on, day, ops[o, WINDOW], own) and passes(ops, o, row, u64)):
                        continue
                    counts[o, ROWS] += 1
                    measure = ops[o, MEASURE]
                    if measure == COUNT:
                        number[o] += 1.0
                        counts[o, KNOWN] += 1
                    elif measure == UNION:
                        bits[o] |= u64[ops[o, GROUPS] + row]
                    elif measure in (SUM, LAST):
                        take_value(number, counts, o, f64[ops[o, VALUE] + row], measure == SUM)
                    elif measure == SINCE:
                        take_age(number, counts, o, day - on)
                    elif i32[ops[o, KEY] + row] >= 0:
                        key = ops[o, STAMP] + i32[ops[o, KEY] + row]
                        take_key(number, counts, marks, o, key, moment, measure == TOP)
            row += 1
