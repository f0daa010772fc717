"""The choice of a test period: the first that leaves enough, or a refusal saying what lacks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.errors import InputError
from training.recipe import Fewest, Split
from training.split import EPOCH, TEST, TRAIN, Divided, choose, months_before

pytestmark = pytest.mark.unit

SMALL = Split(salt="s", fewest=Fewest(train=5, valid=2, test=2))


def _day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def _drawn(first: str, last: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    day = random.integers(_day(first), _day(last), size=count)
    return random.integers(0, 4, size=count).astype(np.int8), day, random.random(count) < 0.3


def test_a_long_history_has_a_test_year() -> None:
    people, day, y = _drawn("2015-01-01", "2020-12-31", 3000)
    divided, _ = choose(people, day, 30, SMALL, lambda _: y)
    assert divided.test_months == 12
    assert (divided.test_end - divided.test_start).days in (365, 366)
    assert divided.rows(TEST).any()
    assert divided.rows(TRAIN).any()


def test_a_year_of_horizon_on_a_short_history_shortens_the_test_period() -> None:
    people, day, y = _drawn("2008-06-01", "2009-10-01", 3000)
    divided, _ = choose(people, day, 365, SMALL, lambda _: y)
    assert divided.test_months == 3


def test_too_few_events_are_refused_with_the_count() -> None:
    people, day, _ = _drawn("2015-01-01", "2020-12-31", 3000)
    none = np.zeros(len(day), dtype=bool)
    with pytest.raises(InputError) as refused:
        choose(people, day, 30, SMALL, lambda _: none)
    assert "train rows hold 0 events and 5 are needed" in refused.value.what
    assert "2015" in refused.value.where
    assert "more people" in refused.value.cure


def test_no_labelled_row_is_refused() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    with pytest.raises(InputError, match="no row is left"):
        choose(nothing.astype(np.int8), nothing, 30, SMALL, lambda _: nothing.astype(bool))


def test_the_outcome_may_be_learnt_on_the_training_rows() -> None:
    people, day, _ = _drawn("2015-01-01", "2020-12-31", 3000)
    value = np.random.default_rng(1).random(len(day))

    def high(divided: Divided) -> np.ndarray:
        return np.asarray(value >= np.quantile(value[divided.rows(TRAIN)], 0.75))

    divided, y = choose(people, day, 30, SMALL, high)
    assert y[divided.rows(TRAIN)].mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2020-03-31", 1, "2020-02-29"),
        ("2020-01-15", 12, "2019-01-15"),
        ("2020-01-15", 1, "2019-12-15"),
    ],
)
def test_months_before_keeps_to_the_calendar(day: str, months: int, before: str) -> None:
    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(before)
