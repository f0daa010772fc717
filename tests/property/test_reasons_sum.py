"""base + the sum of the reasons = log-odds of the served risk, whatever is named or hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import small_model

pytestmark = pytest.mark.property


@given(st.integers(0, 2**31), st.floats(0, 0.4), st.booleans())
@settings(max_examples=25)
def test_reasons_add_up_to_the_score_that_is_served(seed, nulls, reveal):
    bundle = small_model.bundle()
    matrix = small_model.matrix(small_model.rows(30, seed, nulls))
    scores = bundle.score(matrix)
    risk = bundle.risk(matrix.X)
    log_odds = np.log(risk / (1 - risk))
    found = bundle.reasons(matrix, reveal=reveal)
    sums = np.array([sum(reason.contribution for reason in row) for row in found])
    assert np.abs(scores.base + sums - log_odds).max() < 1e-9
    assert scores.contributions is not None
    assert np.abs(scores.base + scores.contributions.sum(axis=1) - log_odds).max() < 1e-9
    known = scores.sufficient
    assert np.array_equal(scores.risk[known], risk[known])


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_reasons_stand_by_size_and_name_each_domain_once(seed):
    matrix = small_model.matrix(small_model.rows(10, seed))
    for row in small_model.bundle().reasons(matrix):
        sizes = [abs(reason.contribution) for reason in row]
        assert sizes == sorted(sizes, reverse=True)
        assert len({reason.domain for reason in row}) == len(row)
        assert all(reason.text and reason.patient_text for reason in row)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_no_sensitive_condition_is_named_unless_asked_for(seed):
    bundle = small_model.bundle()
    sensitive = [f for f in bundle.catalogue if f.sensitive]
    assert sensitive
    words = {f.say(v, patient=patient) for f in sensitive for v in (0.0, 1.0, None)
             for patient in (False, True)}  # fmt: skip
    for row in bundle.reasons(small_model.matrix(small_model.rows(20, seed))):
        for reason in row:
            assert not any(word in reason.text or word in reason.patient_text for word in words)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_a_person_alone_has_the_same_score_and_reasons_as_among_others(seed):
    bundle = small_model.bundle()
    X = small_model.rows(12, seed)
    whole, among = bundle.score(small_model.matrix(X)), bundle.reasons(small_model.matrix(X))
    for i in range(len(X)):
        alone = small_model.matrix(X[i : i + 1])
        own = bundle.score(alone)
        assert np.array_equal(own.risk, whole.risk[i : i + 1], equal_nan=True)
        assert own.share[0] == whole.share[i]
        assert bundle.reasons(alone)[0] == among[i]
