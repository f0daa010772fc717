"""How outputs read registers, and what unknown means for each.

Unknown is not zero: a zero needs coverage in the window, a "no" of a code group needs enough codes
that can be read, and a choice by urgency or condition needs every spell in the window decided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import Counted, Gate, Of
from features.kernel.program import Finish
from features.kernel.registers import Registers
from features.windows import Int32, Int64, compiled

FINISH, OP, OTHER, TOTAL = int(Of.FINISH), int(Of.OP), int(Of.OTHER), int(Of.TOTAL)
OBSERVED, PARAMETER = int(Of.OBSERVED), int(Of.PARAMETER)
RANK_FROM, RANK_TO, GATE = int(Of.RANK_FROM), int(Of.RANK_TO), int(Of.GATE)
FIRST, SECOND, WORDS, BEFORE = (int(of) for of in (Of.FIRST, Of.SECOND, Of.WORDS, Of.BEFORE))
COUNTED_OP, COUNTED_GATE = (int(c) for c in Counted)
GATE_OTHER, GATE_TOTAL, GATE_OBSERVED = (int(g) for g in Gate)
NUMBER, ANY, KNOWN_ONLY, VALUE, SHARE, RATIO = (
    int(f)
    for f in (
        Finish.NUMBER, Finish.ANY, Finish.KNOWN, Finish.VALUE, Finish.SHARE,
        Finish.RATIO,
    )
)  # fmt: skip
FLAG, GROUPS, NEW_GROUPS = int(Finish.FLAG), int(Finish.GROUPS), int(Finish.NEW_GROUPS)
OBSERVED_SHARE, FACT, CHANGE, PAIRS = (
    int(f) for f in (Finish.OBSERVED, Finish.FACT, Finish.CHANGE, Finish.PAIRS)
)
SQUARES, COVERED, GAP, LESS = (
    int(f) for f in (Finish.SQUARES, Finish.COVERED, Finish.GAP, Finish.LESS)
)
SEEN_CODES, NEW, INDEX = int(Finish.SEEN_CODES), int(Finish.NEW), int(Finish.INDEX)


class Known(NamedTuple):
    """What a condition makes of outputs, at one moment.

    none  of those that have no row: zero where use was observed, else unknown
    some  added to those that have some: NaN where these do not say it all
    """

    none: Floats
    some: Floats


def known(gates: int) -> Known:
    """Room for so many conditions."""
    return Known(np.zeros(gates), np.zeros(gates))


@compiled
def judge(
    gates: Int32, r: Registers, j: int, observed: Int64, least_share: float, to: Known
) -> None:
    """What each condition makes of outputs at a moment.

    Nothing is known beside a row of which the other operation could not tell whether it is asked
    for; of codes, where too few of those in the window can be read.
    """
    for g in range(len(gates)):
        other, total, seen = gates[g, GATE_OTHER], gates[g, GATE_TOTAL], gates[g, GATE_OBSERVED]
        unclear = False
        if total >= 0:
            unclear = r.rows[j, other] < least_share * r.rows[j, total]
        elif other >= 0:
            unclear = r.rows[j, other] > 0
        days = observed[seen] if seen >= 0 else 0
        to.none[g] = 0.0 if days > 0 and not unclear else np.nan
        to.some[g] = np.nan if unclear else 0.0


@compiled
def known_only(line: Int32, r: Registers, j: int, none: float) -> float:
    """A sum of up to three operations; unknown with rows of which none has a known value."""
    rows, known, total = 0, 0, 0.0
    for place in (OP, OTHER, TOTAL):
        o = line[place]
        if o >= 0:
            rows += r.rows[j, o]
            known += r.known[j, o]
            total += r.number[j, o]
    if rows == 0:
        return none
    return total if known > 0 else np.nan


@compiled
def valued(line: Int32, r: Registers, j: int, some: float, day: int) -> float:
    """What known values say; null where there is none, or not the two that it takes."""
    o, kind, number, second = line[OP], line[FINISH], r.number[j], r.second[j]
    known = r.known[j, o]
    if known == 0 or np.isnan(some):
        return np.nan
    if kind == VALUE:
        return float(number[o])
    if kind == SHARE:
        return float(number[o] / known)
    end = day - line[PARAMETER]
    if kind == COVERED:
        return float(number[o] / (end - second[o]))
    if kind == GAP:
        return float(max(number[o], end - r.reach[j, o]))
    if known < 2:
        return np.nan
    if kind == CHANGE:
        return float(number[o] - second[o])
    if kind == PAIRS:
        return float(number[o] / (known - 1))
    return float((number[o] - known) / (known * (known - 1)))


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
    line: Int32, united: UInt64, none: float, some: float, weights: Floats, divisors: Floats,
    ranks: Int64, earlier: float,
) -> float:  # fmt: skip
    """What code groups say: a flag of one group, a number of groups, a weighted index.

    earlier  NaN where what was recorded in the days before cannot be told
    """
    kind = line[FINISH]
    if kind == FLAG:
        return 1.0 if has(line, united) else none
    if kind == SEEN_CODES or np.isnan(some):
        return none
    if not recorded(line, united):
        return none
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
def count(counted: Int32, known: Known, rows: Int32, values: Floats, at: int) -> None:
    """Numbers of rows, which most outputs are (columns `Counted`)."""
    for c in range(len(counted)):
        found, gate = rows[counted[c, COUNTED_OP]], counted[c, COUNTED_GATE]
        values[c, at] = found + known.some[gate] if found > 0 else known.none[gate]


@compiled
def finish(
    outputs: Int32, counted: Int32, known: Known, r: Registers, j: int, observed: Int64,
    facts: Floats, day: int, weights: Floats, divisors: Floats, ranks: Int64, values: Floats,
    at: int,
) -> None:  # fmt: skip
    """Every output of one moment into column `at` of `values`, in order: an output may read those
    before it."""
    count(counted, known, r.rows[j], values, at)
    for c in range(len(counted), len(outputs)):
        line = outputs[c]
        kind, o = line[FINISH], line[OP]
        none, some = known.none[line[GATE]], known.some[line[GATE]]
        if kind == NUMBER:
            values[c, at] = r.number[j, o] + some if r.number[j, o] > 0 else none
        elif kind == ANY:
            values[c, at] = 1.0 if r.rows[j, o] > 0 else none
        elif kind == KNOWN_ONLY:
            values[c, at] = known_only(line, r, j, none)
        elif kind in (FLAG, GROUPS, INDEX, SEEN_CODES, NEW_GROUPS):
            earlier = values[line[FIRST], at] if line[FIRST] >= 0 else 0.0
            values[c, at] = coded(line, r.bits[j], none, some, weights, divisors, ranks, earlier)
        elif kind == FACT:
            values[c, at] = facts[line[PARAMETER]]
        elif kind == RATIO:
            values[c, at] = ratio(r.rows[j, o], r.rows[j, line[OTHER]])
        elif kind == OBSERVED_SHARE:
            values[c, at] = observed[line[OBSERVED]] / line[PARAMETER]
        elif kind == LESS:
            values[c, at] = values[line[FIRST], at] - values[line[SECOND], at]
        elif kind == NEW:
            values[c, at] = new(values[line[FIRST], at], values[line[SECOND], at])
        else:
            values[c, at] = valued(line, r, j, some, day)
