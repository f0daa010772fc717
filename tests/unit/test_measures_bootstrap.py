"""Intervals over people, by simulation with a known answer."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from models.measures import METRICS, auroc, evaluate
from models.measures.bootstrap import draws, interval, people_of

pytestmark = pytest.mark.unit

APART = 1.0
TRUE_AUROC = 0.5 * (1 + math.erf(APART / 2))
"""Of two normal curves of variance 1 that lie 1 apart: the normal mass under 1 / sqrt 2."""


def binormal(many: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    y = (random.random(many) < 0.3).astype(float)
    return y, 1 / (1 + np.exp(-(random.normal(size=many) + APART * y - 1.5)))


def asked(y, risks, person, *, repeats=200, seed=1, capacity=(0.1,)):
    return evaluate(y, risks, person, capacity=capacity, repeats=repeats, seed=seed)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """95% intervals of 120 samples: between 105 and 120 hold (fewer has a chance under 0.002)."""
    held = 0
    for seed in range(120):
        y, p = binormal(250, seed)
        bounds = asked(y, {"model": p}, np.arange(250))[0]["model"]["metrics"]["auroc"]
        held += bounds["low"] <= TRUE_AUROC <= bounds["high"]
    assert held >= 105
    assert held < 120


def test_rows_of_one_person_are_no_news():
    """Four copies of everybody: people as units give the interval of one copy, rows half of it."""
    y, p = binormal(300, 5)
    whose = np.arange(300)
    four = [np.tile(column, 4) for column in (y, p, whose)]
    once = asked(y, {"m": p}, whose)[0]["m"]["metrics"]["auroc"]
    people = asked(four[0], {"m": four[1]}, four[2])[0]["m"]["metrics"]["auroc"]
    rows = asked(four[0], {"m": four[1]}, np.arange(1200))[0]["m"]["metrics"]["auroc"]
    assert people == pytest.approx(once)
    assert rows["high"] - rows["low"] < 0.65 * (people["high"] - people["low"])


def test_a_draw_takes_as_many_people_as_there_are():
    drawn = list(draws(50, 20, seed=1))
    assert all(w.sum() == 50 for w in drawn)
    assert len({tuple(w) for w in drawn}) == 20
    again = list(draws(50, 20, seed=1))
    assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))


def test_weights_give_what_resampled_copies_give():
    """The same people drawn, once as weights and once as rows copied out."""
    y, p = binormal(200, 7)
    whose = np.random.default_rng(1).integers(0, 60, 200)
    code, people = people_of(whose)
    copied = []
    for weights in draws(people, 40, seed=9):
        rows = np.repeat(np.arange(200), weights[code].astype(int))
        copied.append(auroc(y[rows], p[rows]))
    bounds = asked(y, {"m": p}, whose, repeats=40, seed=9)[0]["m"]["metrics"]["auroc"]
    assert [bounds["low"], bounds["high"]] == pytest.approx(np.quantile(copied, [0.025, 0.975]))


def test_paired_differences_are_narrower_than_intervals_apart():
    y, p = binormal(600, 3)
    noisy = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + np.random.default_rng(2).normal(size=600))))
    measures, differences = asked(y, {"model": p, "noisy": noisy}, np.arange(600))
    found = differences["noisy"]["auroc"]
    apart = [measures[name]["metrics"]["auroc"] for name in ("model", "noisy")]
    assert found["value"] == pytest.approx(apart[0]["value"] - apart[1]["value"])
    assert found["low"] > 0
    assert found["high"] - found["low"] < apart[0]["high"] - apart[1]["low"]


def test_a_model_does_not_differ_from_itself():
    y, p = binormal(200, 4)
    found = asked(y, {"model": p, "same": p.copy()}, np.arange(200))[1]["same"]
    assert all(found[m] == {"value": 0.0, "low": 0.0, "high": 0.0} for m in METRICS)


def test_a_baseline_is_compared_on_the_rows_it_knows():
    y, p = binormal(400, 6)
    partial = np.where(np.arange(400) < 150, np.nan, p**2)
    measures, differences = asked(y, {"model": p, "partial": partial}, np.arange(400))
    assert measures["model"]["rows"] == 400
    assert measures["partial"]["rows"] == 250
    assert differences["partial"]["auroc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert measures["partial"]["metrics"]["auroc"]["value"] == auroc(y[150:], p[150:])


def test_rows_the_model_cannot_score_count_for_no_one():
    y, p = binormal(400, 6)
    model = np.where(np.arange(400) < 150, np.nan, p)
    measures, differences = asked(y, {"model": model, "base": p}, np.arange(400))
    assert measures["base"]["rows"] == measures["model"]["rows"] == 250
    assert differences["base"]["auroc"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_baseline_that_knows_nobody_says_nothing():
    y, p = binormal(60, 8)
    nobody = np.full(60, np.nan)
    measures, differences = asked(y, {"model": p, "none": nobody}, np.arange(60), repeats=5)
    assert (measures["none"]["rows"], measures["none"]["at_k"]) == (0, [])
    assert differences["none"]["auroc"] == {"value": None, "low": None, "high": None}


def test_at_k_has_the_interval_of_its_ppv():
    y, p = binormal(800, 9)
    found = asked(y, {"model": p}, np.arange(800), capacity=(0.05, 60, 5000))[0]["model"]["at_k"]
    assert [row["k"] for row in found] == [40, 60, 800]
    for row in found:
        assert row["low"] <= row["ppv"] <= row["high"]
        assert row["number_needed"] == pytest.approx(1 / row["ppv"])
        assert row["share"] == row["k"] / 800
    assert found[-1]["capture"] == 1.0


def test_k_grows_with_the_rows_that_were_drawn():
    """People have one row or nine: a place for every row stays a place for every row drawn."""
    y, p = binormal(300, 12)
    whose = np.r_[np.arange(30).repeat(9), np.arange(30, 60)]
    found = asked(y, {"model": p}, whose, capacity=(300,), seed=3)[0]["model"]["at_k"][0]
    code, people = people_of(whose)
    rates = [np.average(y, weights=weights[code]) for weights in draws(people, 200, seed=3)]
    assert [found["low"], found["high"]] == pytest.approx(np.quantile(rates, [0.025, 0.975]))


def test_without_repeats_there_is_no_interval():
    y, p = binormal(100, 2)
    found = asked(y, {"model": p}, np.arange(100), repeats=0)[0]["model"]
    assert found["metrics"]["auroc"]["low"] is None
    assert found["at_k"][0]["low"] is None


def test_repeats_that_cannot_be_said_are_left_aside():
    assert interval(0.5, np.array([0.4, np.nan, 0.6])) == {
        "value": 0.5, "low": pytest.approx(0.405), "high": pytest.approx(0.595),
    }  # fmt: skip
    assert interval(float("nan"), np.array([0.4])) == {"value": None, "low": None, "high": None}


@pytest.mark.sized
def test_many_rows_are_quick(full):
    """300 repeats of four risks of 60,000 rows (6,000 without CASELOAD_FULL) in CPU time."""
    many, seconds = (60_000, 25) if full else (6_000, 6)
    y, p = binormal(many, 1)
    risks = {f"risk {i}": p ** (1 + i / 10) for i in range(4)}
    asked(y[:50], {"warm": p[:50]}, np.arange(50), repeats=2)
    begun = time.process_time()
    asked(y, risks, np.arange(many) // 2, repeats=300)
    assert time.process_time() - begun < seconds
