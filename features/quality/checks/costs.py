"""Costs that are missing, negative, or far from all others of their table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from features.quality.finding import NOUNS, Finding, Found, RowCheck, WholeCheck
from features.quality.totals import COSTLY, STEP, Totals
from features.quality.view import View

FENCE = 5.0
"""Times the interquartile range of the logarithm of costs that a cost lies beyond the quartiles.

Tukey's far-out fence is 3 (Exploratory data analysis, 1977); costs of care are skewed even in
their logarithm, so it stands farther out here.
"""
LEAST_COSTS = 50
NARROW = 0.3
"""Interquartile range, in powers of ten, that is used where costs differ less."""


def _missing(view: View) -> Iterator[Found]:
    for table in COSTLY:
        yield Found(table, view.tables[table]["cost"].null_count, view.rows(table))


def _negative(view: View) -> Iterator[Found]:
    for table in COSTLY:
        below = pc.sum(pc.less(view.tables[table]["cost"], 0)).as_py() or 0
        yield Found(table, below, view.rows(table))


def _far(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
    for table, bins in totals.costs.items():
        place = np.array(sorted(bins), dtype=np.int64)
        count = np.array([bins[p] for p in place.tolist()], dtype=np.int64)
        if count.sum() < LEAST_COSTS:
            continue
        share = np.cumsum(count) / count.sum()
        low, high = (place[np.searchsorted(share, q)] for q in (0.25, 0.75))
        width = max(float(high - low) * STEP, NARROW)
        far = int(count[place * STEP > high * STEP + FENCE * width].sum())
        if far:
            times = 10 ** (FENCE * width)
            text = (
                f"{NOUNS[table]} that cost more than {times:,.0f} times the upper quartile: "
                f"{far:,} of {int(count.sum()):,}"
            )
            yield check.finding(table, far, text)


CHECKS = (
    RowCheck(
        "cost_missing",
        "note",
        "{rows} without a cost",
        "Models that use cost, and the label cost, know less of these people.",
        _missing,
    ),
    RowCheck(
        "cost_negative",
        "warning",
        "{rows} with a cost below zero",
        "Reversals of claims: have the reader net them with what they reverse.",
        _negative,
        from_share=0.001,
    ),
    WholeCheck(
        "cost_outlier",
        "warning",
        "positive costs that lie far beyond all others of their table: above the upper quartile by "
        f"{FENCE:g} times the interquartile range of their logarithms",
        "A few such rows decide every sum of cost: look for pence taken for pounds, or a total "
        "written on every row.",
        _far,
    ),
)
