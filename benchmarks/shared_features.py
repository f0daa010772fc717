"""250 features of a whole population, beside pandas, polars and DuckDB computing the same.

All read the same Parquet files on two threads, each in a process of its own, and are checked equal:
cell by cell for a small population, by sums of every column at the size that is timed. The peers
are in long form: one group-by on row and key for each table, then one scatter into the matrix in
place of a pivot; a quicker form of one may exist. They link no spells, and are given the number of
each person and the feature of each code ready-made.

100,000 and 1,000,000 people under CASELOAD_FULL=1, else 20,000 (and the line says so). A peer that
does not fit into memory or time is ended and said to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.apart import Ran, apart
from benchmarks.shared.asked import shared
from benchmarks.shared.engines import (
    PEERS,
    Sums,
    differing,
    refuse_unequal,
    run_ours,
    run_written,
    whole,
)
from benchmarks.shared.people import events, folder, monthly, numbered, population
from benchmarks.timing import Contest
from features.tables.history import History

FULL = os.environ.get("CASELOAD_FULL") == "1"
SMALL, HUNDRED, MILLION, FEW = 5_000, 100_000, 1_000_000, 20_000
MIB, SECONDS = 18_000, 1_200
"""What a peer may take; the machine has to live on."""


def compare(history: History, dates: int) -> None:
    """Every cell of every engine against ours. Raises ValueError naming an engine and columns."""
    ours, listed = whole(history, monthly(dates)), shared(history.path)
    for name in PEERS:
        features = import_module(f"benchmarks.shared.{name.lower()}_peer").features
        theirs = features(history.path, numbered(history), monthly(dates), listed)
        if ours.shape != theirs.shape:
            raise ValueError(f"{name} gave {theirs.shape[1]} rows, not {ours.shape[1]}")
        if wrong := differing(ours, theirs, listed.names):
            raise ValueError(f"{name} answers otherwise: {', '.join(wrong[:5])} ({len(wrong)})")


@contextmanager
def one_date(people: int, runs: int) -> Iterator[list[Contest]]:
    with folder() as below:
        small, history = population(below, SMALL), population(below, people)
        compare(small, 1)
        yield [
            _contest(small, history, people, 1, runs),
            _written(small, history, people, 1),
        ]


@contextmanager
def twelve_dates(people: int, runs: int) -> Iterator[list[Contest]]:
    """Twelve monthly dates beside the peers, and beside one date of our own."""
    with folder() as below:
        small, history = population(below, SMALL), population(below, people)
        compare(small, 12)
        once = {"one date": partial(_ran, run_ours, history.path, small.path, 1)}
        twelve = partial(_ran, run_ours, history.path, small.path, 12)
        yield [
            _contest(small, history, people, 12, runs),
            Contest(f"12 dates to one, {people:,}", twelve, once, people * 12, "rows", 2),
        ]


def _contest(small: History, history: History, people: int, dates: int, runs: int) -> Contest:
    names = shared(small.path).names

    def check(name: str, ours: Sums, theirs: Sums) -> None:
        refuse_unequal(name, ours, theirs, names)

    paths = history.path, small.path, dates
    peers = {name: partial(_ran, run, *paths) for name, run in PEERS.items()}
    return Contest(
        _named(people, dates), partial(_ran, run_ours, *paths), peers,
        people * dates, "people" if dates == 1 else "rows", runs,
        check=check, other=(events(history), "events"),
    )  # fmt: skip


def _written(small: History, history: History, people: int, dates: int) -> Contest:
    """Beside handing the parts over: what writing them to one file costs."""
    handed = {"handed over": partial(_ran, run_ours, history.path, small.path, dates)}
    written = partial(_ran, run_written, history.path, small.path, dates)
    return Contest(f"written, {_named(people, dates)}", written, handed, people, "people", 1)


def _named(people: int, dates: int) -> str:
    sized = f"250 features, {people:,}"
    return sized if dates == 1 else f"{sized} x {dates} dates"


def _ran(run: object, history: Path, warm: Path, dates: int) -> Ran:
    return apart(run, history, warm, dates, mib=MIB, seconds=SECONDS)  # type: ignore[arg-type]


@contextmanager
def million() -> Iterator[list[Contest]]:
    """A million people take minutes to make: only where the full size is asked for."""
    if not FULL:
        yield []
        return
    with one_date(MILLION, 1) as contests:
        yield contests


GROUPS: Mapping[str, Callable[[], AbstractContextManager[list[Contest]]]] = {
    "features_100k": partial(one_date, HUNDRED if FULL else FEW, 2),
    "features_1m": million,
    "features_12": partial(twelve_dates, HUNDRED if FULL else FEW, 1),
}
