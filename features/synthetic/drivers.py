"""The observable drivers of a moment: what of the hazard could be seen by then, and nothing later.

Each driver is what the catalogue's feature of that name is at the moment: a fact counts when it was
known by the index time and its day is before the index day; the index spell stands apart. So a
model on the catalogue can come close to one fitted on the drivers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from features.codes import code_set
from features.synthetic.bucket import Bucket
from features.synthetic.coding import code_list
from features.synthetic.compiled import Floats, Ints, Words, compiled
from features.synthetic.hazards import YEAR
from features.synthetic.life import MONTH
from features.synthetic.observe import seen
from features.synthetic.people import Period

DAY = 1440
FAR = np.iinfo(np.int64).max
UNPLANNED_WINDOWS = (30, 90, 183, 365, 730)
EMERGENCY_WINDOWS = (30, 183, 365)
GROUPS = ("chf", "cpd", "rend", "dementia", "canc", "metacanc", "diabwc", "msld")
COUNTED = (
    *(f"unplanned_admissions_{days}d" for days in UNPLANNED_WINDOWS),
    "planned_admissions_365d",
    *(f"emergency_visits_{days}d" for days in EMERGENCY_WINDOWS),
    "bed_days_365d",
    "bed_days_730d",
    "nursing_facility_days_365d",
    "days_since_discharge",
    "days_since_emergency_visit",
    "primary_care_visits_365d",
    "outpatient_visits_365d",
    "medicines_365d",
    "social_needs_730d",
    "adl_last_730d",
    "sodium_last_365d",
    "haemoglobin_last_365d",
    "index_nights",
    "index_stays",
)
(
    _UNPLANNED, _PLANNED, _EMERGENCY, _BEDS, _NURSING, _SINCE, _SINCE_EMERGENCY, _PRIMARY,
    _OUTPATIENT, _MEDICINES, _SOCIAL, _MEASURE, _NIGHTS, _STAYS,
) = (0, 5, 6, 9, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22)  # fmt: skip


@dataclass(frozen=True)
class Moments:
    """Moments a History can show, in order of person and time.

    row      row among the simulated moments
    stay     row of the index stay among the observed, -1: none
    at       index time, minutes since 1970
    """

    row: Ints
    person: Ints
    at: Ints
    kind: Ints
    stay: Ints

    def only(self, kind: int) -> Moments:
        """The moments of one kind."""
        which = self.kind == kind
        return Moments(
            self.row[which], self.person[which], self.at[which], self.kind[which], self.stay[which]
        )


class Facts(NamedTuple):
    """Facts of one kind in order of person; `first` holds where each person's begin.

    at, known  minutes since 1970; what: setting, code, ingredient or kind; value: where it has one
    """

    first: Ints
    at: Ints
    known: Ints
    what: Ints
    value: Floats


def observed_moments(one: Bucket, period: Period) -> Moments:
    """The simulated moments whose stay, or month, a History shows."""
    lived, stays = one.lived.moments, one.stays
    ends = np.flatnonzero(stays.last & np.isfinite(stays.stop))
    row_of = np.full(one.lived.stays.size + 1, -1, dtype=np.int64)
    row_of[stays.source[ends]] = ends
    stay = row_of[lived["stay"]]
    month = lived["kind"] == MONTH
    stay = np.where(month, -1, stay)
    shown = np.where(month, seen(one.people, lived["person"], lived["at"], period), stay >= 0)
    rows = np.flatnonzero(shown)
    at = _minutes(np.where(month[rows], lived["at"][rows], stays.stop[stay[rows]]))
    return Moments(rows, lived["person"][rows], at, lived["kind"][rows], stay[rows])


def _minutes(days: Floats) -> Ints:
    there = np.isfinite(days)
    minutes = np.round(np.where(there, days, 0.0) * DAY).astype(np.int64)
    return np.where(there, minutes, FAR)


def drivers(one: Bucket, moments: Moments) -> dict[str, Floats]:
    """Each driver of each moment; nan where nothing is known."""
    n = one.people.ids.size
    counted, charlson, elixhauser = _count(one, moments, n)
    made = {name: counted[:, place] for place, name in enumerate(COUNTED)}
    groups = code_set("charlson")
    found: dict[str, Floats] = {
        f"charlson_{group}_730d": _flag(charlson, groups.groups.index(group)) for group in GROUPS
    }
    found["lace_comorbidity_730d"] = groups.index("lace_2010", charlson)
    whole = code_set("elixhauser").without_weaker(elixhauser)
    found["elixhauser_groups_730d"] = np.bitwise_count(whole).astype(np.float64)
    return _person_facts(one, moments) | made | found


def _person_facts(one: Bucket, moments: Moments) -> dict[str, Floats]:
    people, person, stays = one.people, moments.person, one.stays
    age = (np.floor(moments.at / DAY) - np.floor(people.fixed["birth"][person])) / YEAR
    alone = people.fixed["alone"][person]
    day = np.floor(moments.at / DAY)
    left = moments.stay >= 0
    stay = np.where(left, moments.stay, 0)
    if not stays.person.size:
        nothing = np.full(person.size, np.nan)
        urgent, to = nothing, nothing
    else:
        acute = left & (stays.setting[stay] == 0)
        planned = one.lived.stays["kind"][stays.source[stay]] == 1
        urgent = np.where(acute, np.where(planned, 0.0, 1.0), np.nan)
        to = np.where(left, stays.to[stay].astype(np.float64), np.nan)
    return {
        "age": np.floor(age),
        "sex_female": people.female[person].astype(np.float64),
        "carer": np.where(people.carer_known[person], people.carer[person], np.nan),
        "residence": np.where(people.fixed["care_home"][person] < day, 2.0, alone),
        "index_unplanned": urgent,
        "index_discharged_to": to,
    }


def _flag(bits: Words, place: int) -> Floats:
    return (bits >> np.uint64(place) & np.uint64(1)).astype(np.float64)


def _count(one: Bucket, moments: Moments, people: int) -> tuple[Floats, Words, Words]:
    stays, visits, supplies, measures = one.stays, one.visits, one.supplies, one.measures
    everyone = np.arange(people + 1)
    codes = list(code_list())
    charlson = code_set("charlson").bits("ICD-10-CM", codes)
    elixhauser = code_set("elixhauser").bits("ICD-10-CM", codes)
    social = code_set("social").bits("ICD-10-CM", codes)
    diagnoses = _diagnoses(one, everyone)
    kinds = one.lived.stays["kind"][stays.source]
    use = Facts(
        np.searchsorted(stays.person, everyone),
        _minutes(stays.start),
        _minutes(stays.stop),
        stays.setting * 2 + (kinds == 1),
        stays.first.astype(np.float64),
    )
    rows = (
        Facts(
            np.searchsorted(visits.person, everyone),
            _minutes(visits.at),
            _minutes(visits.known),
            visits.setting,
            np.zeros(0),
        ),
        Facts(
            np.searchsorted(supplies.person, everyone),
            _minutes(supplies.at),
            _minutes(supplies.known),
            supplies.ingredient,
            np.zeros(0),
        ),
        Facts(
            np.searchsorted(measures.person, everyone),
            _minutes(measures.at),
            _minutes(measures.known),
            measures.kind,
            measures.value,
        ),
    )
    out = np.zeros((moments.person.size, len(COUNTED)))
    out[:, [_SINCE, _SINCE_EMERGENCY, _NIGHTS, _STAYS]] = np.nan
    out[:, _MEASURE : _MEASURE + 3] = np.nan
    _count_use(moments.person, moments.at, moments.stay, stays.source, use, out)
    _count_facts(moments.person, moments.at, *rows, out)
    bits = np.zeros((moments.person.size, 2), dtype=np.uint64)
    order = np.cumsum(social > 0).astype(np.uint64) * (social > 0)
    _count_codes(moments.person, moments.at, diagnoses, charlson, elixhauser, order, bits, out)
    return out, bits[:, 0], bits[:, 1]


def _diagnoses(one: Bucket, everyone: Ints) -> Facts:
    person = np.concatenate([facts.person for facts in one.diagnoses])
    order = np.argsort(person, kind="stable")
    at, known = (
        _minutes(np.concatenate([getattr(facts, name) for facts in one.diagnoses])[order])
        for name in ("at", "known")
    )
    code = np.concatenate([facts.code for facts in one.diagnoses])[order]
    return Facts(np.searchsorted(person[order], everyone), at, known, code, np.zeros(0))


@compiled
def _within(at: int, today: int, days: int) -> bool:
    """Whether a fact's day lies in the window of days before the index day."""
    return today - days <= at // DAY < today


@compiled
def _overlap(start: int, stop: int, today: int, days: int) -> float:
    return float(max(0, min(stop, today) - max(start, today - days)))


@compiled
def _count_use(person: Ints, at: Ints, index: Ints, source: Ints, use: Facts, out: Floats) -> None:
    """Earlier stays by setting and urgency, days in them, days since; and the index spell itself.

    `use.what` is twice the setting (0 acute, 1 emergency, 2 nursing facility), plus 1 if planned;
    `use.value` is 1 for the first leg of a spell, `use.known` the discharge.
    """
    for m in range(person.size):
        today, row = at[m] // DAY, out[m]
        begins = FAR
        if index[m] >= 0:
            begins = use.at[index[m]]
        for k in range(use.first[person[m]], use.first[person[m] + 1]):
            mine = index[m] >= 0 and source[k] == source[index[m]]
            setting, planned = use.what[k] // 2, use.what[k] % 2 == 1
            if mine and setting == use.what[index[m]] // 2:
                begins = min(begins, use.at[k])
        head = begins // DAY
        if index[m] >= 0:
            row[_NIGHTS], row[_STAYS] = today - head, 0.0
        for k in range(use.first[person[m]], use.first[person[m] + 1]):
            if use.at[k] >= at[m]:
                break
            mine = index[m] >= 0 and source[k] == source[index[m]]
            setting, planned = use.what[k] // 2, use.what[k] % 2 == 1
            if mine and setting == use.what[index[m]] // 2:
                row[_STAYS] += 1.0
                continue
            if use.at[k] // DAY >= today:
                continue
            ended = use.known[k] <= at[m]
            stop = use.known[k] // DAY if ended else today
            if setting == 0:
                if use.value[k] > 0 and not planned:
                    for w in range(5):
                        if _within(use.at[k], today, UNPLANNED_WINDOWS[w]):
                            row[_UNPLANNED + w] += 1.0
                if use.value[k] > 0 and planned and _within(use.at[k], today, 365):
                    row[_PLANNED] += 1.0
                row[_BEDS] += _overlap(use.at[k] // DAY, stop, today, 365)
                row[_BEDS + 1] += _overlap(use.at[k] // DAY, stop, today, 730)
                if ended and _within(use.known[k], today, 730):
                    row[_SINCE] = today - stop
            elif setting == 1:
                way_in = index[m] >= 0 and use.at[k] <= begins and stop >= head - 1
                if way_in:
                    continue
                for w in range(3):
                    if _within(use.at[k], today, EMERGENCY_WINDOWS[w]):
                        row[_EMERGENCY + w] += 1.0
                if _within(use.at[k], today, 730):
                    row[_SINCE_EMERGENCY] = today - use.at[k] // DAY
            elif setting == 2:
                row[_NURSING] += _overlap(use.at[k] // DAY, stop, today, 365)


@compiled
def _count_facts(
    person: Ints, at: Ints, visits: Facts, supplies: Facts, measures: Facts, out: Floats
) -> None:
    """Visits and medicines of the last year, last measurements."""
    for m in range(person.size):
        today, row = at[m] // DAY, out[m]
        for k in range(visits.first[person[m]], visits.first[person[m] + 1]):
            if visits.known[k] <= at[m] and _within(visits.at[k], today, 365):
                if visits.what[k] == 0:
                    row[_PRIMARY] += 1.0
                elif visits.what[k] == 1:
                    row[_OUTPATIENT] += 1.0
        taken = np.uint64(0)
        for k in range(supplies.first[person[m]], supplies.first[person[m] + 1]):
            if supplies.known[k] <= at[m] and _within(supplies.at[k], today, 365):
                bit = np.uint64(1) << np.uint64(supplies.what[k])
                if taken & bit == np.uint64(0):
                    row[_MEDICINES] += 1.0
                taken |= bit
        for k in range(measures.first[person[m]], measures.first[person[m] + 1]):
            days = 730 if measures.what[k] == 0 else 365
            if measures.known[k] <= at[m] and _within(measures.at[k], today, days):
                row[_MEASURE + measures.what[k]] = measures.value[k]


@compiled
def _count_codes(
    person: Ints, at: Ints, diagnoses: Facts, charlson: Words, elixhauser: Words, social: Words,
    bits: Words, out: Floats,
) -> None:  # fmt: skip
    """Groups of conditions and social needs coded in the last two years and known."""
    for m in range(person.size):
        today, needs = at[m] // DAY, np.uint64(0)
        for k in range(diagnoses.first[person[m]], diagnoses.first[person[m] + 1]):
            if diagnoses.known[k] <= at[m] and _within(diagnoses.at[k], today, 730):
                code = diagnoses.what[k]
                bits[m, 0] |= charlson[code]
                bits[m, 1] |= elixhauser[code]
                bit = np.uint64(1) << social[code]
                if social[code] > np.uint64(0) and needs & bit == np.uint64(0):
                    out[m, _SOCIAL] += 1.0
                    needs |= bit
