"""What a matrix keeps: float32 where that is exact, columns in one piece, the same trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from features.catalogue import Catalogue, Feature, load_catalogue
from features.catalogue.storage import storage, whole_weights
from features.codes import code_set
from features.errors import CaseloadError
from features.matrix import Column, Matrix, Schema
from features.stored import columns_of, joined
from models.gbm import Boosting
from tests.small_model import SETTINGS, drawn, log_odds, rows, schema

pytestmark = pytest.mark.unit

CATALOGUE = load_catalogue()
NARROW_AND_WIDE = Schema((Column("whole", "number", (), "float32"), Column("part", "number")))


def feature(**change: object) -> Feature:
    return replace(CATALOGUE["admissions_365d"], **change)


def kept(X: npt.NDArray[np.float64]) -> Matrix:
    moments = pa.table({"person_id": [f"p{i}" for i in range(len(X))]})
    return Matrix(columns_of(X, schema()), schema(), moments)


@pytest.mark.parametrize(
    ("measure", "column", "expected"),
    [
        ("count", "", "float32"),
        ("days_since", "at", "float32"),
        ("max", "nights", "float32"),
        ("last", "carer", "float32"),
        ("max", "value", "float64"),
        ("last", "value", "float64"),
        ("last", "deprivation", "float64"),
        ("mean", "nights", "float64"),
        ("sum", "cost", "float64"),
        ("top_share", "provider_id", "float64"),
        ("a measure nobody has thought of", "", "float64"),
    ],
)
def test_a_measure_of_whole_numbers_is_narrow(measure: str, column: str, expected: str) -> None:
    assert storage(feature(measure=measure, column=column)) == expected


def test_an_index_is_narrow_where_its_weights_are_whole() -> None:
    index = feature(measure="index", code_set="charlson", scheme="quan_2011")
    assert storage(index) == "float32"
    assert whole_weights(code_set("charlson"), "quan_2011")
    assert not whole_weights(code_set("hfrs"), "hfrs"), "tenths of a point"


def test_the_storage_is_part_of_the_hash() -> None:
    narrow = Schema((Column("a", "number", (), "float32"),))
    assert narrow.hash != Schema((Column("a", "number"),)).hash
    assert Schema.from_json(narrow.to_json()) == narrow


def test_columns_give_back_what_they_were_made_of() -> None:
    X = rows(3000, seed=4)
    matrix = kept(X)
    assert matrix.X.tobytes() == X.tobytes()
    assert all(column.flags.c_contiguous for column in matrix.columns)
    own = [column.dtype.name for column in matrix.columns]
    assert own == [column.storage for column in schema().columns]
    assert matrix.column("age").tobytes() == X[:, schema().place("age")].tobytes()
    some = ["sex", "age"]
    assert matrix.dense(some).tobytes() == X[:, [schema().place(n) for n in some]].tobytes()


def test_dense_and_kept_are_cut_alike() -> None:
    X, few = rows(700, seed=5), np.arange(700) % 3 == 0
    own = schema().only(["sex", "admissions_365d"])
    dense = Matrix(X, schema(), kept(X).rows)
    for one in (dense, kept(X)):
        cut = one.only(few).choose(own)
        assert cut.X.tobytes() == dense.dense(own.names)[few].tobytes()
        assert cut.rows["person_id"].to_pylist() == [f"p{i}" for i in np.flatnonzero(few)]


def test_blocks_are_joined_in_order() -> None:
    X = rows(1000, seed=6)
    blocks = [columns_of(X[part], schema()) for part in (slice(0, 1), slice(1, 1), slice(1, 1000))]
    whole = Matrix(joined(blocks, schema()), schema(), kept(X).rows)
    assert whole.X.tobytes() == X.tobytes()


def test_the_columns_are_handed_on_without_a_copy() -> None:
    matrix = kept(rows(50, seed=7))
    table = matrix.numbers
    assert isinstance(table, pa.Table)
    for name, column in zip(schema().names, matrix.columns, strict=True):
        assert table[name].chunk(0).buffers()[1].address == column.ctypes.data


@pytest.mark.parametrize("value", [0.1, 2.0**24 + 1, 1e39])
def test_a_value_that_a_narrow_column_does_not_hold_is_our_fault(value: float) -> None:
    X = np.array([[1.0, 0.1], [np.nan, 0.2], [value, 0.3]])
    with pytest.raises(CaseloadError, match="whole is kept as float32"):
        columns_of(X, NARROW_AND_WIDE)


def test_trees_are_the_same_from_arrow_as_from_a_dense_matrix() -> None:
    """The text of the model, its margins and its contributions, bit for bit."""
    X, y = drawn()
    names = {"schema": schema(), "seed": 3}
    fitted = Boosting(SETTINGS).fit(X[:1200], y[:1200], valid=(X[1200:], y[1200:]), **names)
    train, valid = kept(X[:1200]).numbers, kept(X[1200:]).numbers
    again = Boosting(SETTINGS).fit(train, y[:1200], valid=(valid, y[1200:]), **names)
    assert again.text == fitted.text
    assert fitted.trees > 5
    assert fitted.margin(train).tobytes() == fitted.margin(X[:1200]).tobytes()
    assert fitted.contributions(valid).tobytes() == fitted.contributions(X[1200:]).tobytes()
    assert np.corrcoef(fitted.margin(X), log_odds(X))[0, 1] > 0.5


def test_the_shipped_catalogue_is_narrow_for_the_most_part() -> None:
    shipped: Catalogue = CATALOGUE
    narrow = [storage(one) == "float32" for one in shipped]
    assert np.mean(narrow) > 0.7
    wide = {one.measure for one in shipped if storage(one) == "float64"}
    assert not wide & {"count", "any", "flag", "groups", "days"}
