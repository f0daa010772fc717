"""Lives of one bucket's people: admissions, stays, nursing facilities, the programme, deaths.

Time runs in days since 1970; hazards are constant within a calendar day for 60 days after a
discharge and within a month otherwise, and an event falls where the accumulated hazard reaches an
exponential draw. Each person has a random stream of their own. The loop over people is compiled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.synthetic.compiled import (
    Floats,
    Ints,
    Records,
    Words,
    compiled,
    exponential,
    rows_of,
    uniform,
)
from features.synthetic.hazards import (
    HOME,
    LOG_YEAR,
    NEVER,
    NURSING,
    YEAR,
    Rates,
    State,
    death_on,
    planned_on,
    programme_keeps,
    shock_on,
    unplanned_on,
)
from features.synthetic.stays import (
    EMERGENCY,
    PLANNED,
    TO_ACUTE,
    TO_DIED,
    TO_HOME,
    UNPLANNED,
    Person,
    Stay,
    acute_stay,
    clock,
)

FINE_DAYS = 60.0
DISCHARGE, FACILITY_DISCHARGE, MONTH = range(3)


class Effect:
    """What a condition does to log hazards and function; `group` its comorbidity group or -1."""

    unplanned: float
    planned: float
    death: float
    deficits: float
    group: int


class Moment:
    """A moment with a truth: when, of which kind, and the row of the stay that ended (-1: none)."""

    person: int
    at: float
    kind: int
    stay: int


class Offer:
    """An offer of the programme; days since 1970."""

    person: int
    day: float
    accepted: int
    start: float
    stop: float


class Record(NamedTuple):
    """Rows filled by the simulation: `states` stand behind `moments`; died: inf for the living.

    used: rows filled of stays, moments, offers.
    """

    stays: Records
    moments: Records
    states: Records
    offers: Records
    died: Floats
    used: Ints


def room(people: int, each: int) -> Record:
    """Empty rows for these people, `each` stays a person and some to spare."""
    moments = people * (each // 2 + 8) + 500
    return Record(
        rows_of(Stay, people * each + 1000),
        rows_of(Moment, moments),
        rows_of(State, moments),
        rows_of(Offer, people),
        np.full(people, np.inf),
        np.zeros(3, dtype=np.int64),
    )


@compiled
def refresh(now: State, day: float, who: Person, onset: Floats, does: Records, r: Rates) -> None:
    """Bring the slow part of the state (age, conditions, function) to a day."""
    unplanned, planned, death = who.log_unplanned, who.log_planned, who.log_death
    age = (day - who.birth) / YEAR
    deficits = who.deficits + now.decline + 0.05 * max(0.0, age - 65.0)
    need = 0
    for c in range(does.size):
        if onset[c] <= day:
            unplanned += does[c].unplanned
            planned += does[c].planned
            death += does[c].death
            deficits += does[c].deficits
            need += 1 if does[c].group >= 0 else 0
    deficits = min(6.0, max(0.0, deficits))
    decades = (age - 75.0) / 10.0
    unplanned += r.unplanned_age * decades + r.unplanned_deficits * deficits
    planned += r.planned_age * max(0.0, decades) ** 2 + r.planned_deficits * deficits
    death += r.death_age * decades + r.death_deficits * deficits
    if day >= r.drift_from:
        unplanned += r.drift_unplanned
    now.log_unplanned, now.log_planned = unplanned - LOG_YEAR, planned - LOG_YEAR
    now.log_death, now.deficits, now.need = death - LOG_YEAR, deficits, need


@compiled
def _note(now: State, i: int, at: float, kind: int, stay: int, out: Record) -> None:
    """Write down a moment and the state behind it."""
    n = out.used[1]
    moment = out.moments[n]
    moment.person, moment.at, moment.kind, moment.stay = i, at, kind, stay
    out.states[n] = now
    out.used[1] = n + 1


@compiled
def _offer(
    now: State, i: int, day: float, admissions: Floats, who: Person, stream: Words, r: Rates,
    out: Record,
) -> None:  # fmt: skip
    """The monthly review of a practice that has begun: offers, once, by last year's use."""
    if now.offered or now.place != HOME or day < who.practice_start or day < who.entry:
        return
    recent = np.sum((admissions >= day - 365.0) & (admissions < day))
    old = (day - who.birth) / YEAR >= r.programme_least_age
    if not old or recent < r.programme_least_admissions or uniform(stream) >= r.programme_offer:
        return
    offer = out.offers[out.used[2]]
    out.used[2] += 1
    offer.person, offer.day = i, day
    offer.accepted = 1 if uniform(stream) < r.programme_acceptance else 0
    offer.start = day + 7.0 + np.floor(21.0 * uniform(stream))
    offer.stop = offer.start + r.programme_days
    now.offered = 1
    if offer.accepted:
        now.enrolled_from, now.enrolled_to = offer.start, offer.stop


@compiled
def _leaves_facility(now: State, i: int, day: float, stream: Words, r: Rates, out: Record) -> bool:
    """Whether the nursing facility is left for home today; if so it is written down."""
    if now.place != NURSING or day - now.since < r.nursing_least_days:
        return False
    if uniform(stream) * (1.0 + r.nursing_mean_days - r.nursing_least_days) >= 1.0:
        return False
    now.place, now.exited = HOME, day
    stay = out.stays[now.facility]
    stay.stop, stay.to = day + (10.0 + 6.0 * uniform(stream)) / 24.0, TO_HOME
    _note(now, i, stay.stop, FACILITY_DISCHARGE, now.facility, out)
    now.facility = -1
    return True


@compiled
def _hazards(now: State, day: float, who: Person, r: Rates, each: Floats) -> None:
    """Fill hazards per day: emergency visit, death, unplanned admission, planned admission."""
    log_yearly = now.log_unplanned + shock_on(now, day, r) + LOG_YEAR
    each[0] = np.exp(who.log_emergency + r.emergency_sensitivity * log_yearly) / YEAR
    if day - now.left < 200.0:
        faded = np.exp(-(day - now.left) / r.aftermath_days)
        each[0] *= 1.0 + r.emergency_after * now.aftermath * faded
    each[0] *= 1.0 if now.place == HOME else 0.2
    each[1] = death_on(now, day, now.place, r)
    each[2] = unplanned_on(now, day, now.place, now.exited, r)
    if now.enrolled_from <= day < now.enrolled_to:
        each[2] *= programme_keeps(now, day, who.own, r)
    each[3] = planned_on(now, day, now.place)


@compiled
def _stop(now: State, day: float, month: int, end: int) -> float:
    """The end of the stretch over which hazards are taken as constant."""
    if day - now.left <= FINE_DAYS or day - now.exited <= FINE_DAYS or now.place == NURSING:
        return day + 1.0
    stop = float(min(month, end))
    return max(day + 1.0, min(stop, now.enrolled_from)) if now.enrolled_from > day else stop


@compiled
def _ends_facility(now: State, at: float, to: int, out: Record) -> None:
    if now.facility >= 0:
        stay = out.stays[now.facility]
        stay.stop, stay.to = at, to
        now.facility = -1


@compiled
def _emergency(i: int, t: float, stream: Words, out: Record) -> None:
    """Write down a visit to an emergency department that ends at home the same day."""
    stay = out.stays[out.used[0]]
    out.used[0] += 1
    stay.person, stay.kind, stay.start, stay.to = i, EMERGENCY, clock(t), TO_HOME
    stay.stop = min(stay.start + (1.5 + 5.0 * uniform(stream)) / 24.0, np.floor(t) + 0.999)


@compiled
def _event(
    now: State, i: int, t: float, who: Person, onset: Floats, does: Records, r: Rates,
    each: Floats, admissions: Floats, stream: Words, out: Record,
) -> float:  # fmt: skip
    """Let an event happen at t; returns the time life goes on, inf after death."""
    pick = uniform(stream) * each.sum()
    if pick < each[0]:
        _emergency(i, t, stream, out)
        return t
    day = np.floor(t)
    if pick < each[0] + each[1]:
        _ends_facility(now, clock(t), TO_DIED, out)
        out.died[i] = day
        return np.inf
    _ends_facility(now, clock(t), TO_ACUTE, out)
    kind = UNPLANNED if pick < each[0] + each[1] + each[2] else PLANNED
    refresh(now, day, who, onset, does, r)
    if kind == UNPLANNED:
        admissions[now.seen % admissions.size] = day
        now.seen += 1
    row = out.used[0]
    acute_stay(now, i, t, kind, who, stream, r, out.stays, out.used)
    if out.stays[row].to == TO_DIED:
        out.died[i] = now.left
        return np.inf
    refresh(now, now.left, who, onset, does, r)
    _note(now, i, out.stays[row].stop, DISCHARGE, row, out)
    return now.left + 1.0


@compiled
def _begin(now: State, who: Person) -> None:
    now.shock = now.aftermath = now.decline = 0.0
    now.left = now.exited = now.since = NEVER
    now.shock_day = who.begin
    now.place, now.facility, now.offered, now.seen = HOME, -1, 0, 0
    now.enrolled_from = now.enrolled_to = 1e9


@compiled
def _live_one(
    i: int, now: State, admissions: Floats, each: Floats, who: Person, onset: Floats,
    does: Records, r: Rates, months: Ints, end: int, stream: Words, out: Record,
) -> None:  # fmt: skip
    """The life of person i."""
    _begin(now, who)
    admissions[:] = NEVER
    t, m = float(who.begin), np.searchsorted(months, who.begin)
    refresh(now, t, who, onset, does, r)
    wait = exponential(stream)
    while t < end:
        day = np.floor(t)
        if t == day:
            while months[m] < day:
                m += 1
            if months[m] == day:
                refresh(now, day, who, onset, does, r)
                _offer(now, i, day, admissions, who, stream, r, out)
                if m % 12 == who.month and day >= who.entry:
                    _note(now, i, day, MONTH, -1, out)
                m += 1
            if _leaves_facility(now, i, day, stream, r, out):
                t = day + 1.0
                continue
        stop = _stop(now, day, months[m], end)
        _hazards(now, day, who, r, each)
        passes = each.sum() * (stop - t)
        if passes < wait:
            wait -= passes
            t = stop
            continue
        t = _event(
            now, i, t + wait / each.sum(), who, onset, does, r, each, admissions, stream, out
        )
        wait = exponential(stream)


@compiled
def live_to_entry(
    people: Records, seeds: Words, onsets: Floats, does: Records, rates: Records, months: Ints,
    scratch: Record,
) -> None:  # fmt: skip
    """Fill `scratch.died` with the deaths before each person's `entry`; the rest of it is spent."""
    stream, state = np.zeros(1, dtype=np.uint64), scratch.states[-1:].copy()
    admissions, each = np.zeros(8), np.zeros(4)
    for i in range(people.size):
        scratch.used[:] = 0
        stream[0] = seeds[i]
        _live_one(
            i, state[0], admissions, each, people[i], onsets[i], does, rates[0], months,
            people[i].entry, stream, scratch,
        )  # fmt: skip
        if scratch.died[i] >= people[i].entry:
            scratch.died[i] = np.inf


@compiled
def live(
    people: Records, seeds: Words, onsets: Floats, does: Records, rates: Records, months: Ints,
    end: int, out: Record,
) -> bool:  # fmt: skip
    """Fill `out` with the lives of all people until the day `end`; False when it is too small.

    months: first days of months, of a January first, from before anyone's `begin` to after `end`.
    """
    stream, state = np.zeros(1, dtype=np.uint64), out.states[-1:].copy()
    admissions, each = np.zeros(8), np.zeros(4)
    for i in range(people.size):
        if out.used[0] + 500 > out.stays.size or out.used[1] + 250 > out.moments.size:
            return False
        stream[0] = seeds[i]
        _live_one(
            i, state[0], admissions, each, people[i], onsets[i], does, rates[0], months, end,
            stream, out,
        )  # fmt: skip
    return True
