"""Visits: how often people are seen outside hospital, by whom, and when that is known.

Contacts follow need (conditions, frailty) and access; those who lack access are seen less for the
same need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthetic.compiled import Bools, Floats, Ints
from features.synthetic.hazards import YEAR
from features.synthetic.observe import Stays, minutes, seen
from features.synthetic.people import People, Period
from features.synthetic.scenario import Scenario
from features.synthetic.stays import TO_HOME, TO_HOME_HEALTH

SETTINGS = ("primary_care", "outpatient", "telehealth", "home_visit")
SPECIALTIES = (
    "cardiology", "dermatology", "endocrinology", "gastroenterology", "nephrology", "neurology",
    "oncology", "ophthalmology", "orthopaedics", "psychiatry", "respiratory", "rheumatology",
)  # fmt: skip
CLINICIANS = 6


@dataclass(frozen=True)
class Visits:
    """Visits in order of person and time; days since 1970; specialty -1 for primary care."""

    person: Ints
    at: Floats
    known: Floats
    setting: Ints
    specialty: Ints
    clinician: Ints


def draw_visits(
    rng: np.random.Generator,
    people: People,
    stays: Stays,
    leaves: Floats,
    period: Period,
    scenario: Scenario,
) -> Visits:
    """The visits of a bucket; `leaves` is the day each person died (inf: alive)."""
    person, at, setting = _planned(rng, people, period, scenario)
    after = _follow_up(rng, people, stays, scenario)
    person, at, setting = (
        np.concatenate(pair) for pair in zip((person, at, setting), after, strict=True)
    )
    at = minutes(at)
    order = np.lexsort((at, person))
    person, at, setting = person[order], at[order], setting[order]
    keep = seen(people, person, at, period) & (at < leaves[person]) & ~inside(stays, person, at)
    person, at, setting = person[keep], at[keep], setting[keep]
    specialty, clinician = _who(rng, person, setting, scenario)
    contacts = scenario["contacts"]
    late = contacts["delay_days"] * np.exp(
        contacts["delay_spread"] * rng.standard_normal(person.size)
    )
    known = minutes(at + late)
    there = known < period.end
    return Visits(
        person[there], at[there], known[there], setting[there], specialty[there], clinician[there]
    )


def _planned(
    rng: np.random.Generator, people: People, period: Period, scenario: Scenario
) -> tuple[Ints, Floats, Ints]:
    contacts, n = scenario["contacts"], people.ids.size
    years = np.arange(period.first, period.end, YEAR)
    base = np.array([contacts[name] for name in SETTINGS])
    own = contacts["spread"] * rng.standard_normal(n) + 0.12 * people.fixed["frailty"]
    ill = np.stack([(people.onset <= day + YEAR / 2).sum(axis=1) for day in years], axis=1)
    log = own[:, None] + contacts["condition"] * np.minimum(ill, 12)
    rate = people.access[:, None] * np.exp(log)
    counts = rng.poisson(rate[:, :, None] * base)
    where = np.indices(counts.shape).reshape(3, -1)
    who, year, setting = np.repeat(where, counts.ravel(), axis=1)
    day = np.floor(years[year] + YEAR * rng.random(who.size))
    weekend = (day.astype(np.int64) + 3) % 7 >= 5
    day = np.where(weekend & (rng.random(who.size) < 0.9), day - 2, day)
    return who, day + (8.0 + 10.0 * rng.random(who.size)) / 24.0, setting


def _follow_up(
    rng: np.random.Generator, people: People, stays: Stays, scenario: Scenario
) -> tuple[Ints, Floats, Ints]:
    home = (stays.setting == 0) & np.isfinite(stays.stop)
    home &= (stays.to == TO_HOME) | (stays.to == TO_HOME_HEALTH)
    chance = scenario["contacts"]["follow_up"] * people.access[stays.person]
    rows = np.flatnonzero(home & (rng.random(home.size) < chance))
    day = np.floor(stays.stop[rows]) + 2.0 + np.floor(12.0 * rng.random(rows.size))
    setting = np.where(rng.random(rows.size) < 0.7, 0, 1)
    return stays.person[rows], day + (8.0 + 10.0 * rng.random(rows.size)) / 24.0, setting


def inside(stays: Stays, person: Ints, at: Floats) -> Bools:
    """Which times fall on a day of a stay of their person."""
    if not stays.person.size:
        return np.zeros(person.size, dtype=np.bool_)
    wide = 1e6
    found = np.searchsorted(stays.person * wide + np.floor(stays.start), person * wide + at) - 1
    row = np.maximum(found, 0)
    same = (found >= 0) & (stays.person[row] == person)
    return np.asarray(same & (np.floor(at) <= np.floor(stays.stop[row])))


def _who(
    rng: np.random.Generator, person: Ints, setting: Ints, scenario: Scenario
) -> tuple[Ints, Ints]:
    """Specialty, and number of the clinician within practice or specialty."""
    n = person.size
    special = setting == 1
    specialty = np.where(special, (person * 7 + rng.integers(0, 3, n)) % len(SPECIALTIES), -1)
    usual = rng.random(n) < scenario["contacts"]["usual_provider"]
    clinician = np.where(usual, person % CLINICIANS, rng.integers(0, CLINICIANS, n))
    return specialty, clinician
