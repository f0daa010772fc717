"""A trained model on other people: who is left out, what is measured, the file of predictions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.errors import InputError, NotFoundError
from features.tables.history import History
from models.bundle import Bundle
from models.measures import METRICS, auroc
from tests import trained as made
from training.commands import evaluate_command, evaluate_text, train_command
from training.record import BASELINES

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registry with a readmission model and its History, and a History of other people."""
    folder = tmp_path_factory.mktemp("elsewhere")
    made.population(folder / "history")
    made.population(folder / "others", people=1_200, seed=8)
    with made.registry(folder):
        train_command(recipe="readmission", history=folder / "history", progress=made.quiet)
        yield folder


def evaluated(place: Path, history: str, model: str = "readmission@champion") -> dict[str, Any]:
    return evaluate_command(
        model=model, history=place / history, predictions=place / "p.parquet", progress=made.quiet
    )


@pytest.fixture(scope="module")
def bundle(place: Path) -> Path:
    """The folder of the champion's bundle."""
    (found,) = place.rglob("digest.json")
    return found.parent


def test_other_people_are_all_measured_but_for_chance_hits(place: Path) -> None:
    answer = json.loads(json.dumps(evaluated(place, "others"), allow_nan=False))
    assert (answer["model"], answer["version"]) == ("readmission", 1)
    assert answer["left_out"]["people"] <= 0.05 * answer["people"]
    assert set(answer["metrics"]) == set(METRICS)
    assert set(answer["baselines"]) == {"logistic", "lace", "prior_use"}
    for beside in answer["baselines"].values():
        assert {"metrics", "at_k", "difference"} <= set(beside)
    assert [at["share"] for at in answer["at_k"]] == pytest.approx([0.01, 0.05, 0.1], abs=0.005)
    assert "left out" in evaluate_text(answer)


def test_groups_add_up_to_all_rows(place: Path) -> None:
    answer = evaluated(place, "others")
    assert {"sex", "age", "ethnicity", "locality", "deprivation"} == set(answer["groups"])
    for levels in answer["groups"].values():
        assert sum(level["n"] for level in levels.values()) == answer["rows"]
        assert sum(level["events"] for level in levels.values()) == answer["events"]


def test_the_people_it_was_made_of_are_left_out(place: Path, bundle: Path) -> None:
    answer = evaluated(place, "history")
    assert answer["left_out"]["people"] > answer["people"]
    ids = pq.read_table(place / "p.parquet").column("person_id")
    assert not Bundle.load(bundle).trained_on(ids).any()


def test_predictions_hold_a_row_per_moment_with_every_risk(place: Path) -> None:
    answer = evaluated(place, "others")
    rows = pq.read_table(place / "p.parquet")
    own = ["person_id", "index_at", "y", "risk", "split"]
    assert rows.column_names == [*own, "logistic", "lace", "prior_use"]
    assert rows.num_rows == answer["rows"] + answer["insufficient"]
    assert set(rows.column("split").to_pylist()) == {"test"}
    known = rows.filter(rows.column("risk").is_valid())
    y, risk = (known.column(name).to_numpy().astype(float) for name in ("y", "risk"))
    assert y.sum() == answer["events"]
    assert auroc(y, risk) == pytest.approx(answer["metrics"]["auroc"]["value"])


def test_a_bundle_folder_says_the_same_as_the_registered_model(place: Path, bundle: Path) -> None:
    own = evaluated(place, "others", str(bundle))
    assert own["version"] is None
    assert own | {"version": 1} == evaluated(place, "others")


def test_baselines_are_those_of_the_training(place: Path, bundle: Path) -> None:
    stated = json.loads((bundle / BASELINES).read_text())["fitted"]["prior_use"]
    evaluated(place, "others")
    found = pq.read_table(place / "p.parquet").column("prior_use").drop_null().unique().to_numpy()
    line = 1 / (1 + np.exp(-(stated["intercept"] + stated["slope"] * np.array([0.0, 1.0]))))
    assert sorted(found) == pytest.approx(sorted(line))


def test_baselines_that_cannot_be_read_are_refused(
    place: Path, bundle: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "bundle"
    copied.mkdir()
    for file in bundle.iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    (copied / BASELINES).write_text("{}")
    with pytest.raises(InputError, match="baselines kept with the model"):
        evaluated(place, "others", str(copied))


@pytest.mark.parametrize("model", ["readmission@99", "nothing@champion", "readmission"])
def test_a_model_that_is_not_there_is_refused(place: Path, model: str) -> None:
    with pytest.raises(NotFoundError, match="there is no model"):
        evaluated(place, "others", model)


def test_predictions_that_cannot_be_written_are_refused_first(place: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        evaluate_command(
            model="readmission@1",
            history=place / "others",
            predictions=place / "no folder" / "p.parquet",
            progress=made.quiet,
        )


def test_a_history_of_nobody_else_is_refused(place: Path, bundle: Path, tmp_path: Path) -> None:
    history = History.open(place / "history")
    seen = Bundle.load(bundle)

    def own(_name: str, rows: Any) -> Any:
        return rows.filter(seen.trained_on(rows["person_id"]))

    only = made.rewritten(history, tmp_path / "only", change=own)
    with pytest.raises(InputError, match="nobody is left"):
        evaluate_command(
            model="readmission@1", history=only.path, predictions=None, progress=made.quiet
        )
