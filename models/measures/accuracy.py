"""How far risks lie from what happened."""

from __future__ import annotations

import math

from models.estimator import Floats
from models.measures.ranked import LEAST, Ranked, compiled, ranked


def brier(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Mean squared difference of risk and outcome (Brier GW, Mon Weather Rev 1950;78:1-3)."""
    rows = ranked(y, p)
    return brier_of(rows, rows.weights(weights))


def scaled_brier(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """1 - Brier / that of everyone's risk being the event rate; 0: no better than that."""
    rows = ranked(y, p)
    return scaled_brier_of(rows, rows.weights(weights))


def log_loss(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Mean of -log of the probability given to what happened; risks kept 1e-12 from 0 and 1."""
    rows = ranked(y, p)
    return log_loss_of(rows, rows.weights(weights))


def brier_of(rows: Ranked, w: Floats) -> float:
    return float(_brier(rows.y, rows.p, w))


def scaled_brier_of(rows: Ranked, w: Floats) -> float:
    return float(_scaled_brier(rows.y, rows.p, w))


def log_loss_of(rows: Ranked, w: Floats) -> float:
    return float(_log_loss(rows.y, rows.p, w, LEAST))


@compiled
def _brier(y: Floats, p: Floats, w: Floats) -> float:
    total = whole = 0.0
    for i in range(len(y)):
        total += w[i] * (p[i] - y[i]) ** 2
        whole += w[i]
    return total / whole if whole > 0 else math.nan


@compiled
def _scaled_brier(y: Floats, p: Floats, w: Floats) -> float:
    total = whole = events = 0.0
    for i in range(len(y)):
        total += w[i] * (p[i] - y[i]) ** 2
        whole += w[i]
        events += w[i] * y[i]
    if events == 0 or events == whole:
        return math.nan
    rate = events / whole
    return 1 - total / whole / (rate * (1 - rate))


@compiled
def _log_loss(y: Floats, p: Floats, w: Floats, least: float) -> float:
    total = whole = 0.0
    for i in range(len(y)):
        if w[i] > 0:
            happened = p[i] if y[i] > 0.5 else 1 - p[i]
            total -= w[i] * math.log(min(max(happened, least), 1 - least))
            whole += w[i]
    return total / whole if whole > 0 else math.nan
