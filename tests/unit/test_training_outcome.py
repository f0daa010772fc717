"""What is high: at or above the percentile of the training rows, and never everyone."""

from __future__ import annotations

import numpy as np
import pytest

from features.definition import load_definition
from features.errors import InputError
from training.outcome import events_of, high_of

pytestmark = pytest.mark.unit

COMPLEXITY = load_definition("complexity")


def test_high_is_learnt_on_the_training_rows_alone() -> None:
    value = np.r_[np.arange(100.0), np.full(50, 1e6)]
    training = np.arange(150) < 100
    high = high_of(value, training, COMPLEXITY)
    assert high == 74.25
    assert events_of(value, high)[training].sum() == 25


def test_the_threshold_itself_is_high() -> None:
    assert events_of(np.array([2.0, 3.0, 4.0]), 3.0).tolist() == [False, True, True]


def test_where_most_have_the_least_value_high_begins_above_it() -> None:
    value = np.r_[np.zeros(90), np.ones(6), np.full(4, 2.0)]
    assert high_of(value, np.ones(100, dtype=bool), COMPLEXITY) == 1.0


def test_an_outcome_that_is_the_same_for_all_is_refused() -> None:
    with pytest.raises(InputError, match="0 for everyone"):
        high_of(np.zeros(10), np.ones(10, dtype=bool), COMPLEXITY)


def test_an_event_needs_no_threshold() -> None:
    assert high_of(np.ones(3), np.ones(3, dtype=bool), load_definition("readmission")) is None
    assert events_of(np.array([0.0, 1.0]), None).tolist() == [False, True]
