"""What operations gather for one moment, and how a row enters.

Registers of operation o: `number[o]` and `second[o]`; `rows[o]` that matched, and `known[o]` of
them with a known value; `reach[o]`, how far it has come; `bits[o]` (union of code groups); `marks`
of the keys told apart. What counts rows has no number, and a tally (`ladders.py`) nothing but rows,
at `Program.rows_at`. Rows come in one order, so sums of floats are the same however the tables were
stored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.ladders import Ladders
from features.kernel.layout import MARK_COLUMNS, MARKED, TALLY, At
from features.kernel.program import Measure, Program
from features.windows import Int32, Int64, compiled

MEASURE, WINDOW, UNTIL, ANCHOR, STEPS = (
    int(a) for a in (At.MEASURE, At.WINDOW, At.UNTIL, At.ANCHOR, At.STEPS)
)
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
    rows: Int32
    known: Int32
    reach: Int32
    bits: UInt64
    marks: Int32


MOST_TOGETHER, MOST_MARKS = 16, 1 << 18


def at_once(stamps: int, most: int) -> int:
    """How many moments are read for together: all of a person, if their marks are not too many."""
    return max(1, min(most, MOST_TOGETHER, MOST_MARKS // max(stamps, 1)))


def fresh(moments: int, program: Program, stamps: int) -> Registers:
    """Fresh registers for the operations of a program and `stamps` keys at so many moments.

    One after the last that gathers takes what belongs to none (`ladders.py`) and is not read.
    """
    size = (moments, program.gathered + 1)
    tallied = len(program.tallies) * (len(program.windows) + 1)
    rows = np.zeros((moments, program.gathered + 1 + tallied), np.int32)
    known, reach = (np.zeros(size, np.int32) for _ in range(2))
    bits, marks = np.zeros(size, np.uint64), np.full((moments, stamps, MARK_COLUMNS), -1, np.int32)
    return Registers(np.zeros(size), np.zeros(size), rows, known, reach, bits, marks)


@compiled
def clear(r: Registers, j: int) -> None:
    """Empties the registers for the next moment; marks need no clearing, they name their moment."""
    number, second, rows, known = r.number[j], r.second[j], r.rows[j], r.known[j]
    reach, bits = r.reach[j], r.bits[j]
    for o in range(len(rows)):
        rows[o] = 0
    for o in range(len(number)):
        number[o] = 0.0
    for o in range(len(second)):
        second[o] = 0.0
    for o in range(len(known)):
        known[o] = 0
    for o in range(len(reach)):
        reach[o] = FAR_BACK
    for o in range(len(bits)):
        bits[o] = np.uint64(0)


@compiled
def take_value(
    r: Registers, j: int, limits: Floats, o: int, measure: int, value: float, newer: bool
) -> None:
    """A value by what is asked of values; unknown ones are passed over.

    newer  it comes after those taken so far, not before them
    """
    if np.isnan(value):
        return
    none = r.known[j, o] == 0
    r.known[j, o] += 1
    if measure == SUM:
        r.number[j, o] += value
    elif measure == OUTSIDE:
        if value < limits[o, 0] or value > limits[o, 1]:
            r.number[j, o] += 1.0
    elif (
        none
        or (measure == LEAST and value < r.number[j, o])
        or (measure == MOST and value > r.number[j, o])
        or (newer and measure in (LAST, CHANGE))
        or (not newer and measure == FIRST)
    ):
        r.number[j, o] = value
    if none or not newer:
        r.second[j, o] = value


@compiled
def add(to: Int32, counts: Int32) -> None:
    """The counts of a window to those of the next."""
    for i in range(len(to)):
        to[i] += counts[i]


@compiled
def climb(ladders: Ladders, r: Registers, j: int) -> None:
    """Adds every operation to that of the next larger window, which holds its rows too.

    A window's rows that the smaller one does not hold are the earlier ones. A sum was handed up
    while it was taken, as far as there were rows.
    """
    number, second, rows, known = r.number[j], r.second[j], r.rows[j], r.known[j]
    for step in range(1, ladders.windows):
        end = len(number) + step * ladders.tallies
        add(rows[end : end + ladders.tallies], rows[end - ladders.tallies : end])
    for i in range(len(ladders.links)):
        measure, below, above = ladders.links[i, 0], ladders.links[i, 1], ladders.links[i, 2]
        if measure == UNION:
            r.bits[j, above] |= r.bits[j, below]
        elif measure in (DISTINCT, OUTSIDE):
            number[above] += number[below]
        elif known[below] > 0:
            none = known[above] == 0
            if measure in (SINCE, LAST, CHANGE) or (measure in (SUM, FIRST) and none):
                number[above] = number[below]
            elif measure == LEAST:
                number[above] = number[below] if none else min(number[above], number[below])
            elif measure == MOST:
                number[above] = number[below] if none else max(number[above], number[below])
            if none:
                second[above] = second[below]
        rows[above] += rows[below]
        known[above] += known[below]


@compiled
def take_age(r: Registers, j: int, o: int, age: int) -> None:
    """Days since a date, if none was nearer."""
    if r.known[j, o] == 0 or age < r.number[j, o]:
        r.number[j, o] = age
    r.known[j, o] += 1


@compiled
def take_told(r: Registers, j: int, o: int, place: int, moment: int) -> None:
    """A value told apart from others: it counts in the smallest window that holds a row of it."""
    counted = r.marks[j, place, TALLY]
    if r.marks[j, place, MARKED] != moment:
        r.marks[j, place, MARKED] = moment
    elif counted <= o:
        return
    else:
        r.number[j, counted] -= 1.0
    r.marks[j, place, TALLY] = o
    r.number[j, o] += 1.0


@compiled
def take_key(r: Registers, j: int, o: int, measure: int, stamp: int, key: int, moment: int) -> None:
    """A value told apart from others: how many there are, how often each, or beside the last."""
    r.known[j, o] += 1
    if measure in (SAME, SWITCHES):
        last = r.reach[j, o]
        if last != FAR_BACK and (last == key) == (measure == SAME):
            r.number[j, o] += 1.0
        r.reach[j, o] = key
        return
    if measure == DISTINCT:
        take_told(r, j, o, stamp + key, moment)
        return
    place = stamp + key
    times = r.marks[j, place, TALLY] + 1 if r.marks[j, place, MARKED] == moment else 1
    r.marks[j, place, MARKED], r.marks[j, place, TALLY] = moment, times
    if measure == SQUARES:
        r.number[j, o] += 2.0 * times - 1.0
    elif measure == TOP and times > r.number[j, o]:
        r.number[j, o] = times


@compiled
def take_supply(r: Registers, j: int, o: int, measure: int, start: int, end: int) -> None:
    """Days [start, end) of a supply inside the window, in the order they were given.

    COVERED adds the days that no earlier supply covered, GAP keeps the longest run without one;
    `second` is the first day covered, `reach` the first day no longer covered.
    """
    if end <= start:
        return
    reach = r.reach[j, o]
    if r.known[j, o] == 0:
        r.second[j, o] = start
        reach = start
    r.known[j, o] += 1
    if measure == COVERED:
        r.number[j, o] += max(0, end - max(start, reach))
    elif start - reach > r.number[j, o]:
        r.number[j, o] = start - reach
    r.reach[j, o] = max(reach, end)
