"""All features of one person online, beside LightGBM's own time to score the row they make."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path

import lightgbm
import numpy as np

from benchmarks.timing import Bench
from features.catalogue import load_catalogue
from features.cohort import moments_at
from features.definition import load_definition
from features.matrix import build, of_tables
from features.synthetic import generate
from features.tables.history import History

CALLS = 50
TREES = 400
SETTINGS = {"objective": "binary", "num_leaves": 15, "num_threads": 1, "seed": 1, "verbose": -1}


@contextmanager
def benches() -> Iterator[list[Bench]]:
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "history"
        generate(made, people=1_000, seed=13, years=6)
        history, catalogue = History.open(made), load_catalogue()
        definition = load_definition("complexity")
        matrix, _ = build(history, definition, catalogue, with_labels=False)
        rng = np.random.default_rng(1)
        X = matrix.X
        rows = lightgbm.Dataset(X, rng.integers(0, 2, len(matrix)))
        booster = lightgbm.train(SETTINGS, rows, TREES)
        tables = history.person(matrix.rows.column("person_id")[0].as_py())
        after = datetime.combine(history.manifest.last + timedelta(days=1), time())
        moments = moments_at(tables, after, definition)

        def ours() -> None:
            for _ in range(CALLS):
                of_tables(tables, moments, catalogue)

        def peer() -> None:
            for _ in range(CALLS):
                booster.predict(X[:1])

        name = f"one person, {len(catalogue)} features"
        yield [Bench(name, f"LightGBM, {TREES} trees, a row", ours, peer, CALLS, "calls")]
