"""What a training leaves in MLflow: the run, the registered version, and nothing of a person."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import NotFoundError
from features.tables.history import History
from models.bundle import Bundle
from models.measures import METRICS
from tests import trained as made
from training.commands import models_command, models_text, train_command, train_text
from training.elsewhere import judge_elsewhere
from training.source import Data
from training.tracking import bundle_folder, registered_models

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    from mlflow import MlflowClient

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("registry")
    made.population(folder / "history")
    with made.registry(folder):
        yield folder


@pytest.fixture(scope="module")
def answers(place: Path) -> list[dict[str, Any]]:
    """Two trainings of one recipe."""
    return [
        train_command(recipe="readmission", history=place / "history", progress=made.quiet)
        for _ in range(2)
    ]


@pytest.fixture(scope="module")
def client(place: Path, answers: list[dict[str, Any]]) -> MlflowClient:
    return MlflowClient(f"sqlite:///{place / 'mlflow.db'}")


@pytest.fixture(scope="module")
def bundle(place: Path, answers: list[dict[str, Any]]) -> Bundle:
    folder, name, version = bundle_folder("readmission@champion", place / "copied")
    assert (name, version) == ("readmission", 1)
    return Bundle.load(folder)


def files(place: Path, answer: dict[str, Any]) -> dict[str, Path]:
    """The files of a run by name."""
    folder = place / "mlflow-artifacts" / answer["run_id"] / "artifacts"
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


def test_the_first_version_is_champion_and_the_next_its_challenger(
    answers: list[dict[str, Any]],
) -> None:
    assert [(a["version"], a["alias"]) for a in answers] == [(1, "champion"), (2, "challenger")]
    assert answers[0]["digest"] == answers[1]["digest"]
    assert answers[0]["run_id"] != answers[1]["run_id"]


def test_a_run_holds_every_figure_with_the_ends_of_its_interval(
    client: MlflowClient, answers: list[dict[str, Any]]
) -> None:
    logged = client.get_run(answers[0]["run_id"]).data.metrics
    for name in METRICS:
        figure = answers[0]["metrics"][name]
        for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            assert logged[f"{name}{suffix}"] == figure[end]
    assert {"lace.auroc", "difference.lace.auroc_low", "test.events"} <= set(logged)


def test_figures_at_capacity_have_the_same_names_in_runs_of_any_size(
    client: MlflowClient, answers: list[dict[str, Any]]
) -> None:
    logged = client.get_run(answers[0]["run_id"]).data.metrics
    found = {asked: logged[f"ppv_at_{asked}"] for asked in (0.01, 0.05, 0.1)}
    assert list(found.values()) == [at["ppv"] for at in answers[0]["at_k"]]


def test_a_run_holds_recipe_digests_versions_and_data(
    client: MlflowClient, answers: list[dict[str, Any]], place: Path
) -> None:
    run = client.get_run(answers[0]["run_id"]).data
    assert run.params["split.salt"] == "caseload-1"
    assert run.params["model.lightgbm.num_leaves"] == "5"
    assert run.params["history.people"] == str(made.PEOPLE)
    assert run.tags["digest"] == answers[0]["digest"]
    assert run.tags["history_digest"] == History.open(place / "history").digest
    assert {"schema_hash", "catalogue_digest", "version.lightgbm", "version.python"} <= set(
        run.tags
    )
    assert run.tags["gate"] in ("passed", "failed")


def test_a_run_holds_plots_and_texts(place: Path, answers: list[dict[str, Any]]) -> None:
    found = files(place, answers[0])
    plots = {"calibration", "roc", "capture", "event_rate_by_period", "features"}
    assert {f"{name}.png" for name in plots} <= set(found)
    assert all(found[f"{name}.png"].read_bytes().startswith(b"\x89PNG") for name in plots)
    shown = json.loads(found["evaluation.json"].read_text())
    assert shown == {name: answers[0][name] for name in shown}
    assert {"recipe.toml", "definition.toml", "catalogue.toml", "card.json"} <= set(found)


def test_no_person_is_in_the_registry(place: Path, answers: list[dict[str, Any]]) -> None:
    ids = History.open(place / "history").bucket(0, ["person"])["person"]["person_id"].to_pylist()
    texts = [path.read_bytes() for path in place.rglob("*") if path.is_file()
             and not path.is_relative_to(place / "history")]  # fmt: skip
    held = b"\n".join(texts)
    assert len(held) > 1_000_000
    assert re.search(rb"\b(?:%s)\b" % b"|".join(i.encode() for i in ids[:200]), held) is None


def test_the_registered_model_scores_rows_as_the_bundle_does(
    place: Path, client: MlflowClient, bundle: Bundle
) -> None:
    judged = judge_elsewhere(place / "copied" / "artifacts" / "bundle", Data(place / "history"),
                             made.quiet)  # fmt: skip
    rows = judged.rows.matrix
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = mlflow.pyfunc.load_model("models:/readmission@champion")
        found = model.predict(rows.schema.decode(rows.X).to_pandas())
    own = bundle.score(rows, explain=False).risk
    assert np.array_equal(found["risk"].to_numpy(), own, equal_nan=True)


def test_models_lists_every_version_and_when_it_was_live(
    answers: list[dict[str, Any]],
) -> None:
    first, second = json.loads(json.dumps(models_command(progress=made.quiet)))
    assert set(first) == {"name", "version", "aliases", "run_id", "registered_at", "live"}
    assert (first["name"], first["version"], first["aliases"]) == ("readmission", 1, ["champion"])
    assert first["live"][0]["to"] is None
    assert first["run_id"] == answers[0]["run_id"]
    assert (second["aliases"], second["live"]) == (["challenger"], [])
    assert "champion" in models_text([first])


def test_the_answer_reads_well(answers: list[dict[str, Any]]) -> None:
    text = train_text(answers[0])
    assert text.startswith("readmission version 1, champion")
    assert re.search(r"AUROC +0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", text)
    assert answers[0]["run_id"] in text


def test_looking_for_a_model_makes_no_registry(tmp_path: Path) -> None:
    with made.registry(tmp_path):
        assert registered_models() == []
        with pytest.raises(NotFoundError, match="no model registry yet"):
            bundle_folder("readmission@champion", tmp_path / "copied")
    assert list(tmp_path.iterdir()) == []
