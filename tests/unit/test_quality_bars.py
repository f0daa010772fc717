"""Bars of rows by month in the terminal: the highest month is the full bar, an empty one none."""

from __future__ import annotations

import pytest

from features.quality.text import BARS, bars

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [([], ""), ([0, 0], "  "), ([0, 1, 8], " ▁█"), ([1, 1], "██"), ([4, 8, 8], "▄██")],
)
def test_bars(counts: list[int], drawn: str) -> None:
    assert bars(counts) == drawn


def test_many_months_share_a_bar_and_the_mean_need_not_be_whole() -> None:
    months = [0, 0, 1] * 120
    drawn = bars(months)
    assert len(drawn) < len(months)
    assert set(drawn) <= set(BARS)
    assert BARS[-1] in drawn
