"""The Guided Care cut: age, top quartile, ties."""

from __future__ import annotations

import numpy as np
import pytest

from models.priority import cut_of, eligible, of_age, order

pytestmark = pytest.mark.unit

NAN = float("nan")


def test_the_top_quartile_of_eight_is_two() -> None:
    risk = np.array([0.1, 0.9, 0.3, 0.8, 0.2, 0.5, 0.4, 0.7])
    everyone = np.ones(8, dtype=bool)
    cut = cut_of(risk, everyone)
    assert (cut.value, cut.count) == (0.8, 8)
    assert eligible(risk, everyone, cut).tolist() == [0, 1, 0, 1, 0, 0, 0, 0]


def test_the_young_and_the_unscored_take_no_part_in_the_cut() -> None:
    risk = np.array([0.99, NAN, 0.5, 0.4, 0.3, 0.2])
    old = of_age(np.array([64.0, 80.0, 65.0, 70.0, NAN, 90.0]))
    cut = cut_of(risk, old)
    assert (cut.value, cut.count) == (0.5, 3)
    assert eligible(risk, old, cut).tolist() == [0, 0, 1, 0, 0, 0]


def test_people_tied_at_the_cut_are_all_eligible() -> None:
    risk = np.array([0.5, 0.5, 0.5, 0.1])
    everyone = np.ones(4, dtype=bool)
    assert eligible(risk, everyone, cut_of(risk, everyone)).sum() == 3


def test_without_anyone_of_age_there_is_no_cut() -> None:
    risk, nobody = np.array([0.5]), np.zeros(1, dtype=bool)
    assert cut_of(risk, nobody).value is None
    assert not eligible(risk, nobody, cut_of(risk, nobody)).any()


def test_equal_risks_are_ordered_by_person() -> None:
    people = np.array(["c", "a", "b", "d"])
    assert order(np.array([0.2, 0.2, 0.9, 0.2]), people).tolist() == [2, 1, 0, 3]
