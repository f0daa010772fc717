"""Makes a synthetic History and its truth, bucket by bucket on up to two processes.

The same people, seed, years, ages and scenario give the same bytes whatever the number of
processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from features.errors import InputError
from features.synthetic.arrow import Ids
from features.synthetic.bucket import simulate, tables
from features.synthetic.drivers import observed_moments
from features.synthetic.life import DISCHARGE
from features.synthetic.order import Order, day
from features.synthetic.people import Period, person_ids, world
from features.synthetic.scenario import Scenario, load_scenario
from features.synthetic.truth import join_parts, moments_table, write_part
from features.tables.order import SLICES
from features.tables.write import BucketSummary, HistoryWriter, write_bucket

LAST = date(2024, 12, 31)
PEOPLE_PER_BUCKET = 1600
FEW = 4000
TRUTH = "truth"
Answer = TypeVar("Answer")
Progress = Callable[[str, float | None], None]
DELAYS = {"stay": 0, "visit": 6, "diagnosis": 18, "dispensing": 3, "measurement": 0}
PRECISION = {
    "person": "day", "registration": "day", "coverage": "day", "stay": "minute", "visit": "minute",
    "diagnosis": "day", "procedure": "day", "dispensing": "day", "measurement": "minute",
    "programme": "day",
}  # fmt: skip


def order_of(people: int, seed: int, years: int, ages: str, scenario: Scenario | None) -> Order:
    """The order for these settings. Raises InputError for what cannot be made."""
    if ages not in ("older", "general"):
        raise InputError(
            "there is no such age structure", where="--ages", cure="use older or general"
        )
    if people < 1 or not 1 <= years <= 30 or seed < 0:
        raise InputError(
            "a population of this size, period or seed cannot be made",
            where="--people, --years, --seed",
            cure="give at least 1 person, 1 to 30 years, and a seed of 0 or more",
        )
    first = date(LAST.year - years + 1, 1, 1)
    period = Period(day(first), day(LAST) + 1)
    return Order(people, seed, period, ages, scenario or load_scenario())


def bucket_count(people: int) -> int:
    """Buckets for a population: a power of two, about 1,600 people each."""
    wanted = max(1, people // PEOPLE_PER_BUCKET)
    return int(min(SLICES, 1 << (wanted.bit_length() - 1)))


def buckets_of(order: Order) -> list[Ids]:
    """Ids of the people of each bucket, in canonical order."""
    ids, slices = person_ids(order.seed, order.people)
    count = bucket_count(order.people)
    edges = np.searchsorted(slices, np.arange(count + 1) * (SLICES // count))
    return [ids[a:b] for a, b in pairwise(edges)]


def generate(
    out: Path,
    *,
    people: int,
    seed: int,
    years: int = 6,
    ages: str = "older",
    scenario: Scenario | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> None:
    """Write a History at `out` and the truth at `out`/truth.

    years    years that end on 2024-12-31
    ages     `older` (two thirds 65 and over) or `general` (adults)
    workers  processes; by default what the machine has, at most 2

    Raises InputError for an order that cannot be met.
    """
    order = order_of(people, seed, years, ages, scenario)
    jobs = list(enumerate(buckets_of(order)))
    writer = HistoryWriter(
        out,
        source=f"synthetic seed={seed} people={people} ages={ages} scenario={order.scenario.name}",
        buckets=len(jobs),
        precision=PRECISION,
        delays=DELAYS,
        last=LAST,
    )
    with writer:
        made = [(order, number, ids, writer.folder) for number, ids in jobs]
        for done, summary in enumerate(_spread(write_one, made, people, workers), 1):
            writer.add(summary)
            if progress:
                progress("making people", done / len(jobs))
        join_parts(writer.folder / TRUTH, range(len(jobs)))


def write_one(order: Order, number: int, ids: Ids, folder: Path) -> BucketSummary:
    """Make and write one bucket and its truth."""
    here = world(order.seed, order.people, order.period, order.scenario)
    one = simulate(order, number, ids, here)
    write_part(folder / TRUTH, order, number, one)
    return write_bucket(folder, number, tables(order, number, one, here))


def drivers_only(
    *,
    people: int,
    seed: int,
    years: int = 6,
    ages: str = "older",
    scenario: Scenario | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> pa.Table:
    """The truth of all acute discharges and their outcome, without writing a History.

    One row a discharge, with the columns of truth/moments.parquet.
    """
    order = order_of(people, seed, years, ages, scenario)
    jobs = [(order, number, ids) for number, ids in enumerate(buckets_of(order))]
    made: dict[int, pa.Table] = {}
    for done, (number, rows) in enumerate(_spread(drivers_one, jobs, people, workers), 1):
        made[number] = rows
        if progress:
            progress("making people", done / len(jobs))
    return pa.concat_tables(made[number] for number in sorted(made))


def drivers_one(order: Order, number: int, ids: Ids) -> tuple[int, pa.Table]:
    """The discharges of one bucket and their outcomes."""
    here = world(order.seed, order.people, order.period, order.scenario)
    one = simulate(order, number, ids, here)
    moments = observed_moments(one, order.period).only(DISCHARGE)
    return number, moments_table(order, number, one, moments)


def _spread(
    work: Callable[..., Answer],
    jobs: Sequence[tuple[object, ...]],
    people: int,
    workers: int | None,
) -> Iterator[Answer]:
    """The answers as they come; a process that fails ends all."""
    count = workers or (1 if people <= FEW else min(2, os.cpu_count() or 1))
    if count == 1:
        yield from (work(*job) for job in jobs)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(work, *job) for job in jobs]):
            yield future.result()
