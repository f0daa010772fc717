"""How operations read one-day facts: which rows are in view, and in which windows.

Which operations a row belongs to by its columns is its class (`classes.py`); into which step of a
ladder of windows it falls, its age says (`ladders.py`). Rows are read from the latest back; the
index moments of a person are read for together, so that a row is looked at once for all of them.
Supplies, whose days may overlap, are read from the first on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.classes import Kind, Lists
from features.kernel.columns import Floats
from features.kernel.ladders import Ladders
from features.kernel.layout import (
    CLASS_AT,
    DAY_AT,
    EARLY,
    KNOWN_AT,
    LONGEST,
    MARKED,
    POINTS_OF,
    SAW,
    STAYS_OF,
    TIED,
    TIED_AT,
    VIEW_COLUMNS,
)  # fmt: skip
from features.kernel.program import Anchor
from features.kernel.registers import (
    ANCHOR,
    COUNT,
    DISTINCT,
    KEY,
    MEASURE,
    SINCE,
    STAMP,
    STEPS,
    UNION,
    UNTIL,
    VALUE,
    WINDOW,
    Pool,
    Registers,
    take_age,
    take_key,
    take_supply,
    take_told,
    take_value,
)  # fmt: skip
from features.windows import NO_DAY, Int32, Int64, compiled, cut, in_spell, inside, seen

SPELL = int(Anchor.SPELL)
COUNTED, DATED, UNITED, SUMMED, TOLD, OTHERS, SUPPLIED = (int(kind) for kind in Kind)
ENDS = len(Kind)
NOT_SEEN = 1 << 40
"""Age of what is not in view, older than any window."""


class Together(NamedTuple):
    """Index moments of one person that rows are read for together.

    moment, at, day  as in the table of moments;  since: first day of the index spell (NO_DAY: none)
    lines  the person's stays at each moment
    ages, rungs  room for the ages of one row, and the windows they fall into
    tallies  room for where the tallies of these windows begin (`Program.rows_at`)
    """

    moment: Int64
    at: Int64
    day: Int64
    since: Int64
    lines: Int64
    ages: Int64
    rungs: Int32
    tallies: Int64


def together(moments: int, stays: int) -> Together:
    """Room for so many moments of a person with so many stays."""
    moment, at, day, since, ages, tallies = (np.zeros(moments, np.int64) for _ in range(6))
    lines = np.zeros((moments, stays, VIEW_COLUMNS), np.int64)
    return Together(moment, at, day, since, lines, ages, np.zeros(moments, np.int32), tallies)


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
def in_view(on: int, known: int, stay: int, together: Together, n: int) -> bool:
    """Fills the age of a fact at each moment, NOT_SEEN if it is out of view; whether any sees it.

    A fact of the index spell has the age 0 at that moment: it lies in every window open to it.
    """
    any_sees = False
    for j in range(n):
        day = together.day[j]
        own = stay >= 0 and together.lines[j, stay, TIED] != 0
        together.ages[j] = NOT_SEEN
        if seen(known, on, together.at[j], day, own):
            together.ages[j] = 0 if own else day - on
            any_sees = True
    return any_sees


@compiled
def read_points(
    ops: Int32, limits: Floats, lists: Lists, ladders: Ladders, points: Int64, pool: Pool,
    ranges: Int64, n: int, together: Together, r: Registers,
) -> None:  # fmt: skip
    """All one-day facts of a person, row by row, at `n` index moments together.

    ranges  the person's rows by table
    """
    for s in range(len(points)):
        oldest, latest = NO_DAY, -NO_DAY
        for j in range(n):
            day, since = together.day[j], together.since[j]
            oldest = min(oldest, day - points[s, LONGEST], since - points[s, EARLY])
            latest = max(latest, day)
        begin, end, day_at = ranges[POINTS_OF + s, 0], ranges[POINTS_OF + s, 1], points[s, DAY_AT]
        first = first_row(pool.i32, day_at, begin, end, oldest)
        row = first_row(pool.i32, day_at, first, end, latest + 1) - 1
        after = row + 1
        while row >= first:
            on, c = pool.i32[day_at + row], pool.i32[points[s, CLASS_AT] + row]
            known, stay = tied_to(points, s, pool, row, ranges[STAYS_OF, 0])
            if in_view(on, known, stay, together, n):
                for j in range(n):
                    rung = ladders.rungs[min(together.ages[j], len(ladders.rungs) - 1)]
                    together.rungs[j] = rung
                    together.tallies[j] = r.number.shape[1] + rung * ladders.tallies
                take_row(
                    ops, limits, lists, ladders, c, on, row, points[s, TIED_AT] >= 0, n, pool,
                    together, r,
                )  # fmt: skip
            row -= 1
        if ladders.supplied[s] != 0:
            read_supplies(ops, lists, points, s, pool, first, after, n, together, r)


@compiled
def tied_to(points: Int64, s: int, pool: Pool, row: int, base: int) -> tuple[int, int]:
    """When a fact is known, and the stay of the person that it belongs to (-1: none)."""
    place = points[s, TIED_AT]
    stay = pool.i32[place + row] - base if place >= 0 and pool.i32[place + row] >= 0 else -1
    return pool.i64[points[s, KNOWN_AT] + row], stay


@compiled
def take_row(
    ops: Int32, limits: Floats, lists: Lists, ladders: Ladders, c: int, on: int, row: int,
    has_stays: bool, n: int, pool: Pool, together: Together, r: Registers,
) -> None:  # fmt: skip
    """A row of a class into its operations, at every moment.

    Each kind of operation asks no more of a row than it needs; where a moment does not see the row,
    what it takes belongs to no operation.
    """
    starts, heads, rungs = lists.starts[c], lists.ops, together.rungs
    for e in range(starts[COUNTED], starts[DATED]):
        for j in range(n):
            r.rows[j, together.tallies[j] + heads[e]] += 1
    for e in range(starts[DATED], starts[UNITED]):
        steps = ladders.steps[heads[e]]
        for j in range(n):
            date(r, j, steps[rungs[j]], together.day[j] - on)
    for e in range(starts[UNITED], starts[SUMMED]):
        steps = ladders.steps[heads[e]]
        for j in range(n):
            o = steps[rungs[j]]
            r.rows[j, o] += 1
            r.bits[j, o] |= lists.bits[e]
    for e in range(starts[SUMMED], starts[TOLD]):
        steps, value = ladders.steps[heads[e]], pool.f64[ops[heads[e], VALUE] + row]
        for j in range(n):
            sum_up(r, j, heads[e], steps[rungs[j]], value)
    for e in range(starts[TOLD], starts[OTHERS]):
        steps, key = ladders.steps[heads[e]], pool.i32[ops[heads[e], KEY] + row]
        for j in range(n):
            r.rows[j, steps[rungs[j]]] += 1
        if key >= 0 and has_stays:
            place = ops[heads[e], STAMP] + key
            for j in range(n):
                r.known[j, steps[rungs[j]]] += 1
                take_told(r, j, steps[rungs[j]], place, together.moment[j])
        elif key >= 0:
            tell(r, steps, ops[heads[e], STAMP] + key, ladders.windows, n, together)
    for e in range(starts[OTHERS], starts[SUPPLIED]):
        for j in range(n):
            if together.ages[j] != NOT_SEEN:
                take_other(
                    ops, limits, ladders, heads[e], lists.bits[e], on, row, has_stays, pool,
                    together, r, j,
                )  # fmt: skip


@compiled
def date(r: Registers, j: int, o: int, age: int) -> None:
    """The days since the latest row, which comes first."""
    r.number[j, o] = age if r.rows[j, o] == 0 else r.number[j, o]
    r.rows[j, o] += 1
    r.known[j, o] += 1


@compiled
def sum_up(r: Registers, j: int, head: int, o: int, value: float) -> None:
    """A value into the sum of a window and of those that hold it: later ones were read before, so
    that one sum grows from window to window."""
    r.rows[j, o] += 1
    if o < r.number.shape[1] - 1 and not np.isnan(value):
        r.second[j, head] += value
        r.number[j, o] = r.second[j, head]
        r.known[j, o] += 1


@compiled
def tell(r: Registers, steps: Int32, place: int, windows: int, n: int, together: Together) -> None:
    """A value told apart from others, at all moments: it counts at those that saw it in no later
    row. Later rows fall into smaller windows, for none is the index spell's.

    The first mark of a value says for which moments the second one does: those that saw it, a bit
    each.
    """
    group, sees = np.int32(together.moment[0]), np.int64(0)
    for j in range(n):
        sees |= np.int64(together.rungs[j] < windows) << j
        r.known[j, steps[together.rungs[j]]] += 1
    saw = r.marks[0, place, SAW] if r.marks[0, place, MARKED] == group else np.int32(0)
    r.marks[0, place, MARKED], r.marks[0, place, SAW] = group, saw | sees
    fresh = sees & ~saw
    if fresh != 0:
        for j in range(n):
            r.number[j, steps[together.rungs[j]]] += (fresh >> j) & 1


@compiled
def step_of(
    ops: Int32, ladders: Ladders, o: int, unread: int, rung: int, on: int, day: int, since: int,
    own: bool, has_stays: bool,
) -> int:  # fmt: skip
    """The operation that takes a row in view: the step of a ladder, or the one itself; `unread`
    if none does."""
    if ops[o, STEPS] != 0:
        return int(ladders.steps[o, rung])
    if ops[o, ANCHOR] == SPELL:
        return o if in_spell(on, since, own, has_stays) else unread
    return o if inside(on, day, ops[o, WINDOW], ops[o, UNTIL], own) else unread


@compiled
def take_other(
    ops: Int32, limits: Floats, ladders: Ladders, head: int, united: np.uint64, on: int, row: int,
    has_stays: bool, pool: Pool, together: Together, r: Registers, j: int,
) -> None:  # fmt: skip
    """A row in view into one operation of any measure and window, at one moment."""
    day, own = together.day[j], together.ages[j] == 0
    rung, since, unread = together.rungs[j], together.since[j], r.number.shape[1] - 1
    o = step_of(ops, ladders, head, unread, rung, on, day, since, own, has_stays)
    if o == unread:
        return
    measure = ops[head, MEASURE]
    r.rows[j, o] += 1
    if measure == UNION:
        r.bits[j, o] |= united
    elif measure == SINCE:
        take_age(r, j, o, day - on)
    elif measure >= DISTINCT:
        key = pool.i32[ops[head, KEY] + row]
        if key >= 0:
            take_key(r, j, o, measure, ops[head, STAMP], key, together.moment[j])
    elif measure != COUNT:
        take_value(r, j, limits, o, measure, pool.f64[ops[head, VALUE] + row], False)


@compiled
def read_supplies(
    ops: Int32, lists: Lists, points: Int64, s: int, pool: Pool, first: int, after: int, n: int,
    together: Together, r: Registers,
) -> None:  # fmt: skip
    """The days for which a person was supplied, from the first row on."""
    for row in range(first, after):
        c, on = pool.i32[points[s, CLASS_AT] + row], pool.i32[points[s, DAY_AT] + row]
        begin, end = lists.starts[c, SUPPLIED], lists.starts[c, ENDS]
        if begin == end or not in_view(on, pool.i64[points[s, KNOWN_AT] + row], -1, together, n):
            continue
        for e in range(begin, end):
            o = lists.ops[e]
            days = pool.f64[ops[o, VALUE] + row]
            for j in range(n):
                if days > 0 and together.ages[j] != NOT_SEEN:
                    day = together.day[j]
                    start, stop = cut(on, days, day, ops[o, WINDOW], ops[o, UNTIL])
                    take_supply(r, j, o, ops[o, MEASURE], start, stop)
