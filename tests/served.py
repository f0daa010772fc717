"""Small real models for tests of serving, fitted on the spot; training has its own tests.

The models are LightGBM on a synthetic population of 1,500 people, with the shipped definitions and
catalogue. They take some seconds, so a test session makes them once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import uvicorn
from fastapi import FastAPI

from features.catalogue import load_catalogue
from features.definition import Definition, load_definition
from features.matrix import Matrix, build
from features.synthetic import generate, load_scenario
from features.tables.contract import Tables
from features.tables.history import History
from models.bundle import Bundle
from models.calibration import Calibrator
from models.completeness import inputs_of
from models.gbm import Boosting, Settings
from models.percentile import quantiles
from models.trained_on import TrainedOn
from serving.records import last_moment
from serving.registry import load
from serving.scorer import Scorer, Served
from serving.service import address_of, listen

PEOPLE = 1_500
NAMES = ("readmission", "complexity")


def population(folder: Path, *, people: int = PEOPLE, seed: int = 11) -> History:
    """A synthetic History at `folder`."""
    generate(folder, people=people, seed=seed, scenario=load_scenario("default"))
    return History.open(folder)


def fitted(name: str, history: History) -> Bundle:
    """A model of the shipped definition `name`, fitted on all of `history`."""
    definition, catalogue = load_definition(name), load_catalogue()
    matrix, labels = build(history, definition, catalogue)
    y, high = _outcome(definition, labels)
    known = ~np.isnan(y)
    boosting = Boosting(Settings(rounds=30, threads=1)).fit(
        matrix.X[known], y[known], schema=matrix.schema, seed=1
    )
    return _bundle(name, definition, matrix, boosting, high)


def _outcome(definition: Definition, labels: pa.Table) -> tuple[np.ndarray, float | None]:
    value = labels.column("value").to_numpy()
    if definition.high_percentile is None:
        return value, None
    high = float(np.nanpercentile(value, definition.high_percentile))
    return np.where(np.isnan(value), np.nan, value >= high), high


def _bundle(
    name: str, definition: Definition, matrix: Matrix, boosting: Boosting, high: float | None
) -> Bundle:
    catalogue, calibrator = load_catalogue(), Calibrator(0.1, 1.1)
    return Bundle(
        name=name,
        label=definition.label,
        boosting=boosting,
        calibrator=calibrator,
        catalogue=catalogue,
        posed=definition,
        schema=matrix.schema,
        mode="adt",
        recipe_text=f'name = "{name}"\n',
        card={"purpose": "tests"},
        percentiles=quantiles(calibrator.risk(boosting.margin(matrix.X))),
        inputs=inputs_of(catalogue, boosting.gain),
        high=high,
        seen=TrainedOn.of(matrix.rows.column("person_id"), salt="tests"),
    )


@dataclass(frozen=True)
class World:
    """A synthetic History with a model of each name, saved, loaded and served."""

    history: History
    models: Mapping[str, Served]
    as_of: datetime

    @property
    def scorer(self) -> Scorer:
        return Scorer(self.models.values())

    def tables(self) -> Tables:
        """Everyone's tables."""
        parts = [self.history.bucket(number) for number in range(self.history.buckets)]
        return {name: pa.concat_tables(part[name] for part in parts) for name in parts[0]}


def world(folder: Path) -> World:
    """A world below `folder`: history, and a bundle named after each model."""
    history = population(folder / "history")
    for name in NAMES:
        fitted(name, history).save(folder / name, {})
    models = {name: load(str(folder / name), "sqlite:///none") for name in NAMES}
    return World(history, models, last_moment(history))


@contextmanager
def answering(app: FastAPI) -> Iterator[str]:
    """The address of an application that answers over loopback while this lasts."""
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield address_of(listening, "127.0.0.1")
    finally:
        server.should_exit = True
        thread.join()
