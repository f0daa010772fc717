"""How operations read one-day facts: which rows are in view, and in which windows.

Which operations a row belongs to by its columns is its class (`classes.py`); the operation that
looks furthest back comes first, so that the rest of a class is passed over with the first whose
window the row is too old for. Of windows one inside the other a row is taken into the smallest.
The index moments of a person are read for together: a row is looked at once for all of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.classes import Lists
from features.kernel.columns import Floats
from features.kernel.layout import (
    CLASS_AT,
    DAY_AT,
    EARLY,
    KNOWN,
    KNOWN_AT,
    LONGEST,
    POINTS_OF,
    ROWS,
    STAYS_OF,
    TIED,
    TIED_AT,
    VIEW_COLUMNS,
)  # fmt: skip
from features.kernel.program import Anchor
from features.kernel.registers import (
    ANCHOR,
    CHANGE,
    COUNT,
    COVERED,
    DISTINCT,
    FIRST,
    GAP,
    KEY,
    LAST,
    LEAST,
    LOOK,
    MEASURE,
    MOST,
    NEXT,
    OUTSIDE,
    SINCE,
    STAMP,
    SUM,
    UNION,
    UNTIL,
    VALUE,
    WINDOW,
    Pool,
    Registers,
    take_age,
    take_key,
    take_supply,
    take_value,
)  # fmt: skip
from features.windows import NO_DAY, Int32, Int64, compiled, cut, in_spell, inside, seen

SPELL = int(Anchor.SPELL)
NOT_SEEN = 1 << 40
"""Age of what is not in view, older than any window."""


class Together(NamedTuple):
    """Index moments of one person that rows are read for together.

    moment, at, day  as in the table of moments;  since: first day of the index spell (NO_DAY: none)
    lines  the person's stays at each moment;  ages: room for the ages of one row
    """

    moment: Int64
    at: Int64
    day: Int64
    since: Int64
    lines: Int64
    ages: Int64


def together(moments: int, stays: int) -> Together:
    """Room for so many moments of a person with so many stays."""
    moment, at, day, since, ages = (np.zeros(moments, np.int64) for _ in range(5))
    lines = np.zeros((moments, stays, VIEW_COLUMNS), np.int64)
    return Together(moment, at, day, since, lines, ages)


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
def in_view(on: int, known: int, stay: int, together: Together, n: int, ages: Int64) -> int:
    """Age of a fact at each moment, NOT_SEEN where it is not in view; returns the least.

    A fact of the index spell has the age 0 at that moment: it lies in every window open to it.
    """
    nearest = NOT_SEEN
    for j in range(n):
        day = together.day[j]
        own = stay >= 0 and together.lines[j, stay, TIED] != 0
        ages[j] = NOT_SEEN
        if seen(known, on, together.at[j], day, own):
            ages[j] = 0 if own else day - on
            nearest = min(nearest, ages[j])
    return int(nearest)


@compiled
def read_points(
    ops: Int32, limits: Floats, lists: Lists, points: Int64, pool: Pool, ranges: Int64, n: int,
    together: Together, r: Registers,
) -> None:  # fmt: skip
    """All one-day facts of a person, row by row, at `n` index moments together.

    ranges  the person's rows by table
    """
    base = ranges[STAYS_OF, 0]
    i32, i64, f64 = pool.i32, pool.i64, pool.f64
    ages = together.ages
    for s in range(len(points)):
        class_at, day_at, known_at = points[s, CLASS_AT], points[s, DAY_AT], points[s, KNOWN_AT]
        tied_at = points[s, TIED_AT]
        oldest, latest = NO_DAY, -NO_DAY
        for j in range(n):
            day, since = together.day[j], together.since[j]
            oldest = min(oldest, day - points[s, LONGEST], since - points[s, EARLY])
            latest = max(latest, day)
        end = ranges[POINTS_OF + s, 1]
        row = first_row(i32, day_at, ranges[POINTS_OF + s, 0], end, oldest)
        while row < end and i32[day_at + row] <= latest:
            on = i32[day_at + row]
            stay = i32[tied_at + row] - base if tied_at >= 0 and i32[tied_at + row] >= 0 else -1
            nearest = in_view(on, i64[known_at + row], stay, together, n, ages)
            if nearest != NOT_SEEN:
                c = i32[class_at + row]
                for e in range(lists.starts[c], lists.starts[c + 1]):
                    if nearest > ops[lists.ops[e], LOOK]:
                        break
                    take_row(
                        ops, limits, lists.ops[e], lists.bits[e], i32, f64, row, on, tied_at >= 0,
                        n, together, r,
                    )  # fmt: skip
            row += 1


@compiled
def take_row(
    ops: Int32, limits: Floats, head: int, united: np.uint64, i32: Int32, f64: Floats, row: int,
    on: int, has_stays: bool, n: int, together: Together, r: Registers,
) -> None:  # fmt: skip
    """A row into one operation, or one ladder of them, at every moment that sees it."""
    measure, look = ops[head, MEASURE], ops[head, LOOK]
    supplied = measure in (COVERED, GAP)
    value, key = np.nan, -1
    if measure in (SUM, FIRST, LAST, LEAST, MOST, CHANGE, OUTSIDE) or supplied:
        value = f64[ops[head, VALUE] + row]
    elif measure >= DISTINCT:
        key = i32[ops[head, KEY] + row]
    for j in range(n):
        age, o = together.ages[j], head
        if age > look:
            continue
        day = together.day[j]
        if supplied:
            if value > 0:
                begin, stop = cut(on, value, day, ops[o, WINDOW], ops[o, UNTIL])
                take_supply(r.number[j], r.second[j], r.counts[j], o, measure, begin, stop)
            continue
        if ops[o, ANCHOR] == SPELL:
            if not in_spell(on, together.since[j], age == 0, has_stays):
                continue
        else:
            while age > ops[o, WINDOW] and ops[o, NEXT] >= 0:
                o = ops[o, NEXT]
            if not inside(on, day, ops[o, WINDOW], ops[o, UNTIL], age == 0):
                continue
        r.counts[j, o, ROWS] += 1
        if measure == UNION:
            r.bits[j, o] |= united
        elif measure == COUNT:
            r.number[j, o] += 1.0
            r.counts[j, o, KNOWN] += 1
        elif measure == SUM:
            if not np.isnan(value):
                r.number[j, o] += value
                r.counts[j, o, KNOWN] += 1
        elif measure == SINCE:
            take_age(r.number[j], r.counts[j], o, day - on)
        elif measure < DISTINCT:
            take_value(r.number[j], r.second[j], r.counts[j], limits, o, measure, value)
        elif key >= 0:
            moment = together.moment[j]
            take_key(r.number[j], r.counts[j], r.marks[j], o, measure, ops[o, STAMP], key, moment)
