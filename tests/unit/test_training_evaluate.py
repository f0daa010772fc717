"""An evaluation: what is left out is counted, what cannot be computed is named."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluate import HeldOut, by_group, evaluation
from training.recipe import Evaluation

pytestmark = pytest.mark.unit

SETTINGS = Evaluation(repeats=20, capacity=(0.1, 5))


def held_out(nulls: int = 0, rows: int = 400) -> HeldOut:
    random = np.random.default_rng(2)
    risk = random.random(rows)
    y = random.random(rows) < risk
    other = np.where(np.arange(rows) % 4 == 0, np.nan, random.random(rows))
    risk[:nulls] = np.nan
    return HeldOut(y, risk, {"lace": other}, np.arange(rows) // 2)


def test_rows_without_a_risk_are_left_out_and_counted() -> None:
    found = evaluation(held_out(nulls=30), {}, SETTINGS, seed=1)
    assert (found["rows"], found["insufficient"]) == (370, 30)
    assert found["people"] == 185
    assert found["events"] == held_out(nulls=30).y[30:].sum()
    assert found["prevalence"] == found["events"] / 370


def test_a_baseline_is_compared_where_it_is_computable() -> None:
    found = evaluation(held_out(), {}, SETTINGS, seed=1)["baselines"]["lace"]
    assert found["rows"] == 300
    assert found["difference"]["auroc"]["low"] > 0


def test_a_baseline_that_is_not_computable_names_what_it_lacks() -> None:
    found = evaluation(held_out(), {"prior_use": ("admissions_365d",)}, SETTINGS, seed=1)
    assert found["baselines"]["prior_use"] == {
        "not_computable": ["admissions_365d"], "text": "not computable: admissions_365d"
    }  # fmt: skip


def test_every_figure_has_an_interval() -> None:
    found = evaluation(held_out(), {}, SETTINGS, seed=1)
    assert all(figure["low"] < figure["high"] for figure in found["metrics"].values())
    auroc = found["metrics"]["auroc"]
    assert auroc["low"] < auroc["value"] < auroc["high"]
    assert [at["k"] for at in found["at_k"]] == [40, 5]


def test_groups_are_counted_and_only_large_ones_measured() -> None:
    rows = held_out()
    level = np.where(np.arange(400) < 12, "few", "many")
    found = by_group(rows, {"place": level}, SETTINGS, seed=1)["place"]
    assert found["few"] == {"n": 12, "events": int(rows.y[:12].sum()), "metrics": {}}
    assert found["many"]["n"] == 388
    assert 0.5 < found["many"]["metrics"]["auroc"]["value"] < 1
