"""Training and evaluation from a flat table: split, baselines, bundle, audit, one row alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.flat import FlatTable
from models.bundle import Bundle
from models.measures import METRICS, auroc
from serving.registry import champions, load
from tests import flat_tables as flat
from tests import trained as made
from training.commands import evaluate_command, evaluate_text, train_command, train_text
from training.matrix import matrix_command
from training.run import train
from training.source import Data
from training.split import CALIBRATION, TEST, TRAIN, VALID

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registry with a model of a drawn table, and tables of other people."""
    folder = tmp_path_factory.mktemp("flat")
    flat.written(flat.drawn(), folder / "own.csv")
    flat.written(flat.drawn(seed=2, people=800, first=5000), folder / "others.parquet")
    with made.registry(folder) as uri:
        (folder / "uri").write_text(uri)
        recipe = str(flat.recipe(folder))
        answer = train_command(recipe=recipe, table=folder / "own.csv", progress=made.quiet)
        (folder / "answer.json").write_text(json.dumps(answer, allow_nan=False))
        yield folder


@pytest.fixture(scope="module")
def answer(place: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((place / "answer.json").read_text())
    return told


@pytest.fixture(scope="module")
def bundle(place: Path) -> Path:
    (found,) = place.rglob("digest.json")
    return found.parent


def evaluated(place: Path, table: str = "others.parquet") -> dict[str, Any]:
    answer = evaluate_command(
        model="stays@1", table=place / table, predictions=place / "p.parquet", progress=made.quiet
    )
    told: dict[str, Any] = json.loads(json.dumps(answer, allow_nan=False))
    return told


def test_the_answer_is_that_of_any_training(answer: dict[str, Any]) -> None:
    assert (answer["model"], answer["version"], answer["label"]) == ("stays", 1, "returned")
    assert set(answer["metrics"]) == set(METRICS)
    assert 0.55 < answer["metrics"]["auroc"]["value"] < 0.85
    assert answer["excluded"]["cohort"]["hospice"] > 0
    assert "index_nights" in answer["baselines"]["lace"]["not_computable"]
    for name in ("logistic", "two_stays", "last_time"):
        assert answer["baselines"][name]["difference"]["auroc"]["value"] is not None
    assert answer["split"]["by"] == "person"
    assert answer["split"]["test_start"] is None
    assert answer["deaths"] is None
    assert "no_time" in [warning["code"] for warning in answer["warnings"]]
    assert "gate" in train_text(answer)


@pytest.mark.parametrize("when", [flat.ORDER, flat.TIME])
def test_nobody_is_on_two_sides_of_the_split(when: str, tmp_path: Path) -> None:
    table = flat.written(flat.drawn(), tmp_path / "t.csv")
    run = train(str(flat.recipe(tmp_path, when)), Data(table=table), made.quiet)
    ids = np.array(run.rows.person_id.to_pylist())
    parts = [set(ids[run.divided.rows(part)]) for part in (TRAIN, VALID, CALIBRATION, TEST)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set().union(*parts))
    if when == flat.TIME:
        early = run.divided.part < TEST
        early &= run.divided.part >= TRAIN
        assert run.rows.day[early].max() + 30 < run.rows.day[run.divided.rows(TEST)].min()
        assert run.trends
        assert run.split["by"] == "person and time"


def test_the_order_of_rows_and_the_kind_of_file_change_no_bit(
    answer: dict[str, Any], place: Path, tmp_path: Path
) -> None:
    table = flat.drawn()
    mixed = table.take(np.random.default_rng(1).permutation(len(table)))
    path = flat.written(mixed, tmp_path / "mixed.parquet")
    run = train(str(flat.recipe(tmp_path)), Data(table=path), made.quiet)
    assert run.bundle.digest == answer["digest"]


def test_other_people_are_evaluated_and_audited_by_group(place: Path) -> None:
    answer = evaluated(place)
    assert answer["left_out"]["people"] <= 0.05 * answer["people"]
    assert set(answer["groups"]) == {"race", "sex"}
    for levels in answer["groups"].values():
        assert sum(level["n"] for level in levels.values()) == answer["rows"]
    rows = pq.read_table(place / "p.parquet")
    own = ["person_id", "index_at", "y", "risk", "split"]
    assert rows.column_names == [*own, "logistic", "two_stays", "last_time", "row_id"]
    y, risk = (rows.column(name).to_numpy().astype(float) for name in ("y", "risk"))
    assert auroc(y, risk) == pytest.approx(answer["metrics"]["auroc"]["value"])


def test_the_people_it_was_made_of_are_left_out(place: Path, bundle: Path) -> None:
    assert evaluated(place, "own.csv")["left_out"]["people"] > 0
    ids = pq.read_table(place / "p.parquet").column("person_id")
    assert not Bundle.load(bundle).trained_on(ids).any()


def test_values_the_model_has_not_met_are_told(place: Path) -> None:
    table = flat.drawn(seed=3, people=300, first=9000)
    ward = ["west" if name == "south" else name for name in table["ward"].to_pylist()]
    at = table.column_names.index("ward")
    flat.written(table.set_column(at, "ward", [ward]), place / "west.csv")
    answer = evaluated(place, "west.csv")
    assert answer["unseen"]["ward"] == ward.count("west")
    assert "ward:" in evaluate_text(answer)


def test_a_saved_model_says_what_it_needs_and_scores_the_same(place: Path, bundle: Path) -> None:
    read = Bundle.load(bundle)
    assert isinstance(read.posed, FlatTable)
    assert {"stay", "person", "nights", "code"} <= set(read.table.columns)
    card = read.card
    assert card["question"]["columns_needed"] == list(read.table.columns)
    assert card["question"]["earlier_rows"] == ["stays_before", "last_outcome"]
    assert card["data"]["excluded"]["hospice"] > 0
    with pytest.raises(InputError, match="nothing in a History answers it"):
        _ = read.definition


def test_reasons_read_as_the_recipe_says(place: Path, bundle: Path) -> None:
    run = train(str(place / "stays.toml"), Data(table=place / "own.csv"), made.quiet)
    some = run.rows.only(np.arange(len(run.rows)) < 200)
    told = run.bundle.reasons(some.matrix.choose(run.bundle.schema))
    texts = {reason.text for row in told for reason in row}
    assert any("earlier stay" in text for text in texts)
    assert any(text.startswith("Nights: ") for text in texts)


def test_serving_refuses_it(place: Path) -> None:
    uri = (place / "uri").read_text()
    with pytest.raises(InputError, match="scores rows of a flat table"):
        load("stays@champion", uri)
    with pytest.raises(InputError, match="scores rows of a flat table"):
        champions(uri)


def test_a_history_is_refused_in_evaluation(place: Path) -> None:
    with pytest.raises(InputError, match="this needs a flat table"):
        evaluate_command(
            model="stays@1", history=place / "h", predictions=None, progress=made.quiet
        )


def test_one_row_is_scored_as_an_mlflow_model(place: Path, bundle: Path) -> None:
    read = Bundle.load(bundle)
    run = train(str(place / "stays.toml"), Data(table=place / "own.csv"), made.quiet)
    one = run.rows.matrix.choose(read.schema).only(np.arange(len(run.rows)) == 7)
    served = mlflow.pyfunc.load_model(str(bundle.parent.parent))
    row = read.schema.decode(one.X).to_pandas()
    found = served.predict(row)["risk"][0]
    assert found == read.score(one, explain=False).risk[0]


def test_the_matrix_of_a_recipe_is_one_file(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.parquet"
    answer = matrix_command(
        recipe=str(place / "stays.toml"), table=place / "own.csv", out=out, carrier="local",
        master=None, progress=made.quiet,
    )  # fmt: skip
    rows = pq.read_table(out)
    assert (rows.num_rows, rows.num_columns) == (answer["rows"], answer["columns"])
    assert set(rows.column("outcome").to_pylist()) == {0.0, 1.0}
    assert pa.types.is_dictionary(rows.schema.field("ward").type)


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    table = flat.drawn(200)
    days = ["2015-01-01 00:00:00", "soon", *table["day"].to_pylist()[2:]]
    at = table.column_names.index("day")
    path = flat.written(table.set_column(at, "day", [days]), tmp_path / "t.csv")
    with pytest.raises(InputError, match="here is no day") as refused:
        train(str(flat.recipe(tmp_path, flat.TIME)), Data(table=path), made.quiet)
    assert "row 2, column day" in refused.value.where
    assert "soon" not in str(refused.value)
