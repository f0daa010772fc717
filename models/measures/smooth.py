"""How far risks lie from a smooth curve of what happened along them: ICI, E50, E90.

Definitions: Austin PC, Steyerberg EW. The Integrated Calibration Index (ICI) and related metrics
for quantifying the calibration of logistic regression models. Stat Med 2019;38:4051-4065. The curve
is LOWESS (Cleveland WS, J Am Stat Assoc 1979;74:829-836) of the outcome on the risk: local lines,
tricube weights over the nearest 75% of the rows, no robustness steps. More than 200 distinct risks
are smoothed as 200 groups of neighbours.
"""

from __future__ import annotations

import math

import numpy as np

from models.estimator import Floats
from models.measures.ranked import Ints, Ranked, compiled, ranked

SPAN = 0.75


def ici(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Mean distance of the risks from the curve."""
    rows = ranked(y, p)
    return distances_of(rows, rows.weights(weights))[0]


def e50(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Median distance: the least that half of the rows do not exceed."""
    rows = ranked(y, p)
    return distances_of(rows, rows.weights(weights))[1]


def e90(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """The least distance that nine rows in ten do not exceed."""
    rows = ranked(y, p)
    return distances_of(rows, rows.weights(weights))[2]


def distances_of(rows: Ranked, w: Floats) -> tuple[float, float, float]:
    """ICI, E50 and E90."""
    x, rate, weight = _grouped(rows.y, rows.p, w, rows.groups)
    if not len(x):
        return math.nan, math.nan, math.nan
    distance = np.abs(_curve(x, rate, weight, SPAN) - x)
    order = np.argsort(distance, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    e50, e90 = (float(distance[order][np.searchsorted(share, q - 1e-12)]) for q in (0.5, 0.9))
    return float((distance * weight).sum() / weight.sum()), e50, e90


@compiled
def _grouped(y: Floats, p: Floats, w: Floats, groups: Ints) -> tuple[Floats, Floats, Floats]:
    """Mean risk, event rate and weight of each group that has any."""
    many = len(groups) - 1
    x, rate, weight = np.empty(many), np.empty(many), np.empty(many)
    kept = 0
    for group in range(many):
        risks = events = whole = 0.0
        for i in range(groups[group], groups[group + 1]):
            risks += w[i] * p[i]
            events += w[i] * y[i]
            whole += w[i]
        if whole > 0:
            x[kept], rate[kept], weight[kept] = risks / whole, events / whole, whole
            kept += 1
    return x[:kept], rate[:kept], weight[:kept]


@compiled
def _curve(x: Floats, rate: Floats, weight: Floats, span: float) -> Floats:
    """The local line's value at each group, kept within 0 and 1."""
    curve = np.empty(len(x))
    enough = span * weight.sum() * (1 - 1e-12)
    for i in range(len(x)):
        low = high = i
        inside = weight[i]
        while inside < enough:
            left = x[i] - x[low - 1] if low > 0 else math.inf
            right = x[high + 1] - x[i] if high + 1 < len(x) else math.inf
            if left <= right:
                low -= 1
                inside += weight[low]
            else:
                high += 1
                inside += weight[high]
        far = max(x[i] - x[low], x[high] - x[i])
        s0 = s1 = s2 = t0 = t1 = 0.0
        for j in range(low, high + 1):
            d = x[j] - x[i]
            v = weight[j] * (1 - (abs(d) / far) ** 3) ** 3 if far > 0 else weight[j]
            s0 += v
            s1 += v * d
            s2 += v * d * d
            t0 += v * rate[j]
            t1 += v * d * rate[j]
        determinant = s0 * s2 - s1 * s1
        flat = determinant <= 1e-12 * s0 * s2
        value = t0 / s0 if flat else (s2 * t0 - s1 * t1) / determinant
        curve[i] = min(max(value, 0.0), 1.0)
    return curve
