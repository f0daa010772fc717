"""A falling event rate is told; chance, one busy person and a flat rate are not."""

from __future__ import annotations

import numpy as np
import pytest

from training.drift import trend
from training.recipe import Drift

pytestmark = pytest.mark.unit

YEARS = 14_000 + np.arange(6 * 365, dtype=np.int64)


def _rows(slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    day = np.sort(random.choice(YEARS, size=8000))
    rate = 0.15 + slope * (day - YEARS[0]) / len(YEARS)
    return (random.random(len(day)) < rate).astype(float), day, random.integers(0, 3000, len(day))


def test_a_falling_rate_is_told_with_its_periods() -> None:
    found = trend(*_rows(-0.08), of="discharges followed by a readmission", settings=Drift())
    assert found.told
    assert found.change < 0
    warning = found.warning()
    assert warning["code"] == "drift"
    assert "falls" in str(warning["text"])
    assert sum(period.rows for period in found.periods) == 8000


def test_a_flat_rate_is_not_told() -> None:
    told = [trend(*_rows(0.0, seed), of="x", settings=Drift()).told for seed in range(20)]
    assert not any(told)


def test_p_values_of_clustered_rows_without_a_trend_are_even() -> None:
    random = np.random.default_rng(5)
    found = []
    for _ in range(200):
        person = np.repeat(np.arange(150), 6)
        day = random.choice(YEARS, 150)[person] + random.integers(0, 200, 900)
        y = (random.random(150) < 0.3)[person].astype(float)
        found.append(trend(y, day, person, of="x", settings=Drift()).p)
    assert 0.01 <= np.mean(np.array(found) < 0.05) <= 0.11


def test_periods_are_named_by_the_calendar() -> None:
    day = np.array([0, 31 + 28, 181, 364], dtype="int64")
    y, person = np.array([0.0, 1.0, 0.0, 1.0]), np.arange(4)
    for months, names in ((3, ["Q1", "Q1", "Q3", "Q4"]), (6, ["H1", "H2"])):
        found = trend(y, day, person, of="x", settings=Drift(months=months))
        assert [p.name for p in found.periods] == [f"1970-{n}" for n in dict.fromkeys(names)]
    assert trend(y, day, person, of="x", settings=Drift(months=12)).periods[0].name == "1970"


@pytest.mark.parametrize("y", [np.zeros(0), np.zeros(4), np.ones(4)])
def test_nothing_to_test_is_no_drift(y: np.ndarray) -> None:
    day = np.arange(len(y), dtype=np.int64) * 300
    assert not trend(y, day, np.arange(len(y)), of="x", settings=Drift()).told
