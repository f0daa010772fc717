"""Chronic conditions: their codes, how common they are by age, and when each person's begin.

The age at onset follows a logistic curve through the prevalences at 55 and 80, shifted by sex,
hidden frailty and what a person's conditions share. Need depends on nothing else, so groups that
differ in access do not differ in need.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from features.synthetic.compiled import Bools, Floats, Records, rows_of
from features.synthetic.hazards import YEAR
from features.synthetic.life import Effect
from features.synthetic.scenario import Scenario

HERE = Path(__file__).parent


def read_rows(name: str) -> list[dict[str, str]]:
    """Rows of a data file of this package."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Conditions:
    """The table `conditions.csv` by column; arrays have one entry a condition."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    specialties: tuple[str, ...]
    drgs: tuple[str, ...]
    medicines: tuple[tuple[tuple[str, float], ...], ...]
    number: Mapping[str, Floats]


@cache
def conditions() -> Conditions:
    """The chronic conditions of the population."""
    rows = read_rows("conditions.csv")
    texts = ("id", "label", "groups", "codes", "specialty", "drg", "medicines")
    return Conditions(
        tuple(row["id"] for row in rows),
        tuple(row["groups"] for row in rows),
        tuple(tuple(row["codes"].split("|")) for row in rows),
        tuple(row["specialty"] for row in rows),
        tuple(row["drg"] for row in rows),
        tuple(_shares(row["medicines"]) for row in rows),
        {name: np.array([float(r[name]) for r in rows]) for name in rows[0] if name not in texts},
    )


def _shares(text: str) -> tuple[tuple[str, float], ...]:
    pairs = (pair.split(":") for pair in text.split("|") if pair)
    return tuple((name, float(share)) for name, share in pairs)


def effects(scenario: Scenario) -> Records:
    """What each condition does, one row a condition (`life.Effect`)."""
    table = conditions()
    does = rows_of(Effect, len(table.ids))
    for name in ("unplanned", "planned", "death", "deficits"):
        does[name] = table.number[name]
    does["unplanned"] *= scenario["unplanned"]["conditions"]
    names = {group: n for n, group in enumerate(sorted({g for g in table.groups if g}))}
    does["group"] = [names.get(group, -1) for group in table.groups]
    return does


def onsets(
    rng: np.random.Generator, birth: Floats, female: Bools, frailty: Floats, scenario: Scenario
) -> Floats:
    """Day each condition begins, shape (people, conditions); inf where it never does."""
    number = conditions().number
    low, high = _logit(number["at_55"]), _logit(number["at_80"])
    slope = np.maximum((high - low) / 25.0, 0.004)
    people, count = birth.size, slope.size
    shared = scenario["frailty"]["shared"] * rng.standard_normal(people)
    loading = np.clip(number["frailty"] * scenario["frailty"]["conditions"], 0, 2)
    shift = (
        low
        + scenario["frailty"]["prevalence"]
        + frailty[:, None] * loading
        + shared[:, None] * (0.4 + loading)
        + np.where(female, 0.5, -0.5)[:, None] * number["female"]
    )
    drawn = rng.random((people, count))
    age = 55.0 + (_logit(drawn) - shift) / slope
    days = birth[:, None] + np.maximum(age, 18.0) * YEAR
    return np.where(age < 110.0, days, np.inf)


def _logit(p: Floats) -> Floats:
    return np.log(p / (1.0 - p))
