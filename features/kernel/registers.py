"""What operations gather for one moment, and how a row enters.

Registers of operation o: `number[o]` and `second[o]`; `counts[o]` (rows that matched; of them those
with a known value; how far it has come); `bits[o]` (union of code groups); `marks` of the keys told
apart. Rows come in canonical order, so sums of floats are the same however the tables were stored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import COUNT_COLUMNS, KNOWN, MARK_COLUMNS, MARKED, REACH, ROWS, TALLY
from features.kernel.program import At, Measure
from features.windows import Int32, Int64, compiled, compiled_maker

MEASURE, WINDOW, UNTIL, ANCHOR, LOOK = (
    int(a) for a in (At.MEASURE, At.WINDOW, At.UNTIL, At.ANCHOR, At.REACH)
)
NEXT = int(At.NEXT)
VALUE, KEY, STAMP = (int(a) for a in (At.VALUE, At.KEY, At.STAMP))
COUNT, UNION, SUM, DAYS, SINCE = (
    int(m) for m in (Measure.COUNT, Measure.UNION, Measure.SUM, Measure.DAYS, Measure.SINCE)
)
FIRST, LAST, LEAST, MOST, CHANGE, OUTSIDE = (
    int(m)
    for m in (
        Measure.FIRST, Measure.LAST, Measure.MIN, Measure.MAX, Measure.CHANGE, Measure.OUTSIDE,
    )
)  # fmt: skip
DISTINCT, TOP, SQUARES, SAME = (
    int(m) for m in (Measure.DISTINCT, Measure.TOP, Measure.SQUARES, Measure.SAME)
)
SWITCHES, COVERED, GAP = (int(m) for m in (Measure.SWITCHES, Measure.COVERED, Measure.GAP))
FAR_BACK = -(10**9)
"""A day before all others."""


class Pool(NamedTuple):
    """The columns that operations name, end to end."""

    i32: Int32
    i64: Int64
    f64: Floats


class Registers(NamedTuple):
    """What operations have gathered, and marks of the keys they told apart: moment by moment."""

    number: Floats
    second: Floats
    counts: Int32
    bits: UInt64
    marks: Int64


MOST_TOGETHER, MOST_MARKS = 16, 1 << 18


def at_once(stamps: int, most: int) -> int:
    """How many moments are read for together: all of a person, if their marks are not too many."""
    return max(1, min(most, MOST_TOGETHER, MOST_MARKS // max(stamps, 1)))


def fresh(moments: int, ops: int, stamps: int) -> Registers:
    """Fresh registers for `ops` operations and `stamps` keys at so many moments."""
    return Registers(
        np.zeros((moments, ops)),
        np.zeros((moments, ops)),
        np.zeros((moments, ops, COUNT_COLUMNS), np.int32),
        np.zeros((moments, ops), np.uint64),
        np.full((moments, stamps, MARK_COLUMNS), -1, np.int64),
    )


@compiled_maker
def of(registers: Registers, j: int) -> Registers:
    """The registers of one moment."""
    return Registers(
        registers.number[j], registers.second[j], registers.counts[j], registers.bits[j],
        registers.marks[j],
    )  # fmt: skip


@compiled
def clear(number: Floats, counts: Int32, bits: UInt64) -> None:
    """Empties the registers for the next moment; marks need no clearing, they name their moment."""
    for o in range(len(number)):
        number[o] = 0.0
        counts[o, ROWS] = 0
        counts[o, KNOWN] = 0
        counts[o, REACH] = FAR_BACK
        bits[o] = np.uint64(0)


@compiled
def take_value(
    number: Floats, second: Floats, counts: Int32, limits: Floats, o: int, measure: int,
    value: float,
) -> None:  # fmt: skip
    """A value by what is asked of values; unknown ones are passed over."""
    if np.isnan(value):
        return
    first = counts[o, KNOWN] == 0
    counts[o, KNOWN] += 1
    if measure == SUM:
        number[o] += value
    elif measure == OUTSIDE:
        if value < limits[o, 0] or value > limits[o, 1]:
            number[o] += 1.0
    elif (
        first
        or measure in (LAST, CHANGE)
        or (measure == LEAST and value < number[o])
        or (measure == MOST and value > number[o])
    ):
        number[o] = value
    if first:
        second[o] = value


@compiled
def climb(ops: Int32, number: Floats, second: Floats, counts: Int32, bits: UInt64) -> None:
    """Adds every operation to that of the next larger window, which holds its rows too.

    A window's rows that the smaller one does not hold are the earlier ones; operations of a ladder
    stand in rising order.
    """
    for o in range(len(ops)):
        above = ops[o, NEXT]
        if above < 0 or counts[o, ROWS] == 0:
            continue
        measure = ops[o, MEASURE]
        bits[above] |= bits[o]
        if counts[o, KNOWN] > 0:
            earlier, later = number[above], number[o]
            none = counts[above, KNOWN] == 0
            if measure in (COUNT, OUTSIDE):
                number[above] = earlier + later
            elif none or measure in (SINCE, LAST, CHANGE):
                number[above] = later
            elif measure == LEAST:
                number[above] = min(earlier, later)
            elif measure == MOST:
                number[above] = max(earlier, later)
            if none:
                second[above] = second[o]
        counts[above, ROWS] += counts[o, ROWS]
        counts[above, KNOWN] += counts[o, KNOWN]


@compiled
def take_age(number: Floats, counts: Int32, o: int, age: int) -> None:
    """Days since a date, if none was nearer."""
    if counts[o, KNOWN] == 0 or age < number[o]:
        number[o] = age
    counts[o, KNOWN] += 1


@compiled
def take_key(
    number: Floats, counts: Int32, marks: Int64, o: int, measure: int, stamp: int, key: int,
    moment: int,
) -> None:  # fmt: skip
    """A value told apart from others: how many there are, how often each, or beside the last."""
    counts[o, KNOWN] += 1
    if measure in (SAME, SWITCHES):
        last = counts[o, REACH]
        if last != FAR_BACK and (last == key) == (measure == SAME):
            number[o] += 1.0
        counts[o, REACH] = key
        return
    place = stamp + key
    if marks[place, MARKED] != moment:
        marks[place, MARKED] = moment
        marks[place, TALLY] = 0
        if measure == DISTINCT:
            number[o] += 1.0
    times = marks[place, TALLY] + 1
    marks[place, TALLY] = times
    if measure == SQUARES:
        number[o] += 2.0 * times - 1.0
    elif measure == TOP and times > number[o]:
        number[o] = times


@compiled
def take_supply(
    number: Floats, second: Floats, counts: Int32, o: int, measure: int, start: int, end: int
) -> None:
    """Days [start, end) of a supply inside the window, in the order they were given.

    COVERED adds the days that no earlier supply covered, GAP keeps the longest run without one;
    `second` is the first day covered, REACH the first day no longer covered.
    """
    if end <= start:
        return
    reach = counts[o, REACH]
    if counts[o, KNOWN] == 0:
        second[o] = start
        reach = start
    counts[o, KNOWN] += 1
    if measure == COVERED:
        number[o] += max(0, end - max(start, reach))
    elif start - reach > number[o]:
        number[o] = start - reach
    counts[o, REACH] = max(reach, end)
