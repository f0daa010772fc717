"""The whole training on a small population: what is kept apart, the same bits, the answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from features.tables.history import History
from models.measures import METRICS
from tests import trained as made
from training.answer import Trained, answer_of
from training.source import Data
from training.split import CALIBRATION, TEST, TRAIN, VALID

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return made.population(tmp_path_factory.mktemp("run") / "history")


@pytest.fixture(scope="module")
def runs(history: History) -> dict[str, Trained]:
    return {name: made.trained(name, history) for name in made.RECIPES}


@pytest.mark.parametrize("name", made.RECIPES)
def test_nobody_is_on_two_sides_of_the_split(runs: dict[str, Trained], name: str) -> None:
    run = runs[name]
    ids = np.array(run.rows.person_id.to_pylist())
    parts = [set(ids[run.divided.rows(part)]) for part in (TRAIN, VALID, CALIBRATION, TEST)]
    assert all(parts)
    for place, one in enumerate(parts):
        assert all(one.isdisjoint(other) for other in parts[place + 1 :])


@pytest.mark.parametrize("name", made.RECIPES)
def test_no_outcome_learnt_from_reaches_into_the_test_period(
    runs: dict[str, Trained], name: str
) -> None:
    run = runs[name]
    horizon = run.question.definition.horizon_days
    early = run.divided.rows(TRAIN) | run.divided.rows(VALID) | run.divided.rows(CALIBRATION)
    assert run.rows.day[early].max() + horizon < run.rows.day[run.divided.rows(TEST)].min()


@pytest.mark.parametrize("name", made.RECIPES)
def test_the_model_knows_again_everyone_it_was_made_of(runs: dict[str, Trained], name: str) -> None:
    run = runs[name]
    seen = run.bundle.trained_on(run.rows.person_id)
    early = run.divided.rows(TRAIN) | run.divided.rows(VALID) | run.divided.rows(CALIBRATION)
    assert seen[early].all()
    assert seen[run.divided.rows(TEST)].mean() < 0.1


@pytest.mark.parametrize("name", made.RECIPES)
def test_the_tested_risk_is_the_one_that_is_served(runs: dict[str, Trained], name: str) -> None:
    run = runs[name]
    test = run.rows.only(run.divided.rows(TEST))
    again = run.bundle.risk(test.matrix.X[:, [
        test.matrix.schema.place(name) for name in run.bundle.schema.names
    ]])  # fmt: skip
    scored = ~np.isnan(run.tested.risk)
    assert scored.any()
    assert np.array_equal(run.tested.risk[scored], again[scored])


def test_high_is_the_percentile_of_the_training_rows_and_is_frozen(
    runs: dict[str, Trained],
) -> None:
    run = runs["complexity"]
    value = run.rows.value[run.divided.rows(TRAIN)]
    assert run.bundle.high == np.percentile(value, 75)
    assert np.array_equal(run.y, run.rows.value >= run.bundle.high)
    assert runs["readmission"].bundle.high is None


@pytest.mark.parametrize("name", made.RECIPES)
def test_the_answer_accounts_for_every_moment_and_names_every_figure(
    runs: dict[str, Trained], name: str
) -> None:
    answer = json.loads(json.dumps(answer_of(runs[name]), allow_nan=False))
    assert sum(answer["split"]["rows"].values()) == answer["rows"]
    assert set(answer["metrics"]) == set(METRICS)
    assert set(answer["baselines"]) == set(runs[name].question.recipe.baselines)
    for beside in answer["baselines"].values():
        assert set(beside["difference"]) == set(METRICS)
    assert {"model", "label", "rows", "people", "events", "gate", "warnings"} <= set(answer)
    assert set(answer["gate"]) == {"passed", "reasons"}
    assert "horizon_not_observed" in answer["excluded"]["labels"]
    assert "look_back_not_observed" in answer["excluded"]["cohort"]
    assert answer["tested"]["events"] == int(runs[name].tested.y.sum())


def test_last_year_s_value_is_a_baseline_of_the_monthly_model(runs: dict[str, Trained]) -> None:
    beside = answer_of(runs["complexity"])["baselines"]["last_year"]
    assert 0.6 < beside["metrics"]["auroc"]["value"] < 1
    assert "last_year" not in answer_of(runs["readmission"])["baselines"]


def test_two_runs_and_another_number_of_buckets_give_the_same_digest(
    runs: dict[str, Trained], history: History, tmp_path: Path
) -> None:
    other = made.rewritten(history, tmp_path / "other", buckets=8)
    assert not (other.path / "truth").exists()
    for name in made.RECIPES:
        again = made.trained(name, other)
        assert again.bundle.digest == runs[name].bundle.digest
        assert answer_of(again) == answer_of(runs[name])


def test_the_truth_of_the_population_is_not_read(
    runs: dict[str, Trained], history: History, tmp_path: Path
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(history.path, copied)
    assert (copied / "truth").exists()
    shutil.rmtree(copied / "truth")
    again = made.trained("readmission", History.open(copied))
    assert again.bundle.digest == runs["readmission"].bundle.digest


def test_another_seed_gives_another_model(
    runs: dict[str, Trained], history: History, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(made.recipe_text("readmission", seed=5))
    assert made.trained(mine, history).bundle.digest != runs["readmission"].bundle.digest


def test_without_urgency_lace_names_what_it_lacks_and_training_goes_on(
    history: History, tmp_path: Path
) -> None:
    silent = made.rewritten(history, tmp_path / "silent", change=made.without_urgency)
    trained = made.trained("readmission", silent)
    answer = answer_of(trained)
    told = trained.bundle.definition.urgency, trained.bundle.catalogue.urgency
    assert told == (("codes", "method"),) * 2, "no procedure says nothing where none is recorded"
    assert answer["baselines"]["lace"]["text"] == "not computable: index_unplanned"
    assert answer["baselines"]["prior_use"]["rows"] == answer["tested"]["rows"]
    codes = [warning["code"] for warning in answer["warnings"]]
    assert {"not_computable", "undecided", "unobserved"} <= set(codes)
    assert answer["sensitivity"]["undecided_as"] == "planned"
    assert answer["sensitivity"]["events"] < answer["tested"]["events"]


def test_leaving_a_feature_out_takes_it_from_the_model_and_not_from_lace(
    runs: dict[str, Trained], history: History, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.toml"
    text = made.recipe_text("readmission")
    mine.write_text(text + '\n[features]\nwithout = ["lace_comorbidity", "emergency"]\n')
    run = made.trained(mine, history)
    assert "lace_comorbidity_730d" not in run.bundle.schema.names
    beside, whole = (answer_of(r)["baselines"]["lace"] for r in (run, runs["readmission"]))
    assert beside["metrics"] == whole["metrics"]


def test_too_small_a_history_is_refused_with_the_cure(tmp_path: Path) -> None:
    small = made.population(tmp_path / "small", people=60)
    with pytest.raises(InputError) as refused:
        made.trained("readmission", small)
    assert "too little to learn from" in refused.value.what
    assert "more people" in refused.value.cure


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"baselines": '["lase"]'}, "there is no baseline lase"),
        ({"baselines": '["last_year"]'}, "no last year's value of readmission"),
        ({"definition": '"nothing"'}, "no such definition"),
        ({"baselines": '["lace"]'}, "asks to beat prior_use"),
    ],
)
def test_what_a_recipe_cannot_ask_is_refused_before_data_are_read(
    changed: dict[str, str], what: str, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(made.recipe_text("readmission", **changed))
    with pytest.raises(InputError, match=what):
        made.train(str(mine), Data(tmp_path / "no History is opened"), made.quiet)
