"""What a programme with k places would find: how many of those offered one have the event."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.estimator import Floats
from models.measures.ranked import Ints, Ranked, compiled, ranked


@dataclass(frozen=True)
class AtK:
    """Of the k rows with the highest risks.

    ppv            share that have the event
    capture        share of all events that are among them; NaN: no event at all
    number_needed  rows per event found, 1 / ppv; infinite: none found
    """

    ppv: float
    capture: float
    number_needed: float


def at_k(y: Floats, p: Floats, k: float, *, weights: Floats | None = None) -> AtK:
    """Measures among the `k` highest risks; k over all rows (or their weight) means all.

    Rows tied at the cut share the places that are left, so no order of rows decides between them.
    """
    rows = ranked(y, p)
    return at_k_of(rows, rows.weights(weights), k)


def at_k_of(rows: Ranked, w: Floats, k: float) -> AtK:
    found, offered, events = _at_k(rows.y, w, rows.runs, float(k))
    ppv = found / offered if offered > 0 else math.nan
    capture = found / events if events > 0 else math.nan
    return AtK(ppv, capture, 1 / ppv if ppv > 0 else math.inf)


def places(capacity: float, rows: int) -> int:
    """k of a capacity: under 1 a share of the rows (rounded up), else a number of rows."""
    k = math.ceil(capacity * rows - 1e-9) if capacity < 1 else int(capacity)
    return min(max(k, 1), rows)


@compiled
def _at_k(y: Floats, w: Floats, runs: Ints, k: float) -> tuple[float, float, float]:
    """Events among the first k from the top, rows offered, all events."""
    found = offered = events = 0.0
    for run in range(len(runs) - 2, -1, -1):
        here = rows = 0.0
        for i in range(runs[run], runs[run + 1]):
            here += w[i] * y[i]
            rows += w[i]
        events += here
        if rows > 0 and offered < k:
            share = min(1.0, (k - offered) / rows)
            found += here * share
            offered += rows * share
    return found, offered, events
