"""Completeness: between nothing and all, and never higher for knowing less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.completeness import completeness
from tests import small_model

pytestmark = pytest.mark.property


@given(st.integers(0, 2**31), st.floats(0, 1))
@settings(max_examples=30)
def test_knowing_less_is_never_more_complete(seed, nulls):
    bundle = small_model.bundle()
    X = small_model.rows(20, seed, nulls)
    fewer = X.copy()
    fewer[:, np.random.default_rng(seed).integers(0, X.shape[1], 5)] = np.nan
    before, after = (completeness(bundle.inputs, x, bundle.schema) for x in (X, fewer))
    assert np.all(after.share <= before.share)
    assert np.all((after.share >= 0) & (before.share <= 1))
    assert not np.any(after.sufficient & ~before.sufficient)
    assert all(set(before.missing(i)) <= set(after.missing(i)) for i in range(20))


def test_all_is_complete_and_nothing_is_not():
    bundle = small_model.bundle()
    X = small_model.rows(2, seed=1, nulls=0.0)
    X[1] = np.nan
    found = completeness(bundle.inputs, X, bundle.schema)
    assert found.share == pytest.approx([1, 0])
    assert found.missing(1) == tuple(bundle.inputs)


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_what_is_no_input_changes_nothing(seed):
    bundle = small_model.bundle()
    X = small_model.rows(10, seed)
    others = [i for i, name in enumerate(bundle.schema.names) if name not in bundle.inputs]
    whole = X.copy()
    whole[:, others] = np.nan
    shares = [completeness(bundle.inputs, x, bundle.schema).share for x in (X, whole)]
    assert np.array_equal(*shares)
