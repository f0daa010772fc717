"""The truth of moments: risk with and without the programme and as lived, effect, need, drivers.

Moments are every acute discharge alive, every discharge home from a nursing facility, and one
month a year of each person (months are many and alike). Only tests and benchmarks read the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.synthetic.arrow import (
    hex_ids,
    id_column,
    number_column,
    text_column,
    time_column,
)
from features.synthetic.bucket import Bucket
from features.synthetic.compiled import Bools, Floats, Records, compiled
from features.synthetic.drivers import DAY, Moments, drivers, observed_moments
from features.synthetic.hazards import programme_keeps, true_risk
from features.synthetic.order import Order, rates
from features.synthetic.outcomes import readmitted
from features.synthetic.people import ETHNICITIES
from features.synthetic.rows import bucket_keys

OUTCOMES = 3
MOMENTS = ("discharge", "nursing_facility_discharge", "month")


@compiled
def true_risks(moments: Records, states: Records, people: Records, rates: Records) -> Floats:
    """Per moment: risk without the programme, with it, and as lived; shape (moments, 3)."""
    risks = np.empty((moments.size, 3))
    r = rates[0]
    for n in range(moments.size):
        now, day = states[n], np.floor(moments[n].at)
        keep = programme_keeps(now, day, people[moments[n].person].own, r)
        risks[n, 0] = true_risk(now, day, 1.0, r)
        risks[n, 1] = true_risk(now, day, keep, r)
        enrolled = now.enrolled_from <= day < now.enrolled_to
        risks[n, 2] = risks[n, 1] if enrolled else risks[n, 0]
    return risks


def moments_table(order: Order, number: int, one: Bucket, moments: Moments) -> pa.Table:
    """The truth of a bucket's moments, in order of person and time.

    risk            of an unplanned admission within 30 days, as lived; risk_without and risk_with
                    the programme; effect: their difference
    need            comorbidity groups present, recorded or not
    y               readmission by the readmission definition; null: no label
    event_without, event_with  what happens either way, on a random number common to both
    driver_*        what could be seen (`drivers.py`)
    """
    lived, states = one.lived.moments[moments.row], one.lived.states[moments.row]
    risk = true_risks(lived, states, one.people.fixed, rates(order.scenario, order.period))
    key = bucket_keys(order.seed, number, one.stays.person.size, 0).stay
    there = moments.stay >= 0
    stay = np.where(there, moments.stay, 0)
    day = np.floor(lived["at"])
    enrolled = (states["enrolled_from"] <= day) & (day < states["enrolled_to"])
    y = readmitted(one, moments, order.period)
    rng = np.random.default_rng(np.random.SeedSequence([order.seed, number, OUTCOMES]))
    luck = rng.random(one.lived.moments.size)[moments.row]
    without, with_it = both_ways(luck, risk, y)
    columns = {
        "person_id": id_column(one.people.ids, moments.person),
        "index_at": time_column(moments.at / DAY),
        "stay_id": id_column(hex_ids("s", key), stay, there),
        "moment": text_column(MOMENTS, moments.kind),
        "risk": pa.array(risk[:, 2]),
        "risk_without": pa.array(risk[:, 0]),
        "risk_with": pa.array(risk[:, 1]),
        "effect": pa.array(risk[:, 0] - risk[:, 1]),
        "enrolled": pa.array(enrolled),
        "need": pa.array(states["need"].astype(np.int32)),
        "y": number_column(y),
        "event_without": pa.array(without),
        "event_with": pa.array(with_it),
    }
    for name, values in drivers(one, moments).items():
        columns[f"driver_{name}"] = pa.array(values.astype(np.float32))
    return pa.table(columns)


def both_ways(luck: Floats, risk: Floats, y: Floats) -> tuple[Bools, Bools]:
    """What happens without and with the programme to the same luck: one random number a moment.

    luck  evenly spread over 0 to 1
    risk  as `true_risks`
    y     what did happen, which the number agrees with (nan: it stays)
    """
    lived = risk[:, 2]
    luck = np.where(y == 1.0, luck * lived, np.where(y == 0.0, lived + luck * (1.0 - lived), luck))
    return luck < risk[:, 0], luck < risk[:, 1]


def people_table(one: Bucket) -> pa.Table:
    """What is hidden about each person: frailty, access to services, response to the programme."""
    people = one.people
    return pa.table(
        {
            "person_id": id_column(people.ids, np.arange(people.ids.size)),
            "frailty": pa.array(people.fixed["frailty"]),
            "access": pa.array(people.access),
            "response": pa.array(people.fixed["own"]),
            "ethnicity": text_column(ETHNICITIES, people.ethnicity),
            "social_needs": pa.array(people.needs.astype(np.int32)),
            "death": time_column(one.lived.died),
        }
    )


def write_part(folder: Path, order: Order, number: int, one: Bucket) -> None:
    """Write a bucket's share of the truth under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    moments = observed_moments(one, order.period)
    table = moments_table(order, number, one, moments)
    pq.write_table(table, folder / f"moments-{number:03d}.parquet", compression="zstd")
    pq.write_table(people_table(one), folder / f"people-{number:03d}.parquet")


def join_parts(folder: Path, numbers: Iterable[int]) -> None:
    """Make one file of moments and one of people of the buckets' shares."""
    for name in ("moments", "people"):
        parts = [folder / f"{name}-{number:03d}.parquet" for number in numbers]
        with pq.ParquetWriter(
            folder / f"{name}.parquet", pq.read_schema(parts[0]), compression="zstd"
        ) as writer:
            for part in parts:
                writer.write_table(pq.read_table(part))
                part.unlink()
