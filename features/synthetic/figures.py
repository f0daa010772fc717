"""What a History shows in the terms of published statistics: rates, stays, costs, conditions.

Reads canonical tables only, never the truth, so that any History can be held against
`published.csv`. Refuses nothing: a figure nobody contributes to is nan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.cohort import index_moments
from features.definition import load_definition
from features.labels import labels
from features.observed import days, observed_days
from features.spells import SpellRule, spells
from features.synthetic.compiled import Bools, Floats, Ints
from features.synthetic.conditions import conditions
from features.tables.contract import Tables
from features.tables.history import History
from features.windows import NO_DAY

YEAR = 365.25
BANDS = ((45, 55), (55, 65), (65, 75), (85, 200), (65, 200))
"""Ages from, to; those that publications name."""
CHRONIC = (
    ("lipids",), ("htn",), ("cad", "mi"), ("diab", "diabc"), ("arthrosis", "rheum"), ("chf",),
    ("depression",), ("renal",), ("osteoporosis",), ("dementia",), ("copd",), ("afib",),
    ("cancer", "metastatic", "lymphoma"), ("stroke",),
)  # fmt: skip
"""Conditions counted as by Lochner and Cox (2013), asthma apart."""


@dataclass(frozen=True)
class Parts:
    """Sums of a figure over some people: it is `above` / `below`."""

    name: str
    above: float
    below: float


def band_name(band: tuple[int, int]) -> str:
    return f"{band[0]}+" if band[1] > 120 else f"{band[0]}-{band[1] - 1}"


def figures(history: History) -> dict[str, float]:
    """Each figure of a whole History by name, as a share or a rate per person and year."""
    above: dict[str, float] = {}
    below: dict[str, float] = {}
    costs = []
    last = history.manifest.last.year - 1
    for number in range(history.buckets):
        tables = history.bucket(number)
        for part in parts(tables, history):
            above[part.name] = above.get(part.name, 0.0) + part.above
            below[part.name] = below.get(part.name, 0.0) + part.below
        costs.append(_costs(tables, last))
    made = {name: above[name] / below[name] if below[name] else np.nan for name in above}
    return made | _concentration(np.concatenate(costs))


def parts(tables: Tables, history: History) -> Iterable[Parts]:
    """The sums of all figures that add up over people."""
    years = range(history.manifest.first.year, history.manifest.last.year + 1)
    spell = spells(tables, SpellRule.DATES, deciders=("method",))  # as admitted
    for year in years:
        yield from _year(tables, spell, year)
    yield from _stays(tables, spell)
    yield from _readmissions(tables, history)
    yield from _chronic(tables, history.manifest.last.year)


def _in(age: npt.NDArray[np.floating], band: tuple[int, int]) -> Bools:
    return np.asarray((age >= band[0]) & (age < band[1]))


def _day(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - date(1970, 1, 1)).days


def _ages(tables: Tables, on: int | Ints, person: pa.ChunkedArray | None = None) -> Floats:
    """Ages in years on a day; of everybody, or of the person of each row."""
    table = tables["person"]
    born = days(table.column("birth_date"))
    if person is not None:
        born = born[_rows_of(table, person)]
    return (on - born) / YEAR


def _rows_of(table: pa.Table, person: pa.ChunkedArray) -> Ints:
    held = table.column("person_id").combine_chunks()
    return np.asarray(pc.index_in(person, value_set=held).to_numpy(), dtype=np.int64)


def _year(tables: Tables, spell: pa.Table, year: int) -> Iterable[Parts]:
    """Admissions, people admitted and deaths of a calendar year by age in its middle."""
    start, end, middle = _day(year, 1, 1), _day(year + 1, 1, 1), _day(year, 7, 1)
    person = tables["person"]
    n = person.num_rows
    death = days(person.column("death_date"))
    upto = np.where(death == NO_DAY, end, np.clip(death + 1, start, end)).astype(np.int32)
    first = np.full(n, start, dtype=np.int32)
    seen = observed_days(tables["coverage"], person.column("person_id"), first, upto) / YEAR
    age = _ages(tables, middle)
    admitted = days(spell.column("admitted_at"))
    within = (admitted >= start) & (admitted < end)
    rows = _rows_of(person, spell.column("person_id"))[within]
    count = np.bincount(rows, minlength=n)
    died = (death >= start) & (death < end) & (seen > 0)
    whole = seen > 0.99 * (upto - start) / YEAR
    whole &= upto > start
    for band in BANDS:
        who, name = _in(age, band), band_name(band)
        yield Parts(f"admissions_{name}", count[who].sum(), seen[who].sum())
        yield Parts(f"deaths_{name}", died[who].sum(), seen[who].sum())
        yield Parts(f"admitted_{name}", (count[who & whole] > 0).sum(), (who & whole).sum())


def _stays(tables: Tables, spell: pa.Table) -> Iterable[Parts]:
    """Nights, urgency, way in and destination of acute spells that ended."""
    ended = spell.filter(pc.is_valid(spell.column("discharged_at")))
    admitted, left = days(ended.column("admitted_at")), days(ended.column("discharged_at"))
    age = _ages(tables, admitted.astype(np.int64), ended.column("person_id"))
    urgency = np.array(ended.column("urgency").to_pylist(), dtype=object)
    to = np.array(ended.column("discharged_to").to_pylist(), dtype=object)
    for band in BANDS:
        who, name = _in(age, band), band_name(band)
        total = float(who.sum())
        yield Parts(f"nights_{name}", float((left - admitted)[who].sum()), total)
        yield Parts(f"planned_{name}", (urgency[who] == "planned").sum(), total)
        yield Parts(f"to_nursing_{name}", (to[who] == "nursing_facility").sum(), total)
        yield Parts(f"to_home_health_{name}", (to[who] == "home_health").sum(), total)
        yield Parts(f"died_in_stay_{name}", (to[who] == "died").sum(), total)
    acute = tables["stay"].filter(pc.equal(tables["stay"].column("setting"), "acute"))
    age = _ages(
        tables, days(acute.column("admitted_at")).astype(np.int64), acute.column("person_id")
    )
    through = pc.fill_null(pc.equal(acute.column("admitted_from"), "emergency"), False).to_numpy()
    for band in BANDS:
        who = _in(age, band)
        yield Parts(f"through_emergency_{band_name(band)}", through[who].sum(), who.sum())


def _readmissions(tables: Tables, history: History) -> Iterable[Parts]:
    """Unplanned and any readmission within 30 days by the readmission definition."""
    definition = load_definition("readmission")
    moments = index_moments(tables, definition).moments
    found = labels(tables, moments, definition, last_known=history.manifest.last_known)
    labelled = pc.equal(found.column("status"), "labelled").to_numpy()
    value = pc.fill_null(found.column("value"), 0.0).to_numpy()
    index = days(moments.column("index_at")).astype(np.int64)
    age = _ages(tables, index, moments.column("person_id"))
    to = _went(tables, moments)
    for band in BANDS:
        who = _in(age, band) & labelled
        yield Parts(f"readmitted_{band_name(band)}", value[who].sum(), who.sum())
    who = _in(age, (65, 200)) & labelled & (to == "nursing_facility")
    yield Parts("readmitted_from_nursing_65+", value[who].sum(), who.sum())


def _went(tables: Tables, moments: pa.Table) -> npt.NDArray[np.object_]:
    stay = tables["stay"]
    at = pc.index_in(moments.column("stay_id"), value_set=stay.column("stay_id").combine_chunks())
    return np.array(stay.column("discharged_to").take(at).to_pylist(), dtype=object)


def _chronic(tables: Tables, year: int) -> Iterable[Parts]:
    """People 65 and over, alive and seen for the last two years, by chronic conditions recorded."""
    start, end = _day(year - 1, 1, 1), _day(year + 1, 1, 1)
    person, diagnosis = tables["person"], tables["diagnosis"]
    n = person.num_rows
    seen = observed_days(
        tables["coverage"], person.column("person_id"),
        np.full(n, start, np.int32), np.full(n, end, np.int32),
    )  # fmt: skip
    death = days(person.column("death_date"))
    who = _in(_ages(tables, _day(year, 7, 1)), (65, 200)) & (seen == end - start)
    who &= death == NO_DAY
    at = days(diagnosis.column("at"))
    recent = diagnosis.filter(pa.array((at >= start) & (at < end)))
    rows = _rows_of(person, recent.column("person_id"))
    table = conditions()
    number = np.zeros(n, dtype=np.int64)
    for group in CHRONIC:
        codes = [code for one in group for code in table.codes[table.ids.index(one)]]
        has = np.zeros(n, dtype=np.bool_)
        has[rows[pc.is_in(recent.column("code"), pa.array(codes)).to_numpy()]] = True
        number += has
    yield Parts("two_conditions_65+", (number[who] >= 2).sum(), who.sum())
    yield Parts("four_conditions_65+", (number[who] >= 4).sum(), who.sum())


def _costs(tables: Tables, year: int) -> Floats:
    """What each person of 65 and over, seen in the year, cost in it."""
    start, end = _day(year, 1, 1), _day(year + 1, 1, 1)
    person = tables["person"]
    n = person.num_rows
    total = np.zeros(n)
    for name, time in (("stay", "admitted_at"), ("visit", "at"), ("dispensing", "at")):
        table = tables[name]
        at = days(table.column(time))
        cost = pc.fill_null(table.column("cost"), 0.0).to_numpy()
        cost = np.where((at >= start) & (at < end), cost, 0.0)
        total += np.bincount(_rows_of(person, table.column("person_id")), cost, minlength=n)
    death = days(person.column("death_date"))
    upto = np.where(death == NO_DAY, end, np.clip(death + 1, start, end)).astype(np.int32)
    first = np.full(n, start, dtype=np.int32)
    seen = observed_days(tables["coverage"], person.column("person_id"), first, upto)
    whole = (seen > 0) & (seen == upto - start)
    return np.asarray(total[whole & _in(_ages(tables, _day(year, 7, 1)), (65, 200))])


def _concentration(costs: Floats) -> dict[str, float]:
    """Share of all costs that the dearest people account for."""
    ordered = np.sort(costs)[::-1]
    total = ordered.sum()
    return {
        f"cost_top_{share}%_65+": float(ordered[: round(share / 100 * ordered.size)].sum() / total)
        if total
        else np.nan
        for share in (1, 5, 10)
    }
