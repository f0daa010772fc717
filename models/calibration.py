"""From a margin to a risk by a logistic line, and the fit of such a line.

A line keeps exact TreeSHAP contributions additive: base + contributions = log-odds of the risk
(ADR 3). Platt J, in Advances in Large Margin Classifiers, MIT Press 2000, without his smoothing of
the outcomes. It refuses rows that fix no line, and a line that would turn the ranking over.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from features.errors import InputError
from models.estimator import Floats, refuse_one_outcome

MOST_STEPS = 100
CLOSE = 1e-10


@dataclass(frozen=True)
class Calibrator:
    """log-odds of the risk = intercept + slope * margin."""

    intercept: float = 0.0
    slope: float = 1.0

    def log_odds(self, margin: Floats) -> Floats:
        return self.intercept + self.slope * margin

    def risk(self, margin: Floats) -> Floats:
        """Risk of each margin, 0 to 1; NaN stays NaN."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds(margin))))

    def contributions(self, contributions: Floats) -> Floats:
        """Contributions to the margin (rows, columns + 1; last the base) as to the log-odds."""
        carried = contributions * self.slope
        carried[:, -1] += self.intercept
        return carried

    def to_json(self) -> str:
        return json.dumps({"kind": "logistic", "intercept": self.intercept, "slope": self.slope})

    @classmethod
    def from_json(cls, text: str) -> Calibrator:
        stated = json.loads(text)
        return cls(float(stated["intercept"]), float(stated["slope"]))


def fit_calibrator(margin: Floats, y: Floats) -> Calibrator:
    """The line of greatest likelihood for outcomes `y` (0 or 1) of rows never trained on.

    Raises InputError where the rows hold one outcome, where the outcomes part at a margin, and
    where the outcome does not rise with the margin.
    """
    refuse_one_outcome(y, "calibration")
    intercept, slope = logistic_line(margin, y)
    if not slope > 0:
        raise InputError(
            "events do not become more frequent as the model's margin rises",
            where=f"calibration rows: {len(y)}, {int(y.sum())} of them events",
            cure="use more rows or features: this model has learned nothing that holds elsewhere",
        )
    return Calibrator(intercept, slope)


def logistic_line(x: Floats, y: Floats, weights: Floats | None = None) -> tuple[float, float]:
    """Intercept and slope of a logistic regression of `y` on one `x`; NaN where there is none.

    There is none where x does not vary or parts the outcomes. Newton's method, each step halved
    until the likelihood does not fall.
    """
    w = np.ones(len(y)) if weights is None else weights
    centre, scale = _moments(x, w)
    rate = float((w * y).sum() / w.sum())
    if not scale > 0 or not 0 < rate < 1:
        return math.nan, math.nan
    z = (x - centre) / scale
    at = np.array([math.log(rate / (1 - rate)), 0.0])
    best = _likelihood(at, z, y, w)
    for _ in range(MOST_STEPS):
        step = _newton(at, z, y, w)
        if step is None:
            break
        reached = _likelihood(at + step, z, y, w)
        while reached < best and np.abs(step).max() > CLOSE:
            step /= 2
            reached = _likelihood(at + step, z, y, w)
        at, best = at + step, reached
        if np.abs(step).max() <= CLOSE:
            slope = float(at[1]) / scale
            return float(at[0]) - slope * centre, slope
    return math.nan, math.nan


def _moments(x: Floats, w: Floats) -> tuple[float, float]:
    centre = float((w * x).sum() / w.sum())
    spread = math.sqrt(float((w * (x - centre) ** 2).sum() / w.sum()))
    return centre, spread if spread > 1e-12 * max(abs(centre), 1) else 0.0


def _likelihood(at: Floats, z: Floats, y: Floats, w: Floats) -> float:
    eta = at[0] + at[1] * z
    return float((w * (y * eta - np.logaddexp(0, eta))).sum())


def _newton(at: Floats, z: Floats, y: Floats, w: Floats) -> Floats | None:
    p = expit(at[0] + at[1] * z)
    score, information = w * (y - p), w * p * (1 - p)
    g0, g1 = float(score.sum()), float((score * z).sum())
    h0, h1, h2 = (float((information * z**power).sum()) for power in range(3))
    determinant = h0 * h2 - h1 * h1
    if not determinant > 0:  # the outcomes part at some x: the line runs away
        return None
    return np.array([h2 * g0 - h1 * g1, h0 * g1 - h1 * g0]) / determinant
