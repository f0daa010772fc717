"""Many whole people at once: the crowded stays of `crowds.py`, and all else that may be known.

Random, from one seed. Times collide, facts become known late, values and names are often unknown,
and not every day is covered.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from features.tables.contract import Tables
from features.tables.memory import tables_of
from features.tables.schema import TABLES
from tests.crowds import START, crowd
from tests.lives import ACTS, CODES, MEDICINES, MOMENTS, VALUES

Row = dict[str, Any]

SPAN = 40
LATE = (0, 0, 0, 0, 6, 30, 24 * 7, 24 * 60)
COSTS = (None, 0.0, 0.1, 0.2, 0.7, 12.5, 1e9)
NUMBERS = (None, -1.0, 0.0, 0.1, 0.2, 0.7, 1.0, 11.5, 1e9)
BIRTHS = (None, "1940-02-29", "1975-03-10", "1985-02-28", "2020-03-01")
SPECIALTIES = ("geriatrics", "cardiology", None)
SETTINGS = TABLES["visit"].column("setting").allowed
KINDS = TABLES["coverage"].column("kind").allowed
RESIDENCES = (*TABLES["registration"].column("residence").allowed, None)


def population(seed: int, people: int) -> Tables:
    """Tables of so many people."""
    dice = random.Random(seed)
    rows = {name: table.to_pylist() for name, table in crowd(seed, people).items()}
    rows["coverage"] = []
    for person in rows["person"]:
        person["birth_date"] = dice.choice(BIRTHS)
        person["sex"] = dice.choice(("female", "male", "unknown"))
    for stay in rows["stay"]:
        stay["specialty"] = dice.choice(SPECIALTIES)
    for table in ("diagnosis", "procedure"):
        for row in rows[table]:
            row["position"] = dice.choice((1, 1, 1, 2, None))
    for person in rows["person"]:
        for table, (make, most) in MADE.items():
            made = [make(dice, number) for number in range(dice.randint(0, most))]
            rows[table] += [{"person_id": person["person_id"], **row} for row in made]
    return tables_of({name: _once(name, held) for name, held in rows.items()})


def _once(name: str, rows: list[Row]) -> list[Row]:
    """Without rows that have the key of another."""
    return list(
        {tuple(row.get(column) for column in TABLES[name].key): row for row in rows}.values()
    )


def _when(dice: random.Random, back: int = 0) -> datetime:
    """A time of the weeks of the stays, or up to so many days before."""
    hours = dice.choice((0, 0, 0, 8, 20))
    return START + timedelta(days=dice.randint(-back, SPAN), hours=hours)


def _fact(dice: random.Random, back: int = 0) -> Row:
    at = _when(dice, back)
    return {"at": at, "known_at": at + timedelta(hours=dice.choice(LATE))}


def _coded(dice: random.Random, held: Mapping[str, list[str]]) -> Row:
    system = dice.choice(list(held))
    return {"code_system": system, "code": dice.choice(held[system])}


def _diagnosis(dice: random.Random, _: int) -> Row:
    return {**_fact(dice), **_coded(dice, CODES), "position": dice.choice((1, 2, None))}


def _procedure(dice: random.Random, _: int) -> Row:
    return {**_fact(dice), **_coded(dice, ACTS), "position": dice.choice((1, 2, None))}


def _dispensing(dice: random.Random, _: int) -> Row:
    supply = dice.choice((None, 0, 1, 2, 5, 14, 28, 90))
    cost = dice.choice(COSTS)
    return {**_fact(dice, 60), **_coded(dice, MEDICINES), "days_supply": supply, "cost": cost}


def _measurement(dice: random.Random, _: int) -> Row:
    value, unit = dice.choice(NUMBERS), dice.choice((None, "g/dL"))
    return {**_fact(dice), **_coded(dice, VALUES), "value": value, "unit": unit}


def _visit(dice: random.Random, number: int) -> Row:
    return {
        **_fact(dice),
        "visit_id": f"v{number}",
        "setting": dice.choice(SETTINGS),
        "provider_id": dice.choice(("x", "x", "y", "z", None)),
        "facility_id": dice.choice(("A", "B", None)),
        "specialty": dice.choice(SPECIALTIES),
        "cost": dice.choice(COSTS),
    }


def _period(dice: random.Random) -> Row:
    start = _when(dice, 100)
    length = dice.choice((None, None, 0, 7, 20, 60))
    end = None if length is None else start + timedelta(days=length)
    return {"from_at": start, "known_at": start + timedelta(hours=dice.choice(LATE)), "to_at": end}


def _coverage(dice: random.Random, _: int) -> Row:
    return {**_period(dice), "kind": dice.choice(("all", "all", *KINDS))}


def _registration(dice: random.Random, _: int) -> Row:
    return {
        **_period(dice),
        "carer": dice.choice((None, True, False)),
        "residence": dice.choice(RESIDENCES),
        "deprivation": dice.choice((None, 0.0, 23.5)),
        "deprivation_scheme": dice.choice((None, "IMD 2019", "IMD 2025")),
    }


MADE: Mapping[str, tuple[Callable[[random.Random, int], Row], int]] = {
    "diagnosis": (_diagnosis, 6),
    "procedure": (_procedure, 3),
    "dispensing": (_dispensing, 8),
    "measurement": (_measurement, 8),
    "visit": (_visit, 8),
    "coverage": (_coverage, 4),
    "registration": (_registration, 3),
}
"""What else is made of each person: how, and how many at most."""


def moments_by(dice: random.Random, tables: Tables, share: float = 1.0) -> pa.Table:
    """Index moments of every person, several of one day among them: each stay's end or a time near
    it, with or without the stay as index, and two months, one of them before or after everything.

    share  of the stays that are asked about
    """
    rows: list[tuple[object, ...]] = []
    for stay in tables["stay"].to_pylist():
        if dice.random() < share:
            at = stay["discharged_at"] or stay["admitted_at"]
            at += timedelta(hours=dice.choice((0, 0, 0, -24, 8, 24, 72)))
            index = stay["stay_id"] if dice.random() < 0.8 else None
            rows.append((stay["person_id"], at, index, None, "discharge" if index else "month"))
    for person in tables["person"]["person_id"].to_pylist():
        for days in (dice.randint(0, SPAN), dice.choice((-70, 0, SPAN + 60, 500))):
            rows.append((person, START + timedelta(days=days), None, None, "month"))
    return pa.Table.from_pylist([dict(zip(MOMENTS.names, r, strict=True)) for r in rows], MOMENTS)
