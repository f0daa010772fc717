"""Each measure against an independent implementation, with ties and with weights."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import statsmodels.api as sm
    from statsmodels.nonparametric.smoothers_lowess import lowess

from models.measures import (
    METRICS,
    auprc,
    auroc,
    brier,
    calibration_intercept,
    calibration_slope,
    e50,
    e90,
    ici,
    log_loss,
    scaled_brier,
)
from models.measures.metrics import measured
from models.measures.ranked import ranked

pytestmark = pytest.mark.unit


def drawn(many: int = 3000, digits: int = 12, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Outcomes, miscalibrated risks (rounded, so with ties where digits are few), weights."""
    random = np.random.default_rng(seed)
    true = random.normal(-1.5, 1, many)
    y = (random.random(many) < 1 / (1 + np.exp(-true))).astype(float)
    p = 1 / (1 + np.exp(-(0.3 + 0.7 * true + random.normal(0, 0.5, many))))
    return y, np.clip(np.round(p, digits), 0.01, 0.99), random.integers(0, 4, many).astype(float)


@pytest.fixture(params=[12, 2, 1], ids=["few ties", "ties", "many ties"])
def data(request: pytest.FixtureRequest) -> tuple[np.ndarray, ...]:
    return drawn(digits=request.param)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (auroc, sk.roc_auc_score),
        (auprc, sk.average_precision_score),
        (brier, sk.brier_score_loss),
        (log_loss, sk.log_loss),
    ],
)
def test_as_scikit_learn(ours, theirs, data):
    y, p, w = data
    assert ours(y, p) == pytest.approx(theirs(y, p), rel=1e-12)
    assert ours(y, p, weights=w) == pytest.approx(theirs(y, p, sample_weight=w), rel=1e-12)


def test_scaled_brier_is_one_less_the_ratio_to_the_event_rate(data):
    y, p, _ = data
    alone = np.full(len(y), y.mean())
    expected = 1 - sk.brier_score_loss(y, p) / sk.brier_score_loss(y, alone)
    assert scaled_brier(y, p) == pytest.approx(expected, rel=1e-10)
    assert scaled_brier(y, alone) == pytest.approx(0, abs=1e-12)


def test_intercept_and_slope_as_statsmodels(data):
    y, p, w = data
    x = np.log(p / (1 - p))
    one = np.ones((len(y), 1))
    for weights in (None, w):
        options = {"family": sm.families.Binomial(), "freq_weights": weights}
        with_offset = sm.GLM(y, one, offset=x, **options).fit(tol=1e-12)
        with_slope = sm.GLM(y, sm.add_constant(x), **options).fit(tol=1e-12)
        assert calibration_intercept(y, p, weights=weights) == pytest.approx(
            with_offset.params[0], abs=1e-7
        )
        assert calibration_slope(y, p, weights=weights) == pytest.approx(
            with_slope.params[1], abs=1e-7
        )


def test_slope_of_wild_risks_is_found_too():
    """Risks far from the truth: the search from a perfect line may fail, the other does not."""
    random = np.random.default_rng(3)
    x = np.clip(random.normal(0, 12, 400), -25, 25)
    y = (random.random(400) < 1 / (1 + np.exp(-0.05 * x))).astype(float)
    p = 1 / (1 + np.exp(-x))
    fit = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-12)
    assert calibration_slope(y, p) == pytest.approx(fit.params[1], abs=1e-5)


@pytest.mark.parametrize(("many", "close"), [(160, 1e-12), (5000, 1.5e-3)])
def test_distances_to_the_curve_as_statsmodels_lowess(many, close):
    """Exactly where every risk stands by itself, closely where neighbours are grouped."""
    y, p, _ = drawn(many)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = lowess(y, p, frac=0.75, it=0, return_sorted=False)
    distance = np.abs(np.clip(curve, 0, 1) - p)
    median, ninth = np.quantile(distance, [0.5, 0.9], method="inverted_cdf")
    assert ici(y, p) == pytest.approx(distance.mean(), abs=close)
    assert e50(y, p) == pytest.approx(median, abs=close)
    assert e90(y, p) == pytest.approx(ninth, abs=close)


def test_distances_of_a_score_with_two_values_are_those_of_its_two_rates():
    y = np.array([0, 0, 1, 0] * 25 + [1, 1, 0, 1] * 5, dtype=float)
    p = np.array([0.2] * 100 + [0.6] * 20)
    assert ici(y, p) == pytest.approx((100 * 0.05 + 20 * 0.15) / 120)
    assert (e50(y, p), e90(y, p)) == pytest.approx((0.05, 0.15))


def test_perfect_risks_lie_on_the_curve():
    p = np.repeat(np.linspace(0.1, 0.9, 9), 100)
    y = np.concatenate([np.repeat([1.0, 0.0], [round(100 * q), round(100 - 100 * q)])
                        for q in np.linspace(0.1, 0.9, 9)])  # fmt: skip
    assert ici(y, p) == pytest.approx(0, abs=1e-12)
    assert calibration_slope(y, p) == pytest.approx(1, abs=1e-9)
    assert calibration_intercept(y, p) == pytest.approx(0, abs=1e-9)


def test_weights_are_copies_of_rows():
    y, p, w = drawn(400, digits=2)
    copied = np.repeat(np.arange(400), w.astype(int))
    rows, copies = ranked(y, p), ranked(y[copied], p[copied])
    weighted = measured(rows, rows.weights(w))
    repeated = measured(copies, copies.weights(None))
    assert dict(zip(METRICS, weighted, strict=True)) == pytest.approx(
        dict(zip(METRICS, repeated, strict=True)), abs=1e-9
    )


def test_a_measure_that_cannot_be_said_is_not_a_number():
    none, p = np.zeros(5), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    for measure in (auroc, auprc, scaled_brier, calibration_slope):
        assert math.isnan(measure(none, p))
    assert math.isnan(calibration_intercept(none, p))
    same = np.full(4, 0.25)
    assert math.isnan(calibration_slope(np.array([0.0, 0, 0, 1]), same))
    assert auroc(np.array([0.0, 0, 0, 1]), same) == 0.5
    parted = np.array([0.0, 0, 0, 1, 1])
    assert math.isnan(calibration_slope(parted, p))
    assert np.isnan(measured(ranked(np.empty(0), np.empty(0)), np.empty(0))).all()
