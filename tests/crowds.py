"""Many people at once, each with a few acute stays crowded together; random, from one seed.

Hypothesis likes its examples alike; here every person is drawn afresh, so that each turn of the
rules of linking is met many times.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from features.tables.contract import Tables
from features.tables.memory import tables_of

Row = dict[str, Any]

START = datetime.fromisoformat("2020-02-20")
LONG_AGO = "2010-01-01"
GAPS = (0, 0, 0, 6, 12, 24, 24, 30, 48, 48, 72, -10, -24, -48, 24 * 12)
LENGTHS = (0, 0, 10, 24, 24, 48, 72, 24 * 9)
LATE = (0, 0, 0, 0, 0, 0, 6, 30, 24 * 7)
SETTINGS = ("acute",) * 8 + ("emergency", "nursing_facility")
METHODS = ("emergency", "emergency", "transfer", "elective", "unknown")
SOURCES = (None, None, "acute", "acute", "home")
ENDS = ("home", "home", "acute", "acute", "home_health", "nursing_facility", "died", None)
CAUSES = (
    ("ICD-10-CM", "I509"),  # heart failure: neither acute nor planned by itself
    ("ICD-10-CM", "I500"),  # no code since long, so without a category
    ("ICD-10-CM", "M1711"),
    ("ICD-10-CM", "J449"),  # acute
    ("ICD-9-CM", "V5811"),  # chemotherapy: always planned
    ("LOCAL", "I500"),
)
ACTS = (
    ("ICD-10-PCS", "0SRC0J9"),  # a new knee: usually planned
    ("ICD-10-PCS", "0DJ08ZZ"),  # an endoscopy: not
    ("ICD-10-PCS", "XXXXXXX"),
    ("ICD-9-PCS", "5569"),  # a kidney transplant: always planned
    ("CPT", "27447"),
)


def crowd(seed: int, people: int, *, prompt: bool = False) -> Tables:
    """Tables of so many people; `prompt`: every fact is known when it happens, codes included."""
    dice = random.Random(seed)
    late = (0,) if prompt else LATE
    rows: dict[str, list[Row]] = {
        name: [] for name in ("person", "coverage", "stay", "diagnosis", "procedure")
    }
    for number in range(people):
        own = {"person_id": f"p{number}"}
        rows["person"].append({**own, "sex": "female", "birth_date": "1940-05-05"})
        rows["coverage"].append({**own, "kind": "all", "from_at": LONG_AGO, "known_at": LONG_AGO})
        stays = _stays(dice, late)
        rows["stay"] += [own | stay for stay in stays]
        for stay in stays:
            rows["diagnosis"] += [own | row for row in _coded(dice, late, stay, CAUSES)]
            rows["procedure"] += [own | row for row in _coded(dice, late, stay, ACTS)]
    return tables_of(rows)


def _stays(dice: random.Random, late: tuple[int, ...]) -> list[Row]:
    made: list[Row] = []
    begin = START + timedelta(hours=dice.choice((0, 8, 20)))
    for number in range(dice.randint(1, 6)):
        made.append(_stay(dice, late, number, begin))
        end = made[-1]["discharged_at"] or begin
        begin = end + timedelta(hours=dice.choice(GAPS))
    return made


def _stay(dice: random.Random, late: tuple[int, ...], number: int, begin: datetime) -> Row:
    def known(time: datetime) -> datetime:
        return time + timedelta(hours=dice.choice(late))

    end = begin + timedelta(hours=dice.choice(LENGTHS)) if dice.random() < 0.92 else None
    return {
        "stay_id": f"s{number}",
        "setting": dice.choice(SETTINGS),
        "admitted_at": begin,
        "discharged_at": end,
        "admitted_known": known(begin),
        "discharged_known": None if end is None else known(end),
        "coded_known": None if end is None else known(end),
        "admission_method": dice.choice(METHODS),
        "admitted_from": dice.choice(SOURCES),
        "discharged_to": None if end is None else dice.choice(ENDS),
        "facility_id": dice.choice(("A", "A", "B", None)),
        "day_case": dice.choice((None, False, True)),
        "cost": dice.choice((None, 0.1, 12.5)),
    }


def _coded(
    dice: random.Random, late: tuple[int, ...], stay: Row, codes: tuple[tuple[str, str], ...]
) -> list[Row]:
    made = []
    for system, code in dice.sample(codes, dice.choice((0, 1, 1, 2))):
        known = (stay["discharged_at"] or stay["admitted_at"]) + timedelta(hours=dice.choice(late))
        made.append(
            {
                "stay_id": stay["stay_id"], "position": 1, "at": stay["admitted_at"],
                "known_at": known, "code_system": system, "code": code,
            }
        )  # fmt: skip
    return made
