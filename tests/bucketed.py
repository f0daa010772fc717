"""A small synthetic History in many buckets, so that a build of its matrix has many steps."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from features.readers.ingest import ingest
from features.synthetic import generate, load_scenario
from features.tables.history import History
from tests.exporters.carried import everybody


def population(folder: Path, people: int, *, seed: int, buckets: int) -> Path:
    """A History of so many people and buckets below `folder`; returns where it is."""
    generate(folder / "made", people=people, seed=seed, years=4, scenario=load_scenario("default"))
    for name, rows in everybody(History.open(folder / "made")).items():
        path = folder / "native" / name / "rows.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(rows, path)
    ingest("native", folder / "native", folder / "history", buckets=buckets)
    return folder / "history"
