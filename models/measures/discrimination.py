"""Do those with the event have the higher risks?"""

from __future__ import annotations

import math

from models.estimator import Floats
from models.measures.ranked import Ints, Ranked, compiled, ranked


def auroc(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Chance that an event has a higher risk than a non-event, ties half; NaN: one outcome only."""
    rows = ranked(y, p)
    return auroc_of(rows, rows.weights(weights))


def auprc(y: Floats, p: Floats, *, weights: Floats | None = None) -> float:
    """Average precision: PPV averaged over the events, ties counted together; NaN: no event."""
    rows = ranked(y, p)
    return auprc_of(rows, rows.weights(weights))


def auroc_of(rows: Ranked, w: Floats) -> float:
    return float(_auroc(rows.y, w, rows.runs))


def auprc_of(rows: Ranked, w: Floats) -> float:
    return float(_auprc(rows.y, w, rows.runs))


@compiled
def _auroc(y: Floats, w: Floats, runs: Ints) -> float:
    below = above = area = 0.0  # non-events below this run, events so far
    for run in range(len(runs) - 1):
        events = others = 0.0
        for i in range(runs[run], runs[run + 1]):
            events += w[i] * y[i]
            others += w[i] * (1 - y[i])
        area += events * (below + others / 2)
        below += others
        above += events
    if below == 0 or above == 0:
        return math.nan
    return area / (below * above)


@compiled
def _auprc(y: Floats, w: Floats, runs: Ints) -> float:
    found = offered = total = 0.0
    for run in range(len(runs) - 2, -1, -1):
        events = rows = 0.0
        for i in range(runs[run], runs[run + 1]):
            events += w[i] * y[i]
            rows += w[i]
        found += events
        offered += rows
        if events > 0:
            total += events * found / offered
    if found == 0:
        return math.nan
    return total / found
