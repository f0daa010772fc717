"""Making a population, beside what writing the same rows with pyarrow alone costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.timing import Bench
from features.synthetic import generate
from features.tables.history import History
from features.tables.schema import TABLES

PEOPLE = 8_000
YEARS = 6
SEED = 11


@contextmanager
def benches() -> Iterator[list[Bench]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = folder / "history"
        generate(made, people=PEOPLE, seed=SEED, years=YEARS)
        history = History.open(made)
        rows = [history.bucket(number) for number in range(history.buckets)]

        def ours() -> None:
            generate(folder / "again", people=PEOPLE, seed=SEED, years=YEARS)

        def peer() -> None:
            for number, tables in enumerate(rows):
                for name in TABLES:
                    path = folder / f"{name}-{number}.parquet"
                    pq.write_table(tables[name], path, compression="zstd")

        yield [
            Bench(
                f"synth, {PEOPLE} people, {YEARS} y",
                "pyarrow writing those rows",
                ours,
                peer,
                PEOPLE,
                "people",
                runs=3,
            )
        ]
