"""How outputs read registers, and what unknown means for each.

Unknown is not zero: a zero needs coverage in the window, a "no" of a code group needs enough codes
that can be read, and a choice by urgency needs every spell in the window to be decided.
"""

from __future__ import annotations

import numpy as np

from features.kernel.columns import Floats, UInt64
from features.kernel.layout import KNOWN, ROWS
from features.kernel.program import Finish, Of
from features.windows import Int64, compiled

FINISH, OP, OTHER, TOTAL = int(Of.FINISH), int(Of.OP), int(Of.OTHER), int(Of.TOTAL)
OBSERVED, PARAMETER = int(Of.OBSERVED), int(Of.PARAMETER)
RANK_FROM, RANK_TO = int(Of.RANK_FROM), int(Of.RANK_TO)
NUMBER, KNOWN_ONLY, SHARE, RATIO = (
    int(f) for f in (Finish.NUMBER, Finish.KNOWN, Finish.SHARE, Finish.RATIO)
)
FLAG, GROUPS, CODED, LAST = (
    int(f) for f in (Finish.FLAG, Finish.GROUPS, Finish.CODED, Finish.LAST)
)
OBSERVED_SHARE, FACT = int(Finish.OBSERVED), int(Finish.FACT)


@compiled
def nothing(days: int) -> float:
    """No row in the window: zero where use was observed, else unknown."""
    return 0.0 if days > 0 else np.nan


@compiled
def decided(line: Int64, number: Floats, counts: Int64, days: int) -> float:
    """A count; unknown with rows in the window that the other operation could not decide."""
    if line[OTHER] >= 0 and counts[line[OTHER], ROWS] > 0:
        return np.nan
    o = line[OP]
    return float(number[o]) if counts[o, ROWS] > 0 else nothing(days)


@compiled
def known_only(line: Int64, number: Floats, counts: Int64, days: int) -> float:
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
def readable(line: Int64, counts: Int64, least_share: float) -> bool:
    """Whether enough of the codes in the window can be read."""
    return bool(counts[line[OTHER], ROWS] >= least_share * counts[line[TOTAL], ROWS])


@compiled
def without_weaker(bits: np.uint64, line: Int64, ranks: Int64) -> np.uint64:
    """The groups, a weaker one left out beside its stronger one."""
    kept = bits
    for i in range(line[RANK_FROM], line[RANK_TO]):
        strong = np.uint64(1) << np.uint64(ranks[i, 0])
        weak = np.uint64(1) << np.uint64(ranks[i, 1])
        if bits & strong != np.uint64(0):
            kept &= ~weak
    return kept


@compiled
def weighed(bits: np.uint64, weights: Floats, row: int) -> float:
    """Sum of the weights of the groups, lowest bit first; their number with row -1."""
    total = 0.0
    for bit in range(64):
        if (bits >> np.uint64(bit)) & np.uint64(1) != np.uint64(0):
            total += weights[row, bit] if row >= 0 else 1.0
    return total


@compiled
def coded(
    line: Int64, number: Floats, counts: Int64, united: UInt64, days: int, least_share: float,
    weights: Floats, ranks: Int64,
) -> float:  # fmt: skip
    """What code groups say: a flag of one group, a number of groups or codes, a weighted index."""
    bits = united[line[OP]]
    if line[FINISH] == FLAG and (bits >> np.uint64(line[PARAMETER])) & np.uint64(1) != np.uint64(0):
        return 1.0
    if counts[line[TOTAL], ROWS] == 0:
        return nothing(days)
    if not readable(line, counts, least_share):
        return np.nan
    if line[FINISH] == CODED and number[line[OP]] > 0:
        return float(number[line[OP]])
    if line[FINISH] == CODED or line[FINISH] == FLAG or bits == np.uint64(0):
        return nothing(days)
    groups = without_weaker(bits, line, ranks)
    return weighed(groups, weights, -1 if line[FINISH] == GROUPS else line[PARAMETER])


@compiled
def ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else np.nan


@compiled
def finish(
    outputs: Int64, number: Floats, counts: Int64, united: UInt64, observed: Int64, facts: Floats,
    least_share: float, weights: Floats, ranks: Int64, row: Floats,
) -> None:  # fmt: skip
    """Every column of one row of the matrix."""
    for c in range(len(outputs)):
        line = outputs[c]
        kind, o = line[FINISH], line[OP]
        days = observed[line[OBSERVED]] if line[OBSERVED] >= 0 else 0
        if kind == FACT:
            row[c] = facts[line[PARAMETER]]
        elif kind == NUMBER:
            row[c] = decided(line, number, counts, days)
        elif kind == KNOWN_ONLY:
            row[c] = known_only(line, number, counts, days)
        elif kind == LAST:
            row[c] = number[o] if counts[o, KNOWN] > 0 else np.nan
        elif kind == SHARE:
            row[c] = ratio(number[o], counts[o, KNOWN])
        elif kind == RATIO:
            row[c] = ratio(counts[o, ROWS], counts[line[OTHER], ROWS])
        elif kind == OBSERVED_SHARE:
            row[c] = days / line[PARAMETER]
        else:
            row[c] = coded(line, number, counts, united, days, least_share, weights, ranks)
