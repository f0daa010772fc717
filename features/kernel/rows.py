"""How operations read one-day facts: which rows are in view, and in which windows.

Which operations a row belongs to by its columns is its class (`classes.py`); the operation that
looks furthest back comes first, so that the rest of a class is passed over with the first whose
window the row is too old for. Of windows one inside the other a row is taken into the smallest.
Arrays are handed on one by one: taken out of a tuple in the innermost loop they cost four times as
much.
"""

from __future__ import annotations

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
)  # fmt: skip
from features.kernel.program import Anchor
from features.kernel.registers import (
    ANCHOR,
    COUNT,
    COVERED,
    DISTINCT,
    GAP,
    KEY,
    LOOK,
    MEASURE,
    NEXT,
    SINCE,
    STAMP,
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
from features.windows import Int32, Int64, compiled, cut, in_spell, inside, seen

SPELL = int(Anchor.SPELL)


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
    ops: Int32, limits: Floats, lists: Lists, points: Int64, pool: Pool, ranges: Int64, at: int,
    day: int, moment: int, lines: Int64, since: int, r: Registers,
) -> None:  # fmt: skip
    """All one-day facts of a person at one index moment.

    ranges  the person's rows by table; lines: the person's stays at this moment
    since   first day of the index spell (NO_DAY: none)
    """
    base = ranges[STAYS_OF, 0]
    i32, i64, f64 = pool.i32, pool.i64, pool.f64
    starts, members, united = lists.starts, lists.ops, lists.bits
    number, second, counts, bits, marks = r.number, r.second, r.counts, r.bits, r.marks
    for s in range(len(points)):
        class_at, day_at, known_at = points[s, CLASS_AT], points[s, DAY_AT], points[s, KNOWN_AT]
        tied_at = points[s, TIED_AT]
        oldest = min(day - points[s, LONGEST], since - points[s, EARLY])
        end = ranges[POINTS_OF + s, 1]
        row = first_row(i32, day_at, ranges[POINTS_OF + s, 0], end, oldest)
        while row < end and i32[day_at + row] <= day:
            on = i32[day_at + row]
            stay = i32[tied_at + row] if tied_at >= 0 else -1
            own = stay >= 0 and lines[stay - base, TIED] != 0
            if seen(i64[known_at + row], on, at, day, own):
                age = 0 if own else day - on
                c = i32[class_at + row]
                for e in range(starts[c], starts[c + 1]):
                    o = members[e]
                    if age > ops[o, LOOK]:
                        break
                    measure = ops[o, MEASURE]
                    if measure in (COVERED, GAP):
                        supply = f64[ops[o, VALUE] + row]
                        if supply > 0:
                            begin, stop = cut(on, supply, day, ops[o, WINDOW], ops[o, UNTIL])
                            take_supply(number, second, counts, o, measure, begin, stop)
                        continue
                    if ops[o, ANCHOR] == SPELL:
                        if not in_spell(on, since, own, tied_at >= 0):
                            continue
                    else:
                        while age > ops[o, WINDOW] and ops[o, NEXT] >= 0:
                            o = ops[o, NEXT]
                        if not inside(on, day, ops[o, WINDOW], ops[o, UNTIL], own):
                            continue
                    counts[o, ROWS] += 1
                    if measure == UNION:
                        bits[o] |= united[e]
                    elif measure == COUNT:
                        number[o] += 1.0
                        counts[o, KNOWN] += 1
                    elif measure == SINCE:
                        take_age(number, counts, o, day - on)
                    elif measure < DISTINCT:
                        value = f64[ops[o, VALUE] + row]
                        take_value(number, second, counts, limits, o, measure, value)
                    elif i32[ops[o, KEY] + row] >= 0:
                        key = i32[ops[o, KEY] + row]
                        take_key(number, counts, marks, o, measure, ops[o, STAMP], key, moment)
            row += 1
