"""Where a risk stands among the population a model was trained on."""

from __future__ import annotations

import numpy as np

from models.estimator import Floats

POINTS = 101


def quantiles(risk: Floats) -> Floats:
    """The 101 risks at 0, 1, ... 100 percent of the training rows, shape (101,)."""
    return np.quantile(risk[~np.isnan(risk)], np.linspace(0, 1, POINTS))


def percentile(risk: Floats, of: Floats) -> Floats:
    """Share of the training population with a lower risk, 0 to 100; never falls as risk rises.

    of  quantiles of the training population; where several are equal the lowest counts, since the
        people tied there do not have a lower risk. A NaN risk has a NaN percentile.
    """
    above = np.searchsorted(of, risk, side="left")
    upper = np.clip(above, 1, len(of) - 1)
    low, high = of[upper - 1], of[upper]
    width = np.where(high > low, high - low, 1.0)
    inside = upper - 1 + np.clip((risk - low) / width, 0, 1)
    place = np.where(above == 0, 0.0, np.where(above == len(of), len(of) - 1.0, inside))
    return np.where(np.isnan(risk), np.nan, place * 100 / (len(of) - 1))
