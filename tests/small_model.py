"""A small model on drawn rows, for tests of what is done with a model.

The rows mean nothing clinically; their outcome hangs on a few features, so there is something to
learn, and a tenth of the values is null.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import Catalogue, load_catalogue
from features.definition import load_definition
from features.matrix import Matrix, Schema
from models.bundle import Bundle
from models.calibration import fit_calibrator
from models.completeness import inputs_of
from models.gbm import Boosting, Settings
from models.percentile import quantiles
from models.trained_on import TrainedOn

Floats = npt.NDArray[np.float64]

SETTINGS = Settings(rounds=60, patience=10, threads=1, learning_rate=0.1)
PARTS = (0, 1200, 1500, 2000)


@cache
def catalogue() -> Catalogue:
    return load_catalogue().select(["age_sex", "stay", "use", "emergency", "conditions", "social"])


@cache
def schema() -> Schema:
    return Schema.of(catalogue())


def rows(many: int, seed: int, nulls: float = 0.1) -> Floats:
    """Drawn features of `many` rows, as a matrix."""
    random = np.random.default_rng(seed)
    columns = [_column(f.kind, f.unit, len(f.categories), many, random) for f in catalogue()]
    X = np.column_stack(columns)
    X[random.random(X.shape) < nulls] = np.nan
    return X


def _column(
    kind: str, unit: str, categories: int, many: int, random: np.random.Generator
) -> Floats:
    if kind == "category":
        return random.integers(0, categories, many).astype(float)
    if kind == "flag":
        return (random.random(many) < 0.2).astype(float)
    if unit == "years":
        return random.integers(65, 100, many).astype(float)
    return random.poisson(1.2, many).astype(float)


def log_odds(X: Floats) -> Floats:
    """True log-odds of the drawn outcome."""
    at = schema().place
    known = np.nan_to_num(X)
    return (
        -2.2
        + 0.6 * known[:, at("admissions_365d")]
        + 0.4 * known[:, at("emergency_visits_183d")]
        + 1.0 * known[:, at("charlson_aids_730d")]
        + 0.8 * (known[:, at("sex")] == 1)
        + 0.5 * np.isnan(X[:, at("age")])
    )


def outcomes(X: Floats, seed: int) -> Floats:
    chance = 1 / (1 + np.exp(-log_odds(X)))
    return (np.random.default_rng(seed).random(len(X)) < chance).astype(float)


def matrix(X: Floats) -> Matrix:
    return Matrix(X, schema(), pa.table({"person_id": [f"p{i}" for i in range(len(X))]}))


@cache
def drawn() -> tuple[Floats, Floats]:
    X = rows(PARTS[-1], seed=1)
    return X, outcomes(X, seed=2)


@cache
def bundle() -> Bundle:
    X, y = drawn()
    _, train, valid, _ = PARTS
    boosting = Boosting(SETTINGS).fit(
        X[:train], y[:train], schema=schema(), valid=(X[train:valid], y[train:valid]), seed=3
    )
    calibrator = fit_calibrator(boosting.margin(X[valid:]), y[valid:])
    return Bundle(
        name="readmission",
        label="readmission",
        boosting=boosting,
        calibrator=calibrator,
        catalogue=catalogue(),
        posed=load_definition("readmission"),
        schema=schema(),
        mode="adt",
        recipe_text='name = "readmission"\n',
        card={"identity": {"name": "readmission"}},
        percentiles=quantiles(calibrator.risk(boosting.margin(X[:train]))),
        inputs=inputs_of(catalogue(), boosting.gain),
        high=None,
        seen=TrainedOn.of(pa.array([f"p{i}" for i in range(train)]), salt="drawn"),
    )
