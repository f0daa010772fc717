"""Measurements: haemoglobin and sodium in acute stays, and scores of daily living."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthetic.compiled import Floats, Ints, rounded
from features.synthetic.conditions import conditions
from features.synthetic.contacts import Visits
from features.synthetic.hazards import YEAR
from features.synthetic.observe import NOT_YET, Stays, minutes
from features.synthetic.people import People, Period
from features.synthetic.scenario import Scenario

# in the order of (code system, code): what a tie in time is sorted by
KINDS = (("LOCAL", "ADL", None), ("LOINC", "2951-2", "mmol/L"), ("LOINC", "718-7", "g/dL"))
FUNCTION, SODIUM, HAEMOGLOBIN = range(3)


@dataclass(frozen=True)
class Measures:
    """Measurements in order of person, time, kind."""

    person: Ints
    at: Floats
    known: Floats
    kind: Ints
    value: Floats


def draw_measures(
    rng: np.random.Generator,
    people: People,
    stays: Stays,
    visits: Visits,
    severity: Floats,
    deficits: Floats,
    period: Period,
    scenario: Scenario,
) -> Measures:
    """The measurements of a bucket; severity and deficits are per stay."""
    parts = [
        *_laboratory(rng, people, stays, severity, scenario),
        _function_in_stays(rng, stays, deficits, scenario),
        _function_at_visits(rng, people, stays, deficits, visits, scenario),
    ]
    person, at, known, kind, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    keep = known < period.end
    order = np.flatnonzero(keep)
    order = order[np.lexsort((kind[order], at[order], person[order]))]
    return Measures(person[order], at[order], known[order], kind[order], value[order])


Part = tuple[Ints, Floats, Floats, Ints, Floats]


def _laboratory(
    rng: np.random.Generator,
    people: People,
    stays: Stays,
    severity: Floats,
    scenario: Scenario,
) -> list[Part]:
    """At admission, and on the morning before the discharge of longer stays."""
    level, ids = scenario["measurement"], conditions().ids
    acute = (stays.setting == 0) & (rng.random(stays.setting.size) < level["laboratory"])
    nights = np.floor(stays.stop) - np.floor(stays.start)
    early = np.flatnonzero(acute)
    late = np.flatnonzero(acute & (nights >= 2) & (stays.stop < NOT_YET))
    parts = []
    for rows, at, relief in (
        (early, stays.start[early] + 0.06, 1.0),
        (late, np.floor(stays.stop[late]) - 1.0 + 0.27, 0.9),
    ):
        person, ill = stays.person[rows], severity[rows] * relief
        has = people.onset[person] <= stays.start[rows, None]
        loss = 1.3 * has[:, ids.index("anaemia")] + 0.7 * has[:, ids.index("renal")]
        loss += 0.9 * has[:, ids.index("cancer")] + 1.2 * has[:, ids.index("metastatic")]
        red = level["haemoglobin"] + level["haemoglobin_severity"] * ill - loss
        red += level["haemoglobin_spread"] * rng.standard_normal(rows.size)
        salt = level["sodium"] + level["sodium_severity"] * ill
        salt -= 0.9 * has[:, ids.index("chf")] + 0.8 * has[:, ids.index("liver")]
        salt += level["sodium_spread"] * rng.standard_normal(rows.size)
        at = minutes(at)
        known = minutes(at + 0.04)
        parts.append(
            (
                person,
                at,
                known,
                np.full(rows.size, HAEMOGLOBIN, dtype=np.int64),
                rounded(np.clip(red, 4.0, 19.0), 1),
            )
        )
        parts.append(
            (
                person,
                at,
                known,
                np.full(rows.size, SODIUM, dtype=np.int64),
                rounded(np.clip(salt, 112, 155), 0),
            )
        )
    return parts


def _score(rng: np.random.Generator, deficits: Floats, scenario: Scenario) -> Floats:
    """Activities of daily living managed alone, 0 to 6."""
    noise = scenario["measurement"]["function_spread"] * rng.standard_normal(deficits.size)
    score = np.clip(np.round(6.0 - deficits + noise), 0.0, 6.0)
    return score + 0.0  # a History has one zero, not -0.0


def _function_in_stays(
    rng: np.random.Generator, stays: Stays, deficits: Floats, scenario: Scenario
) -> Part:
    """On the afternoon before the discharge of unplanned stays of a night or more."""
    scored = rng.random(stays.setting.size) < scenario["measurement"]["function_stay"]
    nights = np.floor(stays.stop) - np.floor(stays.start)
    rows = np.flatnonzero(
        scored & (stays.setting == 0) & (stays.method != 1) & (nights >= 1) & (stays.stop < NOT_YET)
    )
    at = np.maximum(np.floor(stays.stop[rows]) - 1.0 + 0.625, stays.start[rows] + 0.02)
    at = minutes(at)
    value = _score(rng, deficits[rows], scenario)
    return stays.person[rows], at, minutes(at + 0.05), np.full(rows.size, FUNCTION), value


def _function_at_visits(
    rng: np.random.Generator,
    people: People,
    stays: Stays,
    deficits: Floats,
    visits: Visits,
    scenario: Scenario,
) -> Part:
    """At some visits of people of 70 and over: by the last stay, or by age and conditions."""
    old = visits.at - people.fixed["birth"][visits.person] >= 70 * YEAR
    chosen = old & (rng.random(old.size) < scenario["measurement"]["function_visit"])
    rows = np.flatnonzero(chosen)
    person, at = visits.person[rows], visits.at[rows]
    does = conditions().number["deficits"]
    age = (at - people.fixed["birth"][person]) / YEAR
    now = people.fixed["deficits"][person] + 0.05 * np.maximum(age - 65.0, 0.0)
    now = now + (people.onset[person] <= at[:, None]) @ does
    wide = 1e6
    acute = np.flatnonzero(stays.setting == 0)
    found = np.searchsorted(stays.person[acute] * wide + stays.start[acute], person * wide + at) - 1
    if acute.size:
        last = acute[np.maximum(found, 0)]
        same = (found >= 0) & (stays.person[last] == person)
        now = np.where(same, np.maximum(now, deficits[last]), now)
    value = _score(rng, np.clip(now, 0.0, 6.0), scenario)
    return person, at, visits.known[rows], np.full(rows.size, FUNCTION), value
