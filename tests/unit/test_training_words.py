"""Answers for people: no figure without its interval, no baseline passed over in silence."""

from __future__ import annotations

import pytest

from models.measures import METRICS
from training.evaluate import not_computable
from training.plain import plain
from training.words import evaluation_text, figure, models_listed

pytestmark = pytest.mark.unit

SAID = {"value": 0.7, "low": 0.6, "high": 0.8}
ANSWER = {
    "model": "readmission", "version": None, "rows": 10, "people": 9, "events": 2,
    "prevalence": 0.2, "left_out": {"people": 4, "rows": 5},
    "metrics": dict.fromkeys(METRICS, SAID),
    "at_k": [{"k": 1, "share": 0.1, "ppv": 0.5, "capture": None, "low": 0.1, "high": 0.9}],
    "baselines": {
        "lace": not_computable(["index_unplanned"]),
        "prior_use": {"metrics": {"auroc": SAID}, "difference": {"auroc": SAID}},
    },
    "groups": {"sex": {"female": {"n": 10, "events": 2, "metrics": {}}}},
}  # fmt: skip


def test_a_figure_is_shown_with_its_interval_or_said_to_have_none() -> None:
    assert figure(SAID) == "0.700 (0.600 to 0.800)"
    assert figure({"value": 0.7, "low": None, "high": None}) == "0.700 (no interval)"
    assert figure({"value": None, "low": None, "high": None}) == "cannot be said"


def test_an_evaluation_in_words() -> None:
    text = evaluation_text(ANSWER)
    assert "not computable: index_unplanned" in text
    assert "left out: 4 people" in text
    assert "too few to measure" in text
    assert "version" not in text.splitlines()[0], "a bundle folder has no version"


def test_no_model_says_how_to_get_one() -> None:
    assert "caseload train" in models_listed([])


def test_what_is_no_number_reads_null() -> None:
    assert plain({"a": [float("nan"), (1.5,)], "b": float("inf")}) == {
        "a": [None, [1.5]],
        "b": None,
    }
