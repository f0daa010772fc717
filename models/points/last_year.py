"""Last year's value of the same label: what a monthly model must beat to say anything.

Need and cost persist from year to year: Monheit AC. Persistence in health expenditures in the
short run: prevalence and consequences. Med Care 2003;41(7 Suppl):III53-III64. Bed-days and costs
count by the logarithm of one more than their value, so that one very dear year does not fix the
line; the ranking is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from features.errors import InputError
from models.estimator import Floats
from models.points.score import Inputs, PointScore

SOURCE = (
    "the label's own value of the last 365 days; persistence after Monheit AC, "
    "Med Care 2003;41(7 Suppl):III53-III64"
)


def _log(values: Floats) -> Floats:
    return np.asarray(np.log1p(np.maximum(values, 0)))


LAST: Mapping[str, tuple[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {
        "need": ("elixhauser_groups_365d", np.asarray),
        "bed_days": ("bed_days_365d", _log),
        "cost": ("cost_365d", _log),
    }
)
"""Label -> feature that holds last year's value, and the scale it counts on."""


def last_year(label: str) -> PointScore:
    """The score for a label. Raises InputError for one that has no value of last year."""
    if label not in LAST:
        raise InputError(
            f"there is no last year's value of {label or 'this label'}",
            where="baseline last_year",
            cure=f"leave it out, or use one of the labels {', '.join(LAST)}",
        )
    feature, scale = LAST[label]

    def count(inputs: Inputs) -> Floats:
        return scale(inputs[feature])

    return PointScore("last_year", SOURCE, (feature,), count)
