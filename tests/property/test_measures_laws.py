"""Laws of the measures, for any outcomes and risks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.measures import at_k, auprc, auroc, evaluate
from models.measures.metrics import measured
from models.measures.ranked import ranked
from models.percentile import percentile, quantiles

pytestmark = pytest.mark.property

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 19), st.integers(0, 5)), min_size=2, max_size=40
)
"""Outcome, risk in twentieths (so ties are common), person."""


def columns(rows) -> tuple[np.ndarray, ...]:
    y, p, person = (np.array(column) for column in zip(*rows, strict=True))
    return y.astype(float), p / 20, person


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_order_of_rows_changes_no_bit(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    answers = []
    for y, p, person in (columns(rows), columns(shuffled)):
        risks = {"model": p, "other": np.round(p, 1)}
        answers.append(evaluate(y, risks, person, capacity=[0.2, 3], repeats=8, seed=1))
    assert answers[0] == answers[1]


@given(ROWS)
def test_ranking_measures_hang_on_the_order_of_risks_alone(rows):
    y, p, _ = columns(rows)
    for measure in (auroc, auprc):
        assert measure(y, p) == pytest.approx(measure(y, p**3), nan_ok=True)
    assert at_k(y, p, 3) == at_k(y, p**3, 3)


@given(ROWS)
def test_auroc_is_the_share_of_pairs_in_order(rows):
    y, p, _ = columns(rows)
    pairs = [(a > b) + (a == b) / 2 for a in p[y == 1] for b in p[y == 0]]
    assert auroc(y, p) == pytest.approx(np.mean(pairs) if pairs else np.nan, nan_ok=True)
    assert auroc(y, 1 - p) == pytest.approx(1 - auroc(y, p), nan_ok=True)


@given(ROWS, st.integers(1, 45))
def test_more_places_capture_no_less(rows, k):
    y, p, _ = columns(rows)
    fewer, more = at_k(y, p, k), at_k(y, p, k + 1)
    assert np.isnan(fewer.capture) or more.capture >= fewer.capture - 1e-12
    assert 0 <= fewer.ppv <= 1
    everyone = at_k(y, p, len(y))
    assert everyone.ppv == pytest.approx(y.mean())


@given(ROWS, st.integers(1, 5))
def test_equal_weights_change_nothing(rows, weight):
    y, p, _ = columns(rows)
    own = ranked(y, p)
    plain = measured(own, own.weights(None))
    weighted = measured(own, own.weights(np.full(len(y), float(weight))))
    assert weighted == pytest.approx(plain, abs=1e-6, nan_ok=True)


RISKS = st.lists(st.integers(0, 50).map(lambda n: n / 50), min_size=1, max_size=60)


@given(RISKS, RISKS)
def test_percentile_never_falls_and_never_counts_equals(trained, asked):
    of = quantiles(np.array(trained))
    risks = np.sort(np.array(asked))
    found = percentile(risks, of)
    assert np.all(np.diff(found) >= 0)
    assert np.all((found >= 0) & (found <= 100))
    assert percentile(of[:1], of)[0] == 0
    assert percentile(np.array([of[-1] + 0.01]), of)[0] == 100


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_percentile_is_the_share_with_a_lower_risk(seed):
    """To one percent, for a risk that few share."""
    trained = np.random.default_rng(seed).beta(1, 5, 2000)
    asked = np.linspace(0.01, 0.6, 30)
    share = [(trained < risk).mean() * 100 for risk in asked]
    assert percentile(asked, quantiles(trained)) == pytest.approx(share, abs=1.0)


def test_percentile_of_many_equals_is_the_share_below_them():
    of = quantiles(np.r_[np.full(300, 0.1), np.full(500, 0.2), np.full(200, 0.4)])
    found = percentile(np.array([0.1, 0.2, 0.4, np.nan]), of)
    assert found[:3] == pytest.approx([0, 30, 80], abs=1.0)
    assert np.isnan(found[3])
