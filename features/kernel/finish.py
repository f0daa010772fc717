"""How outputs read registers, and what unknown means for each.

Unknown is not zero: a zero needs coverage in the window, a "no" of a code group needs enough codes
that can be read, and a choice by urgency or condition needs every spell in the window decided.
"""

from __future__ import annotations

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import KNOWN, REACH, ROWS
from features.kernel.program import Finish, Of
from features.kernel.registers import Registers
from features.windows import Int32, Int64, compiled

FINISH, OP, OTHER, TOTAL = int(Of.FINISH), int(Of.OP), int(Of.OTHER), int(Of.TOTAL)
OBSERVED, PARAMETER = int(Of.OBSERVED), int(Of.PARAMETER)
RANK_FROM, RANK_TO = int(Of.RANK_FROM), int(Of.RANK_TO)
FIRST, SECOND, WORDS, BEFORE = (int(of) for of in (Of.FIRST, Of.SECOND, Of.WORDS, Of.BEFORE))
NUMBER, ANY, KNOWN_ONLY, VALUE, SHARE, RATIO = (
    int(f)
    for f in (
        Finish.NUMBER, Finish.ANY, Finish.KNOWN, Finish.VALUE, Finish.SHARE, Finish.RATIO,
    )
)  # fmt: skip
FLAG, GROUPS, CODED, NEW_GROUPS = (
    int(f) for f in (Finish.FLAG, Finish.GROUPS, Finish.CODED, Finish.NEW_GROUPS)
)
OBSERVED_SHARE, FACT, CHANGE, PAIRS = (
    int(f) for f in (Finish.OBSERVED, Finish.FACT, Finish.CHANGE, Finish.PAIRS)
)
SQUARES, COVERED, GAP, LESS = (
    int(f) for f in (Finish.SQUARES, Finish.COVERED, Finish.GAP, Finish.LESS)
)
SEEN_CODES, NEW, INDEX = int(Finish.SEEN_CODES), int(Finish.NEW), int(Finish.INDEX)


@compiled
def nothing(days: int) -> float:
    """No row in the window: zero where use was observed, else unknown."""
    return 0.0 if days > 0 else np.nan


@compiled
def spoilt(line: Int32, counts: Int32) -> bool:
    """Whether there are rows of which the other operation could not tell if they are asked for."""
    return bool(line[OTHER] >= 0 and counts[line[OTHER], ROWS] > 0)


@compiled
def decided(line: Int32, number: Floats, counts: Int32, days: int) -> float:
    """A number of rows or days; whether there are any, where that alone is asked."""
    o = line[OP]
    if line[FINISH] == ANY and counts[o, ROWS] > 0:
        return 1.0
    if spoilt(line, counts):
        return np.nan
    return float(number[o]) if counts[o, ROWS] > 0 else nothing(days)


@compiled
def known_only(line: Int32, number: Floats, counts: Int32, days: int) -> float:
    """A sum of up to three operations; unknown with rows of which none has a known value."""
    rows, known, total = 0, 0, 0.0
    for place in (OP, OTHER, TOTAL):
        o = line[place]
        if o >= 0:
            rows += counts[o, ROWS]
            known += counts[o, KNOWN]
            total += number[o]
    if rows == 0:
        return nothing(days)
    return total if known > 0 else np.nan


@compiled
def valued(line: Int32, number: Floats, second: Floats, counts: Int32, day: int) -> float:
    """What known values say; null where there is none, or not the two that it takes."""
    o, kind = line[OP], line[FINISH]
    known = counts[o, KNOWN]
    if known == 0 or spoilt(line, counts):
        return np.nan
    if kind == VALUE:
        return float(number[o])
    if kind == SHARE:
        return float(number[o] / known)
    end = day - line[PARAMETER]
    if kind == COVERED:
        return float(number[o] / (end - second[o]))
    if kind == GAP:
        return float(max(number[o], end - counts[o, REACH]))
    if known < 2:
        return np.nan
    if kind == CHANGE:
        return float(number[o] - second[o])
    if kind == PAIRS:
        return float(number[o] / (known - 1))
    return float((number[o] - known) / (known * (known - 1)))


@compiled
def readable(line: Int32, counts: Int32, least_share: float) -> bool:
    """Whether enough of the codes in the window can be read."""
    return bool(counts[line[OTHER], ROWS] >= least_share * counts[line[TOTAL], ROWS])


@compiled
def without_weaker(bits: np.uint64, line: Int32, ranks: Int64) -> np.uint64:
    """The groups, a weaker one left out beside its stronger one."""
    kept = bits
    for i in range(line[RANK_FROM], line[RANK_TO]):
        strong = np.uint64(1) << np.uint64(ranks[i, 0])
        weak = np.uint64(1) << np.uint64(ranks[i, 1])
        if bits & strong != np.uint64(0):
            kept &= ~weak
    return kept


@compiled
def weighed(line: Int32, united: UInt64, weights: Floats, divisors: Floats, ranks: Int64) -> float:
    """Weighted sum over the groups, the first group first; the number of them where asked for.

    Groups of the days before do not count where those are asked for.
    """
    total, row = 0.0, line[PARAMETER]
    for word in range(line[WORDS]):
        bits = without_weaker(united[line[OP] + word], line, ranks)
        if line[BEFORE] >= 0:
            bits &= ~united[line[BEFORE] + word]
        for bit in range(64):
            if (bits >> np.uint64(bit)) & np.uint64(1) != np.uint64(0):
                total += weights[row, 64 * word + bit] if line[FINISH] == INDEX else 1.0
    return total / divisors[row] if line[FINISH] == INDEX else total


@compiled
def recorded(line: Int32, united: UInt64) -> bool:
    """Whether any group is recorded."""
    found = False
    for word in range(line[WORDS]):
        found = found or united[line[OP] + word] != np.uint64(0)
    return found


@compiled
def has(line: Int32, united: UInt64) -> bool:
    """Whether the group of a flag is recorded."""
    word, bit = line[PARAMETER] // 64, line[PARAMETER] % 64
    return bool((united[line[OP] + word] >> np.uint64(bit)) & np.uint64(1) != np.uint64(0))


@compiled
def coded(
    line: Int32, number: Floats, counts: Int32, united: UInt64, days: int, least_share: float,
    weights: Floats, divisors: Floats, ranks: Int64, earlier: float,
) -> float:  # fmt: skip
    """What code groups say: a flag of one group, a number of groups or codes, a weighted index.

    earlier  NaN where what was recorded in the days before cannot be told
    """
    kind = line[FINISH]
    if kind == FLAG and has(line, united):
        return 1.0
    if counts[line[TOTAL], ROWS] == 0:
        return nothing(days)
    if not readable(line, counts, least_share):
        return np.nan
    if kind == SEEN_CODES:
        return nothing(days)
    if kind == CODED:
        return float(number[line[OP]]) if number[line[OP]] > 0 else nothing(days)
    if kind == FLAG or not recorded(line, united):
        return nothing(days)
    if kind == NEW_GROUPS and np.isnan(earlier):
        return np.nan
    return weighed(line, united, weights, divisors, ranks)


@compiled
def new(now: float, before: float) -> float:
    """Recorded in the window and not in the days before it, from the two flags."""
    if before == 1.0:
        return 0.0
    return now if now != 1.0 or before == 0.0 else np.nan


@compiled
def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else np.nan


@compiled
def finish(
    outputs: Int32, r: Registers, observed: Int64, facts: Floats, day: int, least_share: float,
    weights: Floats, divisors: Floats, ranks: Int64, values: Floats,
) -> None:  # fmt: skip
    """Every output of one moment into `values`, in order: an output may read those before it."""
    number, second, counts, united = r.number, r.second, r.counts, r.bits
    for c in range(len(outputs)):
        line = outputs[c]
        kind, o = line[FINISH], line[OP]
        days = observed[line[OBSERVED]] if line[OBSERVED] >= 0 else 0
        if kind == FACT:
            values[c] = facts[line[PARAMETER]]
        elif kind in (NUMBER, ANY):
            values[c] = decided(line, number, counts, days)
        elif kind == KNOWN_ONLY:
            values[c] = known_only(line, number, counts, days)
        elif kind == RATIO:
            values[c] = ratio(counts[o, ROWS], counts[line[OTHER], ROWS])
        elif kind == OBSERVED_SHARE:
            values[c] = days / line[PARAMETER]
        elif kind == LESS:
            values[c] = values[line[FIRST]] - values[line[SECOND]]
        elif kind == NEW:
            values[c] = new(values[line[FIRST]], values[line[SECOND]])
        elif (kind >= FLAG and kind <= CODED) or kind in (SEEN_CODES, NEW_GROUPS):
            earlier = values[line[FIRST]] if line[FIRST] >= 0 else 0.0
            values[c] = coded(
                line, number, counts, united, days, least_share, weights, divisors, ranks, earlier
            )
        else:
            values[c] = valued(line, number, second, counts, day)
