"""The gate: what a model must show, and the sentence when it does not."""

from __future__ import annotations

import pytest

from training.gate import judge
from training.recipe import Gate

pytestmark = pytest.mark.unit

GOOD = {
    "auroc": {"value": 0.78, "low": 0.75, "high": 0.81},
    "calibration_slope": {"value": 1.0, "low": 0.9, "high": 1.1},
}


def _beside(low: float) -> dict[str, object]:
    return {"lace": {"difference": {"auroc": {"value": 0.05, "low": low, "high": 0.1}}}}


def test_a_model_that_shows_it_all_passes() -> None:
    verdict = judge(Gate(beat=("lace",)), GOOD, _beside(0.01))
    assert verdict.passed
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("metrics", "baselines", "named"),
    [
        ({"auroc": {"value": 0.56, "low": 0.5, "high": 0.6}}, _beside(0.01), "AUROC 0.560"),
        (
            {"calibration_slope": {"value": 0.4, "low": 0.3, "high": 0.5}},
            _beside(0.01),
            "slope 0.40",
        ),
        ({}, _beside(-0.01), "not shown to be above that of lace"),
    ],
)
def test_each_shortfall_is_one_sentence(
    metrics: dict[str, object], baselines: dict[str, object], named: str
) -> None:
    verdict = judge(Gate(beat=("lace",)), GOOD | metrics, baselines)
    assert not verdict.passed
    assert len(verdict.reasons) == 1
    assert named in verdict.reasons[0]


def test_a_baseline_that_is_not_computable_is_not_held_against_the_model() -> None:
    assert judge(Gate(beat=("lace",)), GOOD, {"lace": {"not_computable": ["x"]}}).passed
