"""Calibration on rows of its own, and out of fold by person where those are too few."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from features.errors import InputError
from features.matrix import Matrix
from models.calibration import fit_calibrator
from tests import small_model
from training.fit import Fitted, _folds, fit
from training.recipe import Calibration, Model, Recipe, Split
from training.split import CALIBRATION, TRAIN, Divided

pytestmark = pytest.mark.unit

ROWS = 1600
PERSONS = pa.chunked_array([[f"p{i // 2}" for i in range(ROWS)]])
"""Two rows a person, one below the other."""


def recipe(fewest_events: int) -> Recipe:
    return Recipe(
        name="r", definition="readmission", seed=3, split=Split(salt="s"), baselines=(),
        model=Model(rounds=40, patience=10, threads=1),
        calibration=Calibration(fewest_events=fewest_events),
    )  # fmt: skip


def fitted(
    fewest_events: int, *, noise: bool = False
) -> tuple[Fitted, Matrix, np.ndarray, Divided]:
    X, schema = small_model.rows(ROWS, seed=5), small_model.schema()
    y = small_model.outcomes(X, seed=6) > 0
    if noise:  # columns of its own, so that chance does not change with the catalogue
        dice = np.random.default_rng(11)
        schema = schema.only(["age", "admissions_365d", "emergency_visits_365d"])
        X, y = dice.random((ROWS, 3)), dice.random(ROWS) < 0.2
    part = np.repeat(np.array([0, 0, 0, 1, 2, 2, 3, 3], dtype=np.int8), 2)
    day = date(2020, 1, 1)
    divided = Divided(np.tile(part, ROWS // len(part)), day, day, 12)
    matrix = Matrix(X, schema, pa.table({"person_id": PERSONS}))
    found = fit(matrix, y, divided, recipe(fewest_events), lambda *_: None)
    return found, matrix, y, divided


def test_enough_events_calibrate_on_rows_that_no_tree_saw() -> None:
    found, matrix, y, divided = fitted(fewest_events=10)
    own = divided.rows(CALIBRATION)
    assert not found.out_of_fold
    assert not (found.calibrated_on & found.fitted_on).any()
    assert np.array_equal(found.calibrated_on, own)
    again = fit_calibrator(found.boosting.margin(matrix.X[own]), y[own].astype(float))
    assert found.calibrator == again


def test_too_few_events_calibrate_out_of_fold() -> None:
    found, matrix, y, divided = fitted(fewest_events=10_000)
    pool = divided.rows(TRAIN) | divided.rows(CALIBRATION)
    assert found.out_of_fold
    assert np.array_equal(found.calibrated_on, pool)
    assert np.array_equal(found.fitted_on, pool)
    seen = fit_calibrator(found.boosting.margin(matrix.X[pool]), y[pool].astype(float))
    assert seen.slope > found.calibrator.slope, "margins of rows seen promise too much"


def test_a_person_is_never_on_both_sides_of_a_fold() -> None:
    matrix = Matrix(np.zeros((ROWS, 1)), small_model.schema(), pa.table({"person_id": PERSONS}))
    pool, person = np.arange(ROWS) % 8 < 6, np.asarray(PERSONS.to_pylist())
    folds = list(_folds(matrix, pool, recipe(10)))
    assert len(folds) == 5
    assert np.array_equal(sum(outside.astype(int) for _, outside in folds), pool.astype(int))
    for inside, outside in folds:
        assert np.array_equal(inside | outside, pool)
        assert not set(person[inside]) & set(person[outside])


@pytest.mark.parametrize("fewest_events", [10, 10_000])
def test_an_outcome_of_pure_chance_is_refused_not_calibrated_away(fewest_events: int) -> None:
    with pytest.raises(InputError, match="do not become more frequent"):
        fitted(fewest_events, noise=True)
