"""The file of `caseload matrix`: what a training run sees, as a notebook reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.labels import COLUMNS
from features.matrix import Matrix, build
from features.readers.ingest import ingest
from features.tables.history import History
from tests.bucketed import population
from tests.command import Ran, caseload_here
from training.question import ask

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return History.open(population(tmp_path_factory.mktemp("made"), 250, seed=41, buckets=8))


@pytest.fixture(scope="module")
def made(history: History, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    folder = tmp_path_factory.mktemp("file")
    return written(history.path, folder), folder / "m.parquet"


@pytest.fixture(scope="module")
def expected(history: History) -> tuple[Matrix, pa.Table]:
    question = ask("readmission").about(history)
    return build(history, question.definition, question.catalogue, mode="adt")


def written(history: Path, folder: Path) -> Ran:
    arguments = ("matrix", "readmission", "--history", history, "--out", "m.parquet", "--json")
    ran = caseload_here(*arguments, folder=folder)
    assert ran.status == 0, ran.err
    return ran


def test_the_answer_counts_what_is_in_the_file(
    made: tuple[Ran, Path], expected: tuple[Matrix, pa.Table]
) -> None:
    (ran, path), (matrix, _) = made, expected
    file = pq.read_metadata(path)
    assert ran.answer == {
        "rows": len(matrix),
        "people": len(set(matrix.rows["person_id"].to_pylist())),
        "columns": file.num_columns,
        "features": len(matrix.schema.columns),
        "schema_hash": matrix.schema.hash,
        "file": "m.parquet",
        "resumed_buckets": 0,
        "excluded": dict(sorted(matrix.excluded.items())),
    }
    assert file.num_rows == len(matrix) > 100


def test_the_file_holds_the_matrix_that_is_trained_on(
    made: tuple[Ran, Path], expected: tuple[Matrix, pa.Table]
) -> None:
    rows, (matrix, labels) = pq.read_table(made[1]), expected
    others = [name for name in matrix.schema.names if name != "moment"]
    assert rows.column_names == [*matrix.rows.column_names, *COLUMNS, *others]
    assert rows.select(matrix.rows.column_names).replace_schema_metadata().equals(matrix.rows)
    assert rows.select(COLUMNS).replace_schema_metadata().equals(labels)
    assert matrix.schema.encode(rows).tobytes() == matrix.X.tobytes()


def test_the_file_says_what_it_is_of(made: tuple[Ran, Path], history: History) -> None:
    told = json.loads(pq.read_schema(made[1]).metadata[b"caseload"])
    assert told["recipe"] == "readmission"
    assert told["mode"] == "adt"
    assert told["history"] == history.digest
    assert told["schema_hash"] == made[0].answer["schema_hash"]


def test_notebooks_read_numbers_nulls_and_categories(
    made: tuple[Ran, Path], expected: tuple[Matrix, pa.Table]
) -> None:
    matrix, frame, polar = expected[0], pd.read_parquet(made[1]), pl.read_parquet(made[1])
    assert frame["admissions_365d"].dtype == np.float32
    assert frame["usual_provider_share_365d"].dtype == np.float64
    assert frame["sex"].dtype == "category"
    assert set(polar["sex"].drop_nulls()) == {"female", "male"}
    null = np.isnan(matrix.column("usual_provider_share_365d"))
    assert null.any()
    assert np.array_equal(frame["usual_provider_share_365d"].isna(), null)
    assert polar["usual_provider_share_365d"].null_count() == null.sum()


@pytest.mark.parametrize("buckets", [1, 32])
def test_the_bytes_do_not_hang_on_buckets_or_threads(
    buckets: int,
    made: tuple[Ran, Path],
    history: History,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest("native", history.path.parent / "native", tmp_path / "h", buckets=buckets)
    monkeypatch.setattr(os, "cpu_count", lambda: buckets)
    written(tmp_path / "h", tmp_path)
    assert (tmp_path / "m.parquet").read_bytes() == made[1].read_bytes()
