"""How operations read periods: spells, stays and registrations, and how coverage is added up.

A period still open at the index moment ends on the index day. A spell or stay lies in a window by
its day of admission; by its day of discharge where the operation asks for the end; with its days
where days are counted. The index spell and the way into it are apart.
"""

from __future__ import annotations

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import (
    ADMITTED_DAY,
    APART,
    CODED_KNOWN,
    COVERAGE_OF,
    DISCHARGED_TO,
    END_DAY,
    ENDED,
    FROM_DAY,
    KIND,
    KNOWN,
    PERIOD_KNOWN,
    REACH,
    REGISTRATIONS_OF,
    ROWS,
    SEEN,
    TO_DAY,
)  # fmt: skip
from features.kernel.program import At, Measure
from features.kernel.rows import (
    COUNT,
    FAR_BACK,
    LAST,
    MEASURE,
    SINCE,
    SUM,
    VALUE,
    WINDOW,
    passes,
    take_age,
    take_value,
)  # fmt: skip
from features.kernel.stays import View, urgency_at
from features.spells import Chain
from features.windows import NO_DAY, Int64, compiled, inside, overlap, seen

ASKED_URGENCY, BY_END, BEFORE = int(At.URGENCY), int(At.END), int(At.BEFORE)
DAYS = int(Measure.DAYS)


@compiled
def take_days(
    number: Floats, counts: Int64, o: int, start: int, end: int, index_day: int, window: int
) -> None:
    """Days of a period inside the window that no earlier period has covered."""
    days = overlap(max(start, counts[o, REACH]), end, index_day, window)
    counts[o, REACH] = max(counts[o, REACH], end)
    if days > 0:
        number[o] += days
        counts[o, ROWS] += 1
        counts[o, KNOWN] += 1


@compiled
def take_period(
    ops: Int64, o: int, start: int, end: int, left: int, value: float, day: int,
    number: Floats, counts: Int64,
) -> None:  # fmt: skip
    """One spell or stay into the registers; `value` is what the operation takes from it.

    end   the day its days are counted to;  left: the day it ended, the index day where open
    """
    measure, window = ops[o, MEASURE], ops[o, WINDOW]
    on = left if ops[o, BY_END] != 0 or measure == LAST else start
    if measure == DAYS:
        take_days(number, counts, o, start, end, day, window)
    elif inside(on, day, window, False):
        counts[o, ROWS] += 1
        if measure == COUNT:
            take_value(number, counts, o, 1.0, True)
        elif measure == SUM:
            take_value(number, counts, o, value, True)
        elif measure == SINCE:
            take_age(number, counts, o, day - on)
        else:
            number[o] = value
            counts[o, KNOWN] += 1


@compiled
def destination(stays: Int64, row: int, ended: int) -> float:
    """Where a stay ended: the place of the category; NaN where open or not recorded."""
    known = ended != 0 and stays[row, DISCHARGED_TO] >= 0
    return float(stays[row, DISCHARGED_TO]) if known else np.nan


@compiled
def read_spells(
    ops: Int64, first_op: int, last_op: int, stays: Int64, base: int, u64: UInt64, at: int,
    day: int, view: View, spells: int, index_spell: int, number: Floats, counts: Int64,
) -> None:  # fmt: skip
    """A person's spells but the index spell. A filter asks of a spell's first stay."""
    linked: Chain = view.spells
    for s in range(spells):
        if s != index_spell:
            head, tail = base + linked.first[s], linked.last[s]
            to = destination(stays, base + tail, view.lines[tail, ENDED])
            until = linked.until[s]
            left = day if linked.open[s] else until
            urgency = urgency_at(stays, head, at)
            for o in range(first_op, last_op):
                asked = (ops[o, ASKED_URGENCY] >> urgency) & 1
                if asked != 0 and passes(ops, o, head, u64):
                    start = stays[head, ADMITTED_DAY]
                    take_period(ops, o, start, until, left, to, day, number, counts)


@compiled
def read_stays(
    ops: Int64, first_op: int, last_op: int, stays: Int64, base: int, n: int, u64: UInt64,
    f64: Floats, at: int, day: int, since: int, lines: Int64, number: Floats, counts: Int64,
) -> None:  # fmt: skip
    """A person's single stays of every setting. What a stay cost is known when it is coded.

    since  first day of the index spell, where some windows end (NO_DAY: none, they hold nothing)
    """
    for k in range(n):
        if lines[k, SEEN] != 0 and lines[k, APART] == 0:
            row = base + k
            start, end = stays[row, ADMITTED_DAY], lines[k, END_DAY]
            for o in range(first_op, last_op):
                if passes(ops, o, row, u64):
                    value = np.nan
                    if ops[o, MEASURE] == SUM and stays[row, CODED_KNOWN] <= at:
                        value = f64[ops[o, VALUE] + row]
                    until = since if ops[o, BEFORE] != 0 else day
                    if until != NO_DAY:
                        take_period(ops, o, start, end, end, value, until, number, counts)


@compiled
def in_view(rows: Int64, row: int, at: int, day: int) -> bool:
    """Whether a registration or period of coverage is in view."""
    return seen(rows[row, PERIOD_KNOWN], rows[row, FROM_DAY], at, day, False)


@compiled
def read_registrations(
    ops: Int64, first_op: int, last_op: int, rows: Int64, f64: Floats, ranges: Int64, at: int,
    day: int, number: Floats, counts: Int64,
) -> None:  # fmt: skip
    """The latest registration in view that still holds on the day before the index day."""
    for row in range(ranges[REGISTRATIONS_OF, 1] - 1, ranges[REGISTRATIONS_OF, 0] - 1, -1):
        if in_view(rows, row, at, day) and rows[row, TO_DAY] >= day:
            for o in range(first_op, last_op):
                take_value(number, counts, o, f64[ops[o, VALUE] + row], False)
            return


@compiled
def observed_days(
    asked: Int64, rows: Int64, ranges: Int64, at: int, day: int, since: int, observed: Int64
) -> None:
    """Days of each asked (kinds, window, before) that any such period of coverage in view holds."""
    for i in range(len(asked)):
        total, reach = 0, FAR_BACK
        until = since if asked[i, 2] != 0 else day
        if until == NO_DAY:
            observed[i] = 0
            continue
        for row in range(ranges[COVERAGE_OF, 0], ranges[COVERAGE_OF, 1]):
            if rows[row, KIND] & asked[i, 0] != 0 and in_view(rows, row, at, day):
                start, end = rows[row, FROM_DAY], rows[row, TO_DAY]
                total += overlap(max(start, reach), end, until, asked[i, 1])
                reach = max(reach, end)
        observed[i] = total
