"""Diagnoses and procedures: what of a person's conditions is written down, where, and when known.

A condition is coded at a contact with the chance its table names, never at every contact; people
with fewer contacts have fewer codes for the same need.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.codes.ccs import category
from features.codes.planned import IS_PLANNED, Reason, decide
from features.synthetic.compiled import Floats, Ints
from features.synthetic.conditions import conditions, read_rows
from features.synthetic.contacts import Visits
from features.synthetic.hazards import YEAR
from features.synthetic.observe import NOT_YET, Stays
from features.synthetic.people import People, Period
from features.synthetic.scenario import Scenario

SOCIAL = ("Z560", "Z599", "Z596", "Z602", "Z604", "Z638")
MINOR = ("J069", "M5416", "R109", "R5383", "R0600", "Z0000", "Z23", "H269", "R42", "K219")
ACUTE_ALSO = ("D62", "E871", "E876", "J9601", "N179", "R4182")
PROCEDURES = ("0DJ08ZZ", "30233N1", "4A023N7", "5A1935Z", "B2111ZZ")
NONE = np.iinfo(np.int64).max
AT_VISIT = np.array([1.0, 0.8, 0.5, 0.8])


@dataclass(frozen=True)
class Facts:
    """Coded facts; stay, visit: row of the contact or NONE; code: position in a sorted list."""

    person: Ints
    stay: Ints
    visit: Ints
    at: Floats
    known: Floats
    code: Ints
    position: Ints


@dataclass(frozen=True)
class Reasons:
    """Why people are admitted: code, specialty, group, and how likely, one entry a reason."""

    codes: tuple[str, ...]
    specialties: tuple[str, ...]
    drgs: tuple[str, ...]
    weight: Floats
    condition: Ints
    procedures: tuple[str, ...]


@cache
def reasons(planned: bool) -> Reasons:
    """Reasons of planned or unplanned stays; `condition` is -1 where none is needed."""
    table = conditions()
    if planned:
        rows = read_rows("planned_reasons.csv")
        at = [table.ids.index(r["condition"]) if r["condition"] else -1 for r in rows]
        weight = [float(r["weight"]) for r in rows]
        procedures = tuple(r["procedure"] for r in rows)
        return _reasons(rows, weight, at, procedures)
    rows = read_rows("acute_reasons.csv")
    weight = [float(r["weight"]) for r in rows] + list(table.number["principal"])
    ill = [
        {"code": codes[0], "specialty": specialty, "drg": drg}
        for codes, specialty, drg in zip(table.codes, table.specialties, table.drgs, strict=True)
    ]
    at = [-1] * len(rows) + list(range(len(table.ids)))
    return _reasons(rows + ill, weight, at, ())


@cache
def planned_by_codes() -> npt.NDArray[np.bool_]:
    """Which of the reasons of planned stays the planned-readmission algorithm calls planned.

    Not all of them, as in the world; it calls none of the others planned.
    """
    table = reasons(True)
    places, systems = np.arange(len(table.codes)), ["ICD-10-PCS"] * len(table.codes)
    diagnosis = category("ICD-10-CM", pa.array(table.codes))
    found = decide(diagnosis, places, pa.array(systems), pa.array(table.procedures))
    return np.array([IS_PLANNED[Reason(reason)] for reason in found])


def _reasons(
    rows: list[dict[str, str]], weight: list[float], at: list[int], procedures: tuple[str, ...]
) -> Reasons:
    return Reasons(
        tuple(r["code"] for r in rows),
        tuple(r["specialty"] for r in rows),
        tuple(r["drg"] for r in rows),
        np.array(weight),
        np.array(at),
        procedures,
    )


@cache
def code_list() -> tuple[str, ...]:
    """All diagnosis codes used, in order, so that a position sorts as its code does."""
    made = {code for codes in conditions().codes for code in codes}
    made |= {*SOCIAL, *MINOR, *ACUTE_ALSO, *reasons(True).codes, *reasons(False).codes}
    return tuple(sorted(made))


@cache
def procedure_list() -> tuple[str, ...]:
    return tuple(sorted({*PROCEDURES, *reasons(True).procedures}))


def _positions(codes: tuple[str, ...]) -> Ints:
    known = {code: n for n, code in enumerate(code_list())}
    return np.array([known[code] for code in codes])


def choose_reasons(
    rng: np.random.Generator, people: People, stays: Stays, planned: npt.NDArray[np.bool_]
) -> Ints:
    """Reason of each stay: position in `reasons(False)` or, where planned, `reasons(True)`.

    Stays of one spell share a reason.
    """
    chosen = np.zeros(stays.person.size, dtype=np.int64)
    for which in (False, True):
        table, rows = reasons(which), np.flatnonzero(planned == which)
        has = people.onset[stays.person[rows]] <= stays.start[rows, None]
        has = np.concatenate([has, np.ones((rows.size, 1), dtype=np.bool_)], axis=1)
        total = np.cumsum(has[:, table.condition] * table.weight, axis=1)
        drawn = rng.random(rows.size) * total[:, -1]
        chosen[rows] = (total < drawn[:, None]).sum(axis=1)
    first = np.zeros(int(stays.source.max(initial=0)) + 1, dtype=np.int64)
    first[stays.source[::-1]] = chosen[::-1]
    return np.asarray(first[stays.source])


def _variant(rng: np.random.Generator, condition: Ints, person: Ints) -> Ints:
    """Code position of each condition: mostly the one usual for the person."""
    table = conditions()
    wide = max(len(codes) for codes in table.codes)
    padded = np.array([_positions(codes * wide)[:wide] for codes in table.codes])
    other = rng.random(person.size) < 0.15
    which = np.where(person % 3 > 0, 0, person % wide) + other
    return np.asarray(padded[condition, which % wide])


def visit_codes(
    rng: np.random.Generator, people: People, visits: Visits, period: Period, scenario: Scenario
) -> Facts:
    """Codes of visits; a visit that codes no condition codes a minor complaint."""
    coding, table = scenario["coding"], conditions()
    n = visits.person.size
    chance = table.number["visit"] * coding["visit"]
    level = AT_VISIT[visits.setting] * _denser(visits.at, period, scenario)
    drawn = rng.random((n, chance.size), dtype=np.float32)
    present = people.onset[visits.person] <= visits.at[:, None]
    row, condition = np.nonzero(present & (drawn < level[:, None] * chance))
    code = _variant(rng, condition, visits.person[row])
    empty = np.flatnonzero(np.bincount(row, minlength=n) == 0)
    minor = _positions(MINOR)[rng.integers(0, len(MINOR), empty.size)]
    needs = people.needs[visits.person]
    social = np.flatnonzero(rng.random(n) < needs * coding["social_visit"])
    rows = np.concatenate([row, empty, social])
    codes = np.concatenate([code, minor, _social(rng, people, visits.person[social])])
    rows, codes, position = _numbered(rng, rows, codes)
    return Facts(
        visits.person[rows],
        np.full(rows.size, NONE),
        rows,
        np.floor(visits.at[rows]),
        visits.known[rows],
        codes,
        position,
    )


def stay_codes(
    rng: np.random.Generator,
    people: People,
    stays: Stays,
    reason: Ints,
    severity: Floats,
    period: Period,
    scenario: Scenario,
) -> Facts:
    """Codes of stays whose codes are known: the reason first, then conditions and complications."""
    coding, table = scenario["coding"], conditions()
    known = np.flatnonzero(stays.coded_known < NOT_YET)
    person, urgent = stays.person[known], stays.method[known] != 1
    weak, strong = _positions(reasons(False).codes), _positions(reasons(True).codes)
    first = np.where(
        urgent,
        weak[np.minimum(reason[known], weak.size - 1)],
        strong[np.minimum(reason[known], strong.size - 1)],
    )
    level = np.array([1.0, 0.25, 0.6, 0.5])[stays.setting[known]]
    level = level * coding["stay"] * _denser(stays.start[known], period, scenario)
    drawn = rng.random((known.size, table.number["stay"].size), dtype=np.float32)
    present = people.onset[person] <= stays.start[known, None]
    row, condition = np.nonzero(present & (drawn < level[:, None] * table.number["stay"]))
    ill = 1.0 / (1.0 + np.exp(2.6 - 0.9 * severity[known]))
    ill = np.where(stays.setting[known] == 0, ill, 0.0)
    also, which = np.nonzero(rng.random((known.size, len(ACUTE_ALSO))) < ill[:, None])
    needs = people.needs[person]
    social = np.flatnonzero(rng.random(known.size) < needs * coding["social_stay"] * level)
    rows = np.concatenate([row, also, social])
    codes = np.concatenate(
        [
            _variant(rng, condition, person[row]),
            _positions(ACUTE_ALSO)[which],
            _social(rng, people, person[social]),
        ]
    )
    other = codes != first[rows]
    rows, codes, position = _numbered(rng, rows[other], codes[other])
    rows = np.concatenate([np.arange(known.size), rows])
    return Facts(
        person[rows],
        known[rows],
        np.full(rows.size, NONE),
        np.floor(stays.start[known[rows]]),
        stays.coded_known[known[rows]],
        np.concatenate([first, codes]),
        np.concatenate([np.ones(known.size, dtype=np.int64), position + 1]),
    )


def procedures(
    rng: np.random.Generator, stays: Stays, reason: Ints, planned: npt.NDArray[np.bool_]
) -> Facts:
    """One procedure for each planned stay and for some of the others."""
    known = {code: n for n, code in enumerate(procedure_list())}
    usual = np.array([known[code] for code in reasons(True).procedures])
    other = np.array([known[code] for code in PROCEDURES])
    acute = (stays.setting == 0) & (stays.coded_known < NOT_YET)
    rows = np.flatnonzero(acute & (planned | (rng.random(acute.size) < 0.3)))
    some = other[rng.integers(0, other.size, rows.size)]
    code = np.where(planned[rows], usual[np.minimum(reason[rows], usual.size - 1)], some)
    return Facts(
        stays.person[rows],
        rows,
        np.full(rows.size, NONE),
        np.floor(stays.start[rows]),
        stays.coded_known[rows],
        code,
        np.ones(rows.size, dtype=np.int64),
    )


def _social(rng: np.random.Generator, people: People, person: Ints) -> Ints:
    """One of the person's own social needs."""
    count = np.maximum(people.needs[person], 1)
    own = (person * 5 + np.floor(rng.random(person.size) * count).astype(np.int64)) % len(SOCIAL)
    return _positions(SOCIAL)[own]


def _denser(at: Floats, period: Period, scenario: Scenario) -> Floats:
    drift = scenario["drift"]
    late = at >= period.end - round(drift["years"] * YEAR)
    return np.where(late, drift["coding"], 1.0)


def _numbered(rng: np.random.Generator, rows: Ints, codes: Ints) -> tuple[Ints, Ints, Ints]:
    """Each code once a contact, numbered from 1 by chance; in order of contact, code."""
    wide = len(code_list())
    once = np.unique(rows * wide + codes)
    rows, codes = once // wide, once % wide
    shuffled = np.lexsort((rng.random(rows.size), rows))
    begins = np.searchsorted(rows, rows)
    position = np.empty(rows.size, dtype=np.int64)
    position[shuffled] = np.arange(rows.size) - begins + 1
    return rows, codes, position
