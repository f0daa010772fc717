"""A whole synthetic History: the matrix does not hang on what is not known, or on how it is stored.

A few thousand people; every feature of the shipped catalogue, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.catalogue import load_catalogue
from features.cohort import index_moments, moments_at
from features.definition import load_definition
from features.matrix import Matrix, build, of_tables
from features.synthetic import generate, load_scenario
from features.tables.contract import Tables
from features.tables.history import History, HistoryWriter, bucket_of
from features.tables.order import canonical
from features.tables.schema import TABLES
from tests.futures import only_known, open_stays_rewritten, planted

pytestmark = pytest.mark.integration

PEOPLE = 2500
AS_OF = datetime.fromisoformat("2024-09-15T00:00")
CHANGES = (only_known, open_stays_rewritten, planted)
NAMES = ("readmission", "complexity")
CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("population") / "history"
    generate(
        folder, people=PEOPLE, seed=11, years=4, ages="older", scenario=load_scenario("default")
    )
    return History.open(folder)


@pytest.fixture(scope="module")
def tables(history: History) -> Tables:
    """Everybody in memory."""
    parts = [history.bucket(number) for number in range(history.buckets)]
    return {name: pa.concat_tables([part[name] for part in parts]) for name in TABLES}


@pytest.fixture(scope="module", params=["adt", "claims"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def one_each(tables: Tables, name: str) -> pa.Table:
    """Each person's last index moment before AS_OF."""
    early = datetime.fromisoformat("2022-06-01")
    moments = index_moments(tables, load_definition(name), window=(early, AS_OF)).moments
    ids = moments["person_id"].to_numpy()
    return moments.filter(pa.array(np.append(ids[1:] != ids[:-1], True)))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_features_hold_nothing_that_was_not_known(
    change: Callable[[Tables, pa.Table, str], Tables], name: str, mode: str, tables: Tables
) -> None:
    moments = one_each(tables, name)
    assert len(moments) > 500
    changed = change(tables, moments, mode)
    assert any(not changed[t].equals(tables[t]) for t in TABLES), "nothing was changed"
    before, after = (of_tables(t, moments, CATALOGUE, mode=mode) for t in (tables, changed))
    assert after.X.tobytes() == before.X.tobytes()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_who_is_on_a_list_hangs_on_nothing_that_was_not_known(
    change: Callable[[Tables, pa.Table, str], Tables], name: str, tables: Tables
) -> None:
    people = tables["person"]["person_id"]
    at = pa.array([AS_OF] * len(people), pa.timestamp("us"))
    changed = change(tables, pa.table({"person_id": people, "index_at": at}), "adt")
    definition = load_definition(name)
    before = moments_at(tables, AS_OF, definition)
    assert len(before) > (20 if name == "readmission" else 1000)
    assert moments_at(changed, AS_OF, definition).equals(before)


def stored(folder: Path, tables: Tables, like: History, buckets: int) -> History:
    """The tables as a History in so many buckets."""
    manifest = like.manifest
    where = {name: bucket_of(rows["person_id"], buckets) for name, rows in tables.items()}
    with HistoryWriter(
        folder, source="again", buckets=buckets, precision={}, delays={},
        last=manifest.last, last_known=manifest.last_known,
    ) as writer:  # fmt: skip
        for number in range(buckets):
            writer.write(
                number,
                {
                    name: canonical(TABLES[name], rows.filter(pc.equal(where[name], number)))
                    for name, rows in tables.items()
                },
            )
    return History.open(folder)


@pytest.mark.parametrize("name", NAMES)
def test_buckets_and_order_of_rows_change_nothing(
    name: str, history: History, tables: Tables, tmp_path: Path
) -> None:
    dice = np.random.default_rng(5)
    shuffled = {n: rows.take(pa.array(dice.permutation(len(rows)))) for n, rows in tables.items()}
    definition = load_definition(name)
    expected, labels = build(history, definition, CATALOGUE)
    for buckets in (1, 64):
        again = stored(tmp_path / str(buckets), shuffled, history, buckets)
        found, same_labels = build(again, definition, CATALOGUE)
        assert found.X.tobytes() == expected.X.tobytes()
        assert found.rows.equals(expected.rows)
        assert found.excluded == expected.excluded
        assert same_labels.equals(labels)


@pytest.mark.parametrize("name", NAMES)
def test_one_person_alone_has_the_same_bits(name: str, history: History) -> None:
    expected, _ = build(history, load_definition(name), CATALOGUE, with_labels=False)
    ids = expected.rows["person_id"].to_pylist()
    for person_id in list(dict.fromkeys(ids))[::25]:
        tables = history.person(person_id)
        own = np.array([i == person_id for i in ids])
        moments = expected.rows.filter(pa.array(own))
        alone = of_tables(tables, moments, CATALOGUE)
        assert alone.X.tobytes() == expected.X[own].tobytes()
        again = index_moments(tables, load_definition(name), span=span(history)).moments
        assert again.equals(moments)


def span(history: History) -> tuple[object, object]:
    return history.manifest.first, history.manifest.last


def test_a_matrix_as_a_table_and_back(history: History) -> None:
    matrix, _ = build(history, load_definition("readmission"), CATALOGUE, with_labels=False)
    table = matrix.to_arrow()
    others = [name for name in CATALOGUE.names if name != "moment"]
    assert table.column_names == [*matrix.rows.column_names, *others]
    again = Matrix(matrix.schema.encode(table), matrix.schema, matrix.rows)
    assert again.X.tobytes() == matrix.X.tobytes()
