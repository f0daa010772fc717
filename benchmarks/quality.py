"""The quality report of a History, beside what reading its files with pyarrow alone costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.timing import Bench
from features.quality.report import check_history
from features.synthetic import generate
from features.tables.history import History

PEOPLE = 20_000
YEARS = 6
SEED = 13


@contextmanager
def benches() -> Iterator[list[Bench]]:
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "history"
        generate(made, people=PEOPLE, seed=SEED, years=YEARS)
        history = History.open(made)
        files = [path for path in made.rglob("*.parquet") if "truth" not in path.parts]
        rows = sum(int(part["rows"]) for part in history.manifest.tables.values())

        def peer() -> None:
            for path in files:
                with pq.ParquetFile(path) as file:
                    file.read(use_threads=False)

        name = f"check, {PEOPLE} people, {YEARS} y"
        yield [
            Bench(name, "pyarrow reading the files", lambda: check_history(history), peer, rows,
                  "rows", runs=3)
        ]  # fmt: skip
