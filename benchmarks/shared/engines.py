"""The four engines, each called in a process of its own, and what is kept of their answers: sums.

What is sent back of a matrix is three numbers for each column. Two matrices with equal nulls, sums
and sums weighted by row are taken to be the same; at a small size they are compared cell by cell.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

import numpy as np

from benchmarks.shared.asked import DEFINITION, Floats, catalogue_shared, shared
from benchmarks.shared.people import monthly, numbered
from features.tables.history import History

WEIGHTS = 997
CLOSE = 1e-9
"""How far sums of money may lie apart, relatively: engines add them up in another order."""
BLOCK = 50_000


@dataclass
class Sums:
    """For each column: nulls, the sum, and the sum weighted by row, gathered block by block."""

    rows: int = 0
    nulls: Floats | float = 0.0
    total: Floats | float = 0.0
    weighted: Floats | float = 0.0

    def add(self, block: Floats) -> None:
        """Adds rows in order; block (columns, rows)."""
        weights = (self.rows + np.arange(block.shape[1])) % WEIGHTS + 1.0
        known = np.nan_to_num(block, nan=0.0)
        self.nulls = self.nulls + np.isnan(block).sum(axis=1)
        self.total = self.total + known.sum(axis=1)
        self.weighted = self.weighted + known @ weights
        self.rows += block.shape[1]


def sums(matrix: Floats) -> Sums:
    found = Sums()
    for start in range(0, matrix.shape[1], BLOCK):
        found.add(np.asarray(matrix[:, start : start + BLOCK], np.float64))
    return found


def refuse_unequal(name: str, ours: Sums, theirs: Sums, names: Sequence[str]) -> None:
    """Raises ValueError naming the columns in which two answers differ."""
    if ours.rows != theirs.rows:
        raise ValueError(f"{name} gave {theirs.rows} rows, not {ours.rows}")
    same = np.equal(ours.nulls, theirs.nulls)
    for mine, other in ((ours.total, theirs.total), (ours.weighted, theirs.weighted)):
        same &= np.isclose(mine, other, rtol=CLOSE, atol=CLOSE)
    if not same.all():
        wrong = [names[place] for place in np.flatnonzero(~same).tolist()]
        raise ValueError(f"{name} answers otherwise: {', '.join(wrong[:5])} ({len(wrong)})")


def differing(ours: Floats, theirs: Floats, names: Sequence[str]) -> list[str]:
    """Columns in which two matrices (columns, rows) differ anywhere; sums of money by `CLOSE`."""
    return [
        name
        for name, mine, other in zip(names, ours, theirs, strict=True)
        if not np.allclose(
            mine, other, rtol=CLOSE if "cost" in name else 0.0, atol=0.0, equal_nan=True
        )
    ]


def asked(history: History, dates: Sequence[date]):  # type: ignore[no-untyped-def]
    """What our matrix is asked for: the shared features of everybody on these dates."""
    from features.carriers.part import Asked
    from features.definition import load_definition

    first, until = (datetime.combine(d, time()) for d in (dates[0], dates[-1] + timedelta(days=1)))
    of = Asked(
        load_definition(DEFINITION), catalogue_shared(),
        with_labels=False, window=(first, until),
    )  # fmt: skip
    return of.about(history)


def streamed(history: History, dates: Sequence[date]) -> Sums:
    """Ours, part by part, each summed and let go."""
    from features.carriers.local import stream

    found = Sums()
    for part in stream(history, asked(history, dates)):
        found.add(np.stack(part.columns, dtype=np.float64))
    return found


def whole(history: History, dates: Sequence[date]) -> Floats:
    """Ours in one piece (columns, rows), for comparing at a small size."""
    from features.carriers.local import stream

    parts = stream(history, asked(history, dates))
    return np.concatenate([np.stack(p.columns, dtype=np.float64) for p in parts], axis=1)


def run_ours(history: Path, warm: Path, dates: int) -> tuple[float, Sums]:
    """Ours as a user has it: every part is handed over and let go. What it holds is summed in
    another pass, since summing the peers' matrices is not timed either."""
    from features.carriers.local import stream

    for path in (warm, history):
        opened = History.open(path)
        start = perf_counter()
        rows = sum(len(part.moments) for part in stream(opened, asked(opened, monthly(dates))))
        took = perf_counter() - start
    found = streamed(opened, monthly(dates))
    if rows != found.rows:
        raise ValueError(f"{rows} rows were handed over, then {found.rows}")
    return took, found


def run_written(history: Path, warm: Path, dates: int) -> tuple[float, int]:
    """Ours into one Parquet file, as `caseload matrix` writes it; returns its bytes."""
    from features.carriers.build import Build
    from features.carriers.local import fill

    told = {"recipe": "shared", "recipe_text": ""}
    for path in (warm, history):
        opened = History.open(path)
        with tempfile.TemporaryDirectory(dir=history.parent) as scratch:
            out = Path(scratch) / "matrix.parquet"
            start = perf_counter()
            of = asked(opened, monthly(dates))
            with Build(out, opened, of, recipe=told) as build:
                fill(opened, of, build)
                build.assemble()
            took, size = perf_counter() - start, out.stat().st_size
    return took, size


def run_peer(module: str, history: Path, warm: Path, dates: int) -> tuple[float, Sums]:
    """A peer, its matrix whole in memory at the end. What it may know beforehand is made ready:
    the number of each person, and which codes and values belong to which feature."""
    os.environ["POLARS_MAX_THREADS"] = "2"
    features = import_module(f"benchmarks.shared.{module}").features
    for path in (warm, history):
        opened = History.open(path)
        people, listed = numbered(opened), shared(path)
        start = perf_counter()
        matrix = features(path, people, monthly(dates), listed)
        took = perf_counter() - start
    return took, sums(matrix)


PEERS: Mapping[str, Callable[[Path, Path, int], tuple[float, Sums]]] = MappingProxyType(
    {
        "pandas": partial(run_peer, "pandas_peer"),
        "polars": partial(run_peer, "polars_peer"),
        "DuckDB": partial(run_peer, "duckdb_peer"),
    }
)
