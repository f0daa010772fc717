"""The logistic line from a margin to a risk."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import statsmodels.api as sm

from features.errors import InputError
from models.calibration import Calibrator, fit_calibrator, logistic_line

pytestmark = pytest.mark.unit


def drawn(many: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    margin = random.normal(-2, 1.5, many)
    y = (random.random(many) < 1 / (1 + np.exp(-(0.4 + 0.6 * margin)))).astype(float)
    return margin, y


def test_line_as_statsmodels():
    margin, y = drawn()
    fit = sm.Logit(y, sm.add_constant(margin)).fit(disp=0, tol=1e-12)
    found = fit_calibrator(margin, y)
    assert [found.intercept, found.slope] == pytest.approx(list(fit.params), abs=1e-8)
    assert found.risk(margin).mean() == pytest.approx(y.mean(), abs=1e-10)


def test_weighted_line_as_statsmodels():
    margin, y = drawn(500)
    w = np.random.default_rng(2).integers(0, 4, 500).astype(float)
    family = sm.families.Binomial()
    fit = sm.GLM(y, sm.add_constant(margin), family=family, freq_weights=w).fit(tol=1e-12)
    assert logistic_line(margin, y, w) == pytest.approx(tuple(fit.params), abs=1e-6)


@pytest.mark.parametrize("shift", [0.0, 1e6, -300.0])
def test_line_does_not_hang_on_where_the_margin_lies(shift):
    margin, y = drawn(800)
    plain = fit_calibrator(margin, y)
    moved = fit_calibrator(margin * 5 + shift, y)
    assert moved.slope == pytest.approx(plain.slope / 5, rel=1e-6)


def test_contributions_carried_sum_to_the_log_odds():
    margin = np.array([-1.0, 0.5])
    contributions = np.array([[0.25, -1.5, 0.25], [0.5, -0.25, 0.25]])
    line = Calibrator(0.3, 0.8)
    carried = line.contributions(contributions)
    assert carried.sum(axis=1) == pytest.approx(line.log_odds(margin))
    assert contributions[0, 2] == 0.25  # the given ones stay


def test_json_brings_back_the_same_bits():
    line = Calibrator(0.1 + 0.2, math.pi / 7)
    assert Calibrator.from_json(line.to_json()) == line


def test_null_margin_is_a_null_risk():
    assert np.isnan(Calibrator(0, 1).risk(np.array([np.nan]))).all()


def test_one_outcome_is_refused():
    with pytest.raises(InputError, match="both events and non-events"):
        fit_calibrator(np.array([1.0, 2.0]), np.array([1.0, 1.0]))


def test_a_margin_that_misleads_is_refused():
    margin, y = drawn()
    with pytest.raises(InputError, match="do not become more frequent"):
        fit_calibrator(-margin, y)


@pytest.mark.parametrize(
    ("margin", "y"),
    [([1.0, 2, 3, 4], [0.0, 0, 1, 1]), ([2.0, 2, 2, 2], [0.0, 1, 0, 1])],
    ids=["outcomes part", "no spread"],
)
def test_rows_that_fix_no_line_are_refused(margin, y):
    assert np.isnan(logistic_line(np.array(margin), np.array(y))).all()
    with pytest.raises(InputError):
        fit_calibrator(np.array(margin), np.array(y))
