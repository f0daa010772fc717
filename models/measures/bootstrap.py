"""Bootstrap over people: each repeat draws as many people as there are, with all their rows.

Rows of one person are alike, so drawing rows would make intervals too narrow. A draw is a weight
per person (how often it was drawn), so no rows are copied, and one order of the rows serves all
repeats. Intervals are percentile intervals (Efron B, Tibshirani RJ, 1993).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.estimator import Floats

Ints = npt.NDArray[np.int64]

BOUNDS = (0.025, 0.975)
"""Of a 95% interval."""


def people_of(person: npt.ArrayLike) -> tuple[Ints, int]:
    """Person codes from 0 without gaps in the order of the given ones, and how many there are."""
    codes, place = np.unique(np.asarray(person), return_inverse=True)
    return place.astype(np.int64), len(codes)


def draws(people: int, repeats: int, seed: int) -> Iterator[Floats]:
    """For each repeat, how often each person was drawn, shape (people,)."""
    random = np.random.default_rng(seed)
    for _ in range(repeats):
        drawn = random.integers(0, people, people)
        yield np.bincount(drawn, minlength=people).astype(np.float64)


def interval(value: float, repeated: Floats) -> dict[str, float | None]:
    """A value with its interval; null where it cannot be said, of repeats that could be."""
    known = repeated[np.isfinite(repeated)]
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    if not len(known):
        return {"value": float(value), "low": None, "high": None}
    low, high = np.quantile(known, BOUNDS)
    return {"value": float(value), "low": float(low), "high": float(high)}
