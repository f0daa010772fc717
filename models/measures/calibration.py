"""Are risks as high as what happens, on the whole and along their range?

Van Calster B et al., Calibration: the Achilles heel of predictive analytics. BMC Med 2019;17:230.
"""

from __future__ import annotations

import math

import numpy as np

from models.estimator import Floats
from models.measures.ranked import Ranked, compiled, ranked

MOST_STEPS = 50
CLOSE = 1e-9


def calibration_intercept(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Log-odds to add to every risk so that as many events are expected as happened; ideal 0.

    Logistic regression on the log-odds of the risk as an offset. NaN: one outcome only.
    """
    rows = ranked(y, p)
    return intercept_of(rows, rows.weights(weights))


def calibration_slope(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Slope of a logistic regression on the log-odds of the risk; ideal 1, below it: too extreme.

    NaN: one outcome only, all risks equal, or the outcomes part at a risk.
    """
    rows = ranked(y, p)
    return slope_of(rows, rows.weights(weights))


def intercept_of(rows: Ranked, w: Floats) -> float:
    return float(_intercept(rows.y, rows.log_odds, w))


def slope_of(rows: Ranked, w: Floats) -> float:
    """The slope; the search begins at a perfect line, and again at none where that fails."""
    slope = float(_slope(rows.y, rows.log_odds, w, 0.0, 1.0))
    if not math.isnan(slope):
        return slope
    whole = float(w.sum())
    rate = float((w * rows.y).sum()) / whole if whole > 0 else 0.0
    if not 0 < rate < 1:
        return math.nan
    return float(_slope(rows.y, rows.log_odds, w, float(np.log(rate / (1 - rate))), 0.0))


@compiled
def _intercept(y: Floats, x: Floats, w: Floats) -> float:
    a = 0.0
    for _ in range(MOST_STEPS):
        score = information = 0.0
        for i in range(len(y)):
            if w[i] > 0:
                p = 1 / (1 + math.exp(-(a + x[i])))
                score += w[i] * (y[i] - p)
                information += w[i] * p * (1 - p)
        if not information > 0:
            return math.nan
        step = min(max(score / information, -2.0), 2.0)
        a += step
        if abs(step) < CLOSE:
            return a
    return math.nan


@compiled
def _slope(y: Floats, x: Floats, w: Floats, a: float, b: float) -> float:
    for _ in range(MOST_STEPS):
        g0 = g1 = h0 = h1 = h2 = 0.0
        for i in range(len(y)):
            if w[i] > 0:
                p = 1 / (1 + math.exp(-(a + b * x[i])))
                score, information = w[i] * (y[i] - p), w[i] * p * (1 - p)
                g0 += score
                g1 += score * x[i]
                h0 += information
                h1 += information * x[i]
                h2 += information * x[i] * x[i]
        determinant = h0 * h2 - h1 * h1
        if not determinant > 1e-12 * h0 * h2:  # no spread of risks, or a line that runs away
            return math.nan
        da, db = (h2 * g0 - h1 * g1) / determinant, (h0 * g1 - h1 * g0) / determinant
        a, b = a + da, b + db
        if max(abs(da), abs(db)) < CLOSE:
            return b
    return math.nan
