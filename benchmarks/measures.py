"""Measures with their intervals, beside scikit-learn's AUROC alone on resampled copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.timing import Bench
from models.measures import evaluate

ROWS = 20_000
PEOPLE = 8_000
REPEATS = 100


@contextmanager
def benches() -> Iterator[list[Bench]]:
    rng = np.random.default_rng(5)
    p = rng.beta(1.2, 6, ROWS)
    y = (rng.random(ROWS) < p).astype(float)
    person = rng.integers(0, PEOPLE, ROWS)
    order = np.argsort(person, kind="stable")
    starts = np.searchsorted(person[order], np.arange(PEOPLE + 1))

    def ours() -> object:
        return evaluate(y, {"model": p}, person, capacity=(0.05,), repeats=REPEATS, seed=1)

    def peer() -> list[float]:
        drawn = np.random.default_rng(1)
        found = []
        for _ in range(REPEATS):
            people = drawn.integers(0, PEOPLE, PEOPLE)
            rows = np.concatenate([order[starts[k] : starts[k + 1]] for k in people])
            found.append(float(roc_auc_score(y[rows], p[rows])))
        return found

    name = f"10 measures, {REPEATS} bootstraps"
    yield [Bench(name, "scikit-learn, AUROC alone", ours, peer, ROWS * REPEATS, "rows")]
