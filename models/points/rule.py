"""A rule of one feature: from a value on, or the value itself. What many programmes go by."""

from __future__ import annotations

from functools import partial

import numpy as np

from models.estimator import Floats
from models.points.score import Inputs, PointScore


def rule(name: str, feature: str, at_least: float | None, source: str = "") -> PointScore:
    """The rule as a score: 1 from `at_least` on, else 0; without it the feature's own value."""
    return PointScore(name, source, (feature,), partial(_count, feature, at_least))


def _count(feature: str, at_least: float | None, inputs: Inputs) -> Floats:
    values = inputs[feature]
    return values if at_least is None else np.asarray(values >= at_least, dtype=np.float64)
