"""Plots of an evaluation: the same bytes each time, and rows without a risk are no trouble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from training.drift import Period, Trend
from training.report import _periods, write_figures

pytestmark = pytest.mark.unit

TREND = Trend("stays", (Period("2019-H1", 10, 2), Period("2019-H2", 12, 3)), 0.1, 0.5, False)


def drawn(folder: Path, *, nulls: int) -> dict[str, bytes]:
    random = np.random.default_rng(4)
    risk = random.random(200)
    y = (random.random(200) < risk).astype(float)
    risk[:nulls] = np.nan
    other = np.where(np.arange(200) % 3 == 0, np.nan, random.random(200))
    risks = {"model": risk, "lace": other}
    write_figures(folder, y=y, risks=risks, trends=[TREND], gain={"age": 3.0, "sex": 0.0})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("nulls", [0, 50])
def test_every_plot_is_drawn_alike_twice(tmp_path: Path, nulls: int) -> None:
    first, second = (drawn(tmp_path / name, nulls=nulls) for name in ("a", "b"))
    assert set(first) == {
        "calibration.png", "roc.png", "capture.png", "event_rate_by_period.png", "features.png"
    }  # fmt: skip
    assert first == second
    assert all(len(image) > 5_000 for image in first.values())


def test_periods_stand_in_time_whichever_trend_begins_first() -> None:
    later = Trend("moments", (Period("2019-H2", 12, 3), Period("2020-H1", 9, 2)), 0.1, 0.5, False)
    axes = Figure().subplots()
    _periods(axes, [later, TREND])
    places = [np.asarray(line.get_xdata(orig=False)).tolist() for line in axes.lines[1:]]
    assert places == [[1, 2], [0, 1]]


def test_rows_without_a_risk_are_not_drawn(tmp_path: Path) -> None:
    whole, part = drawn(tmp_path / "whole", nulls=0), drawn(tmp_path / "part", nulls=50)
    assert whole["calibration.png"] != part["calibration.png"]
    assert whole["features.png"] == part["features.png"]
