"""Cohort and labels in plain Python: one spell, one day at a time.

Shares nothing with `features/cohort` and `features/labels.py` but the definition. Spells come
from the plain engine, as known at the end of the extract.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from features.catalogue import load_catalogue
from features.definition import Definition
from features.tables.contract import Tables
from tests.reference.days import day
from tests.reference.engine import of_people
from tests.reference.moment import Moment
from tests.reference.spells import Spell

Row = Mapping[str, Any]
ADMISSIONS = ("all", "medical", "ambulatory", "hospital", "inpatient")
END = datetime.fromisoformat("2100-01-01")


class Life:
    """One person's rows and spells with everything known."""

    def __init__(self, rows: Mapping[str, list[Row]], definition: Definition) -> None:
        self.rows, self.person = rows, rows["person"][0]
        catalogue = load_catalogue().joined_by(definition.spells, definition.urgency)
        moment = {"index_at": END, "stay_id": None, "person_id": self.person["person_id"]}
        self.spells: list[Spell] = Moment(dict(rows), moment, catalogue, "adt").spells

    def covered(self, on: date) -> bool:
        return any(
            row["kind"] in ADMISSIONS
            and day(row["from_at"]) <= on
            and (row["to_at"] is None or on < day(row["to_at"]))
            for row in self.rows["coverage"]
        )

    def covered_share(self, first: date, last: date) -> float:
        days = list(each_day(first, last))
        return sum(map(self.covered, days)) / len(days)

    def age(self, on: date) -> int | None:
        born = self.person["birth_date"]
        if born is None or born > on:
            return None
        return int(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


def each_day(first: date, last: date) -> Iterator[date]:
    """Days of [first, last]."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def lives_of(tables: Tables, definition: Definition) -> list[Life]:
    rows = {name: of_people(table) for name, table in tables.items()}
    return [
        Life({name: held.get(person, []) for name, held in rows.items()}, definition)
        for person in rows["person"]
    ]


def left_out(life: Life, spell: Spell, definition: Definition) -> str | None:
    """The first reason for which a discharge is no index moment."""
    if spell.open:
        return "open_stay"
    on, went = spell.end, spell.last.row["discharged_to"]
    death, index = life.person["death_date"], definition.index
    nights = (spell.end - spell.start).days
    flags = [stay.row["day_case"] for stay in spell.stays]
    reasons = {
        "died_in_stay": went == "died" or (death is not None and on >= death),
        "left_against_advice": went == "against_advice",
        "day_case": nights == 0 and all(flag is True for flag in flags),
    }
    for reason in index.exclude:
        if reasons[reason]:
            return reason
    age = life.age(on)
    if life.person["birth_date"] is None:
        return "birth_unknown"
    if age is None:
        return "not_born"
    if age < index.least_age:
        return "too_young"
    before = on - timedelta(days=index.look_back_days), on - timedelta(days=1)
    share = life.covered_share(*before) + 1e-9
    return "look_back_not_observed" if share < index.look_back_share else None


def cohort(lives: list[Life], definition: Definition) -> tuple[list[tuple[str, str]], Counter[str]]:
    """(person, last stay) of each index moment, and the rest by reason."""
    kept, excluded = [], Counter[str]()
    for life in lives:
        for spell in life.spells:
            reason = left_out(life, spell, definition)
            if reason is None:
                kept.append((life.person["person_id"], spell.last.row["stay_id"]))
            else:
                excluded[reason] += 1
    return kept, excluded


def readmission(
    life: Life, spell: Spell, definition: Definition, last_known: datetime
) -> tuple[str, float | None, float | None]:
    """Status, value, and value under the other reading of an undecided urgency."""
    outcome, index = definition.outcome, spell.end
    first, last = (index + timedelta(days=n) for n in (outcome.first_day, outcome.last_day))
    ripe = last + timedelta(days=1 + definition.run_out_days)
    if datetime.combine(ripe, datetime.min.time()) > last_known + timedelta(microseconds=1):
        return "horizon_not_observed", None, None
    death = life.person["death_date"]
    seen = [on for on in each_day(first, last) if death is None or on < max(death, first)]
    if not all(map(life.covered, seen)):
        return "coverage_lost", None, None
    later = life.spells[life.spells.index(spell) + 1 :]
    inside = [s.urgency for s in later if first <= s.start <= last]
    other = "planned" if outcome.undecided == "unplanned" else "unplanned"
    return "labelled", *(event(inside, r, outcome.look_at) for r in (outcome.undecided, other))


def event(urgencies: list[str], undecided: str, look_at: str) -> float:
    read = [undecided if urgency == "undecided" else urgency for urgency in urgencies]
    looked = read[:1] if look_at == "first" else read
    return float("unplanned" in looked)
