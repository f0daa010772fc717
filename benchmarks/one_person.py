"""All features of one person online, beside LightGBM's own time to score the row they make.

The person has exactly 300 rows in the tables of events and lies in memory, as a request brings
them. A call asks one index moment of the whole shipped catalogue; nothing is kept between calls
but the compiled catalogue.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa

from benchmarks.timing import Calls
from features.catalogue import Catalogue, load_catalogue
from features.cohort import moments_at
from features.definition import load_definition
from features.matrix import Matrix, build, of_tables
from features.synthetic import generate
from features.tables.contract import Tables
from features.tables.history import History

EVENTS = ("visit", "stay", "diagnosis", "procedure", "dispensing", "measurement")
CUT = ("diagnosis", "dispensing", "measurement")
"""Tables that nothing points to: rows may be taken out of them."""
ROWS, PEOPLE, TREES = 300, 1_000, 400
SETTINGS = {"objective": "binary", "num_leaves": 15, "num_threads": 1, "seed": 1, "verbose": -1}


@dataclass(frozen=True)
class Asked:
    """One person, whose tables have `ROWS` events, and the moment that is asked about."""

    tables: Tables
    moments: pa.Table
    catalogue: Catalogue

    def answer(self) -> Matrix:
        return of_tables(self.tables, self.moments, self.catalogue)


def asked(history: History) -> Asked:
    """That person of a History on the day after its last; all features of the catalogue."""
    tables = shortened(history.person(person_of(history)))
    after = datetime.combine(history.manifest.last + timedelta(days=1), time())
    moments = moments_at(tables, after, load_definition("complexity"))
    if len(moments) != 1:
        raise ValueError(f"{len(moments)} moments, not one")
    return Asked(tables, moments, load_catalogue())


def person_of(history: History) -> str:
    """Who has the fewest rows from `ROWS` on, among those with some in every table of events."""
    found: dict[str, Counter[str]] = {}
    for number in range(history.buckets):
        for name, rows in history.bucket(number, EVENTS).items():
            for entry in rows["person_id"].value_counts().to_pylist():
                found.setdefault(entry["values"], Counter())[name] = entry["counts"]
    enough = [
        (each.total(), person)
        for person, each in found.items()
        if len(each) == len(EVENTS) and each.total() >= ROWS
    ]
    return min(enough)[1]


def shortened(tables: Tables) -> Tables:
    """The person's tables with `ROWS` events; what is too much is taken from the oldest rows."""
    surplus, kept = sum(len(tables[name]) for name in EVENTS) - ROWS, dict(tables)
    for name in CUT:
        taken = min(surplus, len(kept[name]))
        kept[name], surplus = kept[name].slice(taken), surplus - taken
    if surplus:
        raise ValueError(f"{surplus} rows too many in tables that others point to")
    return kept


def scoring(history: History, catalogue: Catalogue, one: Matrix) -> Callable[[], object]:
    """LightGBM scoring the row of `one`, grown over everybody's features."""
    definition = load_definition("complexity")
    matrix, _ = build(history, definition, catalogue, with_labels=False)
    labels = np.random.default_rng(1).integers(0, 2, len(matrix))
    booster = lightgbm.train(SETTINGS, lightgbm.Dataset(matrix.X, labels), TREES)
    row = one.X

    def score() -> object:
        return booster.predict(row)

    return score


@contextmanager
def benches() -> Iterator[list[Calls]]:
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "history"
        generate(made, people=PEOPLE, seed=13, years=6)
        history = History.open(made)
        one = asked(history)
        peer = scoring(history, one.catalogue, one.answer())
        name = f"one person, {ROWS} events, {len(one.catalogue)} features"
        yield [Calls(name, f"LightGBM, {TREES} trees, a row", one.answer, peer)]
