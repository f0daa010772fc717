"""How operations read periods: spells, stays and registrations, and how coverage is added up.

A period still open at the index moment ends on the index day. A spell or stay lies in a window by
its day of admission; by its day of discharge where the operation asks for the end; with its days
where days are counted. The index spell and the way into it are apart, but for operations that ask
for the index spell itself.
"""

from __future__ import annotations

import numpy as np

from features.kernel.classes import Kind, Lists
from features.kernel.columns import Floats
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
    PERIOD_KNOWN,
    REGISTRATION_CLASS,
    REGISTRATIONS_OF,
    SEEN,
    SPELL_CLASS,
    STAY_CLASS,
    TIED,
    TO_DAY,
    Asked,
    At,
)  # fmt: skip
from features.kernel.program import (
    DESTINATION,
    IN_A_SPELL,
    IN_FORCE,
    Anchor,
)
from features.kernel.program import NIGHTS as NIGHTS_OF
from features.kernel.registers import (
    ANCHOR,
    COUNT,
    DAYS,
    DISTINCT,
    FAR_BACK,
    KEY,
    LAST,
    MEASURE,
    SINCE,
    STAMP,
    SUM,
    UNTIL,
    VALUE,
    WINDOW,
    Pool,
    Registers,
    take_age,
    take_key,
    take_value,
)  # fmt: skip
from features.kernel.stays import View, urgency_at
from features.spells import URGENCIES, Chain
from features.windows import NO_DAY, Int32, Int64, compiled, inside, overlap, seen

ASKED_URGENCY, SENSITIVE, SENSITIVE_CODED, UNKNOWN = (
    int(a) for a in (At.URGENCY, At.SENSITIVE, At.SENSITIVE_CODED, At.UNKNOWN)
)
TO, MUST_END, WITHIN, BY_END = (int(a) for a in (At.TO, At.ENDED, At.WITHIN, At.END))
KINDS, ASKED_WINDOW, ASKED_UNTIL, ASKED_ANCHOR, ASKED_CODED = (int(a) for a in Asked)
ADMISSION, SPELL = int(Anchor.ADMISSION), int(Anchor.SPELL)
UNDECIDED = URGENCIES.index("undecided")
NO, YES, MAYBE = 0, 1, 2
KINDS_OF_ROWS = len(Kind)


@compiled
def take_days(
    r: Registers, j: int, o: int, start: int, end: int, day: int, window: int, until: int
) -> None:
    """Days of a period inside the window that no earlier period has covered."""
    days = overlap(max(start, r.reach[j, o]), end, day, window, until)
    r.reach[j, o] = max(r.reach[j, o], end)
    if days > 0:
        r.number[j, o] += days
        r.rows[j, o] += 1
        r.known[j, o] += 1


@compiled
def take_period(
    ops: Int32, limits: Floats, o: int, start: int, end: int, left: int, value: float, key: int,
    day: int, moment: int, r: Registers, j: int,
) -> None:  # fmt: skip
    """One spell or stay into the registers; `value`, `key`: what the operation takes from it.

    end   the day its days are counted to;  left: the day it ended, the index day where open
    """
    measure, window, until = ops[o, MEASURE], ops[o, WINDOW], ops[o, UNTIL]
    on = left if ops[o, BY_END] != 0 or measure == LAST else start
    if measure == DAYS:
        take_days(r, j, o, start, end, day, window, until)
    elif ops[o, ANCHOR] == SPELL or inside(on, day, window, until, False):
        r.rows[j, o] += 1
        if measure == SINCE:
            take_age(r, j, o, day - on)
        elif measure != COUNT and measure < DISTINCT:
            if measure == LAST:  # the last period, whether its value is known or not
                r.known[j, o] = 0
            take_value(r, j, limits, o, measure, value, True)
        elif measure >= DISTINCT and key >= 0:
            take_key(r, j, o, measure, ops[o, STAMP], key, moment)


@compiled
def destination(stays: Int64, row: int, ended: int) -> float:
    """Where a stay ended: the place of the category; NaN where open or not recorded."""
    known = ended != 0 and stays[row, DISCHARGED_TO] >= 0
    return float(stays[row, DISCHARGED_TO]) if known else np.nan


@compiled
def led_to(ops: Int32, o: int, stays: Int64, row: int, ended: int) -> bool:
    """Whether a period ended, and where it was to end, if the operation asks for that."""
    if ops[o, MUST_END] != 0 and ended == 0:
        return False
    to = stays[row, DISCHARGED_TO]
    return bool(ops[o, TO] == 0 or (to >= 0 and (ops[o, TO] >> to) & 1 != 0))


@compiled
def choice(ops: Int32, o: int, urgency: int, sensitive: int) -> int:
    """Whether a spell is of the urgency and conditions asked for: NO, YES or MAYBE."""
    answer = YES
    if ops[o, ASKED_URGENCY] != 0 and (ops[o, ASKED_URGENCY] >> urgency) & 1 == 0:
        if urgency != UNDECIDED:
            return NO
        answer = MAYBE
    if sensitive == NO:
        return NO
    return MAYBE if sensitive == MAYBE else answer


@compiled
def sensitive_at(ops: Int32, o: int, i32: Int32, row: int, coded: bool) -> int:
    """Whether a stay was for a condition asked for, as known then; YES where none is asked for."""
    place = ops[o, SENSITIVE_CODED] if coded else ops[o, SENSITIVE]
    return int(i32[place + row]) if place >= 0 else YES


@compiled
def read_spells(
    ops: Int32, limits: Floats, lists: Lists, stays: Int64, base: int, i32: Int32, at: int,
    day: int, since: int, moment: int, view: View, spells: int, index_spell: int, r: Registers,
    j: int,
) -> None:  # fmt: skip
    """A person's spells but the index spell. A filter asks of a spell's first stay."""
    linked: Chain = view.spells
    for s in range(spells):
        if s == index_spell:
            continue
        head, tail = base + linked.first[s], linked.last[s]
        start, until = stays[head, ADMITTED_DAY], linked.until[s]
        left = day if linked.open[s] else until
        over = 0 if linked.open[s] else 1
        gap = start - linked.until[s - 1] if s > 0 and not linked.open[s - 1] else NO_DAY
        urgency, coded = urgency_at(stays, head, at), stays[head, CODED_KNOWN] <= at
        c = stays[head, SPELL_CLASS]
        for e in range(lists.starts[c, 0], lists.starts[c, KINDS_OF_ROWS]):
            o = lists.ops[e]
            sensitive = sensitive_at(ops, o, i32, head, coded)
            wanted = MAYBE if ops[o, UNKNOWN] != 0 else YES
            if choice(ops, o, urgency, sensitive) != wanted:
                continue
            if 0 <= ops[o, WITHIN] < gap or not led_to(ops, o, stays, base + tail, over):
                continue
            value = float(left - start)
            if ops[o, VALUE] == DESTINATION:
                value = destination(stays, base + tail, view.lines[tail, ENDED])
            end = since if ops[o, ANCHOR] == ADMISSION else day
            if end != NO_DAY:
                take_period(ops, limits, o, start, until, left, value, -1, end, moment, r, j)


@compiled
def read_stays(
    ops: Int32, limits: Floats, lists: Lists, stays: Int64, base: int, n: int, pool: Pool, at: int,
    day: int, since: int, moment: int, lines: Int64, r: Registers, j: int,
) -> None:  # fmt: skip
    """A person's single stays of every setting. What a stay cost is known when it is coded.

    since  first day of the index spell, where some windows end (NO_DAY: none, they hold nothing)
    """
    for k in range(n):
        row = base + k
        start, end = stays[row, ADMITTED_DAY], lines[k, END_DAY]
        c = stays[row, STAY_CLASS]
        for e in range(lists.starts[c, 0], lists.starts[c, KINDS_OF_ROWS]):
            o = lists.ops[e]
            own = ops[o, ANCHOR] == SPELL
            if lines[k, SEEN] == 0 or (lines[k, TIED] == 0 if own else lines[k, APART] != 0):
                continue
            if not led_to(ops, o, stays, row, lines[k, ENDED]):
                continue
            if ops[o, UNKNOWN] != 0 and lists.bits[e] == 0 and lines[k, ENDED] != 0:
                continue
            value, key = np.nan, -1
            if ops[o, VALUE] == NIGHTS_OF:
                value = float(end - start)
            elif ops[o, MEASURE] == SUM and stays[row, CODED_KNOWN] <= at:
                value = pool.f64[ops[o, VALUE] + row]
            if ops[o, KEY] >= 0:
                key = pool.i32[ops[o, KEY] + row]
            until = since if ops[o, ANCHOR] == ADMISSION else day
            if until != NO_DAY:
                take_period(ops, limits, o, start, end, end, value, key, until, moment, r, j)


@compiled
def in_view(rows: Int64, row: int, at: int, day: int) -> bool:
    """Whether a registration or period of coverage is in view."""
    return seen(rows[row, PERIOD_KNOWN], rows[row, FROM_DAY], at, day, False)


@compiled
def read_registrations(
    ops: Int32, limits: Floats, lists: Lists, rows: Int64, f64: Floats, ranges: Int64, at: int,
    day: int, r: Registers, j: int,
) -> None:  # fmt: skip
    """The latest registration in view that still holds on the day before the index day."""
    for row in range(ranges[REGISTRATIONS_OF, 1] - 1, ranges[REGISTRATIONS_OF, 0] - 1, -1):
        if in_view(rows, row, at, day) and rows[row, TO_DAY] >= day:
            c = rows[row, REGISTRATION_CLASS]
            for e in range(lists.starts[c, 0], lists.starts[c, KINDS_OF_ROWS]):
                o = lists.ops[e]
                value = float(day - rows[row, FROM_DAY])
                if ops[o, VALUE] != IN_FORCE:
                    value = f64[ops[o, VALUE] + row]
                take_value(r, j, limits, o, LAST, value, True)
            return


@compiled
def spell_coded(stays: Int64, base: int, n: int, at: int, lines: Int64) -> bool:
    """Whether every stay of the index spell counts as coded."""
    coded = True
    for k in range(n):
        coded = coded and (lines[k, TIED] == 0 or stays[base + k, CODED_KNOWN] <= at)
    return coded


@compiled
def observed_days(
    asked: Int64, rows: Int64, ranges: Int64, at: int, day: int, since: int, coded: bool,
    observed: Int64,
) -> None:  # fmt: skip
    """Days of each asked window (columns `Asked`) that any such period of coverage in view holds.

    Of the index spell at least its first day is asked for; nothing of it is seen before it is
    `coded`, where that is asked.
    """
    for i in range(len(asked)):
        anchor, end, until = asked[i, ASKED_ANCHOR], day, asked[i, ASKED_UNTIL]
        length = asked[i, ASKED_WINDOW]
        observed[i] = 0
        if anchor == ADMISSION:
            end = since
        elif anchor == SPELL and since != NO_DAY:
            end = max(day, since + 1)
            length = end - since
        none = anchor != 0 and since == NO_DAY
        if none or (asked[i, ASKED_CODED] != 0 and not coded):
            continue
        if asked[i, KINDS] == IN_A_SPELL:
            observed[i] = 1
            continue
        total, reach = 0, FAR_BACK
        for row in range(ranges[COVERAGE_OF, 0], ranges[COVERAGE_OF, 1]):
            if rows[row, KIND] & asked[i, KINDS] != 0 and in_view(rows, row, at, day):
                start, stop = rows[row, FROM_DAY], rows[row, TO_DAY]
                total += overlap(max(start, reach), stop, end, length, until)
                reach = max(reach, stop)
        observed[i] = total
