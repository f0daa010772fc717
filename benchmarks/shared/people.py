"""The population that the shared features are computed for, made once and kept where it is said.

Everybody is observed from the first day to the last and nobody dies (`people.toml`), so that no row
means zero to every engine. About 60 events for each person in three years.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.shared.asked import COLUMNS, SCENARIO
from features.errors import InputError
from features.synthetic import generate, load_scenario
from features.tables.history import History
from features.tables.parquet import COMPRESSION, REPEATS, ROW_GROUP

SEED, YEARS, LAST_DATE = 17, 3, date(2024, 12, 1)
KEPT = "CASELOAD_BENCH_DATA"
"""Setting: where populations are kept from one run to the next. Without it they are made anew."""


@contextmanager
def folder() -> Iterator[Path]:
    """Where populations are made: the kept folder, or one that is removed at the end."""
    if kept := os.environ.get(KEPT):
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(scratch)


def named(people: int) -> str:
    """Name of its folder: all that decides what is in its files and how they are laid out, so that
    none made otherwise is measured."""
    scenario = hashlib.sha256(SCENARIO.read_bytes()).hexdigest()[:8]
    return f"{people}-{SEED}-{YEARS}-{scenario}-{COMPRESSION}-{ROW_GROUP}-{REPEATS}"


def population(below: Path, people: int) -> History:
    """The History of so many people, below a folder; made where it is not there yet.

    Its files are read once, so that no engine waits for a disk where another need not.
    """
    made = below / named(people)
    try:
        History.open(made)
    except InputError:
        below.mkdir(parents=True, exist_ok=True)
        generate(made, people=people, seed=SEED, years=YEARS, scenario=load_scenario(SCENARIO))
    for file in made.rglob("*.parquet"):
        file.read_bytes()
    return History.open(made)


def events(history: History) -> int:
    """Rows of the tables that features are measured over."""
    return sum(int(history.manifest.tables[name]["rows"]) for name in COLUMNS)


def numbered(history: History) -> pa.Table:
    """person_id of everybody in canonical order, and their number."""
    parts = (history.bucket(b, ["person"])["person"] for b in range(history.buckets))
    ids = pa.concat_tables([part.select(["person_id"]) for part in parts])
    return ids.append_column("number", pa.array(np.arange(len(ids)), pa.int32()))


def monthly(dates: int) -> list[date]:
    """The last so many firsts of a month, at most twelve, the latest last."""
    months = (LAST_DATE.month - dates + 1 + place for place in range(dates))
    return [date(LAST_DATE.year, month, 1) for month in months]
