"""The model card: what it must say, and that it says nothing that differs between two runs."""

from __future__ import annotations

import json

import pytest

from features.catalogue import load_catalogue
from features.definition import load_definition
from models.calibration import Calibrator
from models.card import Data, Evaluation, model_card
from training.recipe import AUDIT_ONLY

pytestmark = pytest.mark.unit

DATA = Data(
    source="synthetic",
    digest="d" * 64,
    first="2014-01-01",
    last="2019-12-31",
    parts={"train": {"rows": 900, "people": 500, "events": 120}},
    excluded={"died_in_stay": 12},
    unlabelled={"coverage_lost": 3},
    warnings=("the event rate falls from 15% to 12%",),
)
FOUND = Evaluation(
    metrics={"auroc": {"value": 0.7, "low": 0.68, "high": 0.72}},
    at_k=[{"k": 60, "ppv": 0.3}],
    baselines={"lace": {"not_computable": ["index_unplanned"]}},
    gate={"passed": True, "reasons": []},
)


def card(definition="readmission", label=None, **changed):
    stated = {
        "name": "readmission",
        "mode": "adt",
        "definition": load_definition(definition, label=label),
        "catalogue": load_catalogue(),
        "method": {"kind": "lightgbm", "seed": 1},
        "calibrator": Calibrator(0.1, 0.9),
        "high": None,
        "data": DATA,
        "evaluation": FOUND,
    }
    return model_card(**{**stated, **changed})


def test_it_is_json_and_the_same_each_time():
    assert json.dumps(card(), sort_keys=True) == json.dumps(card(), sort_keys=True)


def test_it_says_what_it_is_for_and_not_for():
    purpose = card()["purpose"]
    assert "18 and over, at discharge" in purpose["population"]
    assert "a person decides" in purpose["decision_role"]
    assert purpose["not_for"]


def test_it_says_what_it_was_made_from_and_how_good_it_is():
    found = card()
    assert found["data"]["parts"]["train"]["events"] == 120
    assert found["data"]["excluded"] == {"died_in_stay": 12}
    assert found["performance"]["metrics"]["auroc"]["low"] == 0.68
    assert found["performance"]["baselines"]["lace"]["not_computable"] == ["index_unplanned"]
    assert found["performance"]["external_validation"] == "none yet"
    assert found["cautions"]["warnings"] == ["the event rate falls from 15% to 12%"]
    assert found["method"]["calibrator"] == {"intercept": 0.1, "slope": 0.9}


def test_it_warns_that_a_tool_alone_raised_use_and_that_labels_are_choices():
    text = " ".join(card()["cautions"]["known_risks"])
    assert "Snooks" in text
    assert "Obermeyer" in text


@pytest.mark.parametrize(
    ("label", "words"),
    [("cost", "Cost follows access"), ("need", "not unbiased"), ("bed_days", "access to beds")],
)
def test_a_label_is_told_as_the_choice_it_is(label, words):
    question = card("complexity", label, high=4.0)["question"]
    assert question["label"] == label
    assert words in question["label_choice"]
    assert (question["high"], question["high_percentile"]) == (4.0, 75)


def test_claims_mode_is_told_as_retrospective():
    assert "retrospective" in card(mode="claims")["data"]["mode_means"]
    assert "retrospective" not in card()["data"]["mode_means"]


def test_every_feature_stands_under_its_domain():
    features = card()["features"]
    listed = [name for names in features["domains"].values() for name in names]
    assert sorted(listed) == sorted(load_catalogue().names)
    assert features["count"] == len(listed)
    assert tuple(features["may_not_score"]) == AUDIT_ONLY
    assert "hiv" in features["sensitive"]


def test_deprivation_scores_only_with_its_reason():
    assert card()["features"]["deprivation"] == "does not score"
    reason = "asked for by the board"
    assert card(why_deprivation=reason)["features"]["deprivation"] == reason
