"""A logistic regression read off as plain numbers is the same model, and stays so as text."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features.matrix import Schema
from models.logistic import Logistic
from tests import small_model
from training.linear import Linear

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def fitted() -> Logistic:
    X = small_model.rows(800, seed=1)
    return Logistic().fit(X, small_model.outcomes(X, seed=2), schema=small_model.schema())


def linear_of(fitted: Logistic) -> Linear:
    assert fitted.pipeline is not None
    return Linear.of(fitted.pipeline.decision_function, small_model.schema())


@pytest.mark.parametrize("nulls", [0.0, 0.1, 0.9])
def test_the_terms_give_the_risks_of_the_model(fitted: Logistic, nulls: float) -> None:
    X = small_model.rows(300, seed=3, nulls=nulls)
    assert np.allclose(linear_of(fitted).predict_risk(X), fitted.predict_risk(X), rtol=1e-9)


def test_its_text_loads_back_the_same(fitted: Logistic) -> None:
    one = linear_of(fitted)
    again = Linear.from_json(json.loads(json.dumps(one.to_json())), small_model.schema())
    assert again == one


def test_it_reads_its_columns_by_name_from_a_wider_matrix(fitted: Logistic) -> None:
    X = small_model.rows(50, seed=4)
    wide = Schema(tuple(reversed(small_model.schema().columns)))
    found = linear_of(fitted).on(wide).predict_risk(X[:, ::-1])
    assert np.allclose(found, linear_of(fitted).predict_risk(X), rtol=1e-12)
