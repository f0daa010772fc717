"""Ramps and holes in simulated series whose answer is known, and none where there is none.

Series are Poisson counts by month, so that a month differs from the next by chance as rows do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from features.quality.ramps import find_ramps

pytestmark = pytest.mark.unit

Floats = npt.NDArray[np.float64]
Shape = Callable[[Floats], Floats]
SERIES = 40
MOST_FALSE = 0.01
"""Share of series without a ramp in which one may be told."""

QUIET: dict[str, Shape] = {
    "steady": np.ones_like,
    "a peak each January": lambda t: 1 + 0.3 * np.cos(2 * np.pi * t / 12),
    "a trough each January": lambda t: 1 - 0.3 * np.cos(2 * np.pi * t / 12),
    "growing a seventh each year": lambda t: (8 / 7) ** (t / 12),
    "shrinking a seventh each year": lambda t: (6 / 7) ** (t / 12),
}


def told(months: int, mean: float, shape: Shape, seed: int = 1) -> Counter[tuple[str, int, int]]:
    """How often each ramp is told of `SERIES` series."""
    drawn = np.random.default_rng(seed)
    expected = mean * shape(np.arange(months, dtype=float))
    exposure = np.full(months, 30.0)
    return Counter(
        (ramp.kind, ramp.first, ramp.end)
        for _ in range(SERIES)
        for ramp in find_ramps(drawn.poisson(expected).astype(float), exposure)
    )


@pytest.mark.parametrize("months", [12, 24, 72])
@pytest.mark.parametrize("name", QUIET)
def test_no_ramp_is_told_of_a_quiet_series(name: str, months: int) -> None:
    seasonal_year = months == 12 and "trough" in name
    for mean in (5, 100, 1000):
        false = told(months, mean, QUIET[name])
        # within one year a trough at both ends is hard to tell from ramps: it may be told at times
        assert sum(false.values()) <= SERIES * (0.05 if seasonal_year else MOST_FALSE) + 1, false


@pytest.mark.parametrize(
    ("name", "shape", "answers"),
    [
        ("the last six months fall to a seventh", lambda t: np.clip((36 - t) / 7, 0, 1),
         {("down", 30, 36), ("down", 31, 36)}),
        ("the first three months rise", lambda t: np.clip((t + 1) / 4, 0, 1), {("up", 0, 3)}),
        ("the last month is cut off", lambda t: np.where(t == 35, 0.4, 1), {("down", 35, 36)}),
        ("two months are nearly empty", lambda t: np.where((t == 15) | (t == 16), 0.05, 1),
         {("hole", 15, 17)}),
        ("a year is missing", lambda t: np.where((t >= 12) & (t < 24), 0.05, 1),
         {("hole", 12, 24)}),
        ("the last sixteen months are empty", lambda t: np.where(t >= 20, 0, 1),
         {("down", 20, 36)}),
        ("a fall under a season", lambda t: np.clip((36 - t) / 7, 0, 1)
         * (1 + 0.2 * np.cos(2 * np.pi * t / 12)), {("down", 30, 36), ("down", 31, 36)}),
    ],
)  # fmt: skip
def test_a_ramp_is_told_with_its_months(
    name: str, shape: Shape, answers: set[tuple[str, int, int]]
) -> None:
    found = told(36, 1000, shape)
    right = sum(found[answer] for answer in answers)
    assert right >= 0.95 * SERIES, (name, found)
    assert sum(found.values()) <= SERIES + 1, "nothing else is told beside it"


def test_a_ramp_says_how_much_is_lost() -> None:
    rows = np.array([100.0] * 30 + [80, 60, 40, 20])
    (ramp,) = find_ramps(rows, np.full(34, 30.0))
    assert (ramp.kind, ramp.first, ramp.end) == ("down", 30, 34)
    assert ramp.lost == pytest.approx(0.5)
    assert ramp.depth == pytest.approx(0.8)


def test_a_population_that_dies_out_is_no_ramp() -> None:
    """Rows fall with the people observed; per person-day nothing changes."""
    exposure = 3000 * 0.9 ** np.arange(36)
    assert find_ramps(exposure, exposure) == []


def test_months_hardly_observed_are_passed_over() -> None:
    rows, exposure = np.full(24, 100.0), np.full(24, 30.0)
    rows[:2] = exposure[:2] = 1
    rows[2:4] = 0
    (ramp,) = find_ramps(rows, exposure)
    assert (ramp.kind, ramp.first, ramp.end) == ("up", 2, 4)


@pytest.mark.parametrize("months", [0, 1, 6])
def test_a_short_series_is_not_judged(months: int) -> None:
    assert find_ramps(np.arange(months, dtype=float), np.full(months, 30.0)) == []


def test_an_empty_table_has_no_ramp() -> None:
    assert find_ramps(np.zeros(36), np.full(36, 30.0)) == []
