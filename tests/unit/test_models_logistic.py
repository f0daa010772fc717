"""Logistic regression on nulls, categories and columns of any scale."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import InputError
from features.matrix import Column, Schema
from models.logistic import Logistic
from models.measures import auroc
from tests import small_model

pytestmark = pytest.mark.unit

COLUMNS = (
    Column("n", "number"),
    Column("empty", "number"),
    Column("c", "category", ("a", "b", "c")),
)
SCHEMA = Schema(COLUMNS)


def drawn(many: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Risk 0.6 where n is null or c is b, else 0.1; the second column is null throughout."""
    random = np.random.default_rng(1)
    n = np.where(random.random(many) < 0.3, np.nan, 1000 * random.normal(size=many))
    c = random.integers(0, 3, many).astype(float)
    y = (random.random(many) < np.where(np.isnan(n) | (c == 1), 0.6, 0.1)).astype(float)
    return np.column_stack([n, np.full(many, np.nan), c]), y


def test_null_and_category_are_answers_of_their_own():
    X, y = drawn()
    model = Logistic().fit(X, y, schema=SCHEMA)
    rows = np.array([[0.0, np.nan, 0], [np.nan, np.nan, 0], [0.0, np.nan, 1], [0.0, np.nan, 2]])
    plain, null, b, c = model.predict_risk(rows)
    assert plain == pytest.approx(c, abs=0.05)
    assert min(null, b) > plain + 0.3


def test_a_category_never_seen_and_a_null_one_have_a_risk():
    X, y = drawn()
    few = X[:, 2] != 2
    model = Logistic().fit(X[few], y[few], schema=SCHEMA)
    rows = np.array([[0.0, np.nan, 2], [0.0, np.nan, np.nan]])
    assert np.all((model.predict_risk(rows) > 0) & (model.predict_risk(rows) < 1))


def test_it_finds_most_of_a_linear_truth():
    """Among sixty columns: of hundreds beside five that matter it learns chance as well."""
    every = small_model.rows(8000, seed=5)
    y = small_model.outcomes(every, seed=6)
    names = small_model.schema().names
    matter = ("admissions_365d", "emergency_visits_183d", "charlson_aids_730d", "sex", "age")
    chosen = Schema.of(small_model.catalogue().select({*matter, *names[::6]}))
    X = every[:, [names.index(name) for name in chosen.names]]
    model = Logistic().fit(X[:6000], y[:6000], schema=chosen)
    risk = model.predict_risk(X[6000:])
    truth = auroc(y[6000:], small_model.log_odds(every[6000:]))
    assert auroc(y[6000:], risk) > truth - 0.03
    assert risk.mean() == pytest.approx(y.mean(), abs=0.03)


def test_two_fits_are_the_same_and_the_first_stays_unfitted():
    X, y = drawn(500)
    plain = Logistic()
    first, second = (plain.fit(X, y, schema=SCHEMA, seed=s) for s in (1, 2))
    assert np.array_equal(first.predict_risk(X), second.predict_risk(X))
    assert plain.pipeline is None


def test_no_rows_have_no_risks():
    X, y = drawn(500)
    assert Logistic().fit(X, y, schema=SCHEMA).predict_risk(X[:0]).shape == (0,)


def test_one_outcome_is_refused():
    X, y = drawn(50)
    with pytest.raises(InputError):
        Logistic().fit(X, np.ones_like(y), schema=SCHEMA)
