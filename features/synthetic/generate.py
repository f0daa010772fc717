"""Makes a synthetic History and its truth, bucket by bucket on up to two processes.

The same people, seed, years, ages and scenario give the same bytes whatever the number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.synthetic.bucket import Order, day, simulate, tables
from features.synthetic.people import Period, person_ids, world
from features.synthetic.scenario import Scenario, load_scenario
from features.tables.order import SLICES
from features.tables.write import BucketSummary, HistoryWriter, write_bucket

LAST = date(2024, 12, 31)
PEOPLE_PER_BUCKET = 1600
FEW = 4000
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


def buckets_of(order: Order) -> list[npt.NDArray[np.bytes_]]:
    """Ids of the people of each bucket, in canonical order."""
    ids, slices = person_ids(order.seed, order.people)
    count = bucket_count(order.people)
    edges = np.searchsorted(slices, np.arange(count + 1) * (SLICES // count))
    return [ids[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]


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

    years ending on 2024-12-31; ages `older` (two thirds 65 and over) or `general` (adults). `workers`
    defaults to what the machine has, at most 2. Raises InputError for an order that cannot be met.
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


def write_one(
    order: Order, number: int, ids: npt.NDArray[np.bytes_], folder: Path
) -> BucketSummary:
    """Make and write one bucket."""
    here = world(order.seed, order.people, order.period, order.scenario)
    one = simulate(order, number, ids, here)
    return write_bucket(folder, number, tables(order, number, one, here))


def _spread(
    work: Callable[..., BucketSummary],
    jobs: list[tuple[object, ...]],
    people: int,
    workers: int | None,
) -> Iterator[BucketSummary]:
    count = workers or (1 if people <= FEW else min(2, os.cpu_count() or 1))
    if count == 1:
        yield from (work(*job) for job in jobs)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(work, *job) for job in jobs]):
            yield future.result()
