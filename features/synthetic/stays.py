"""An acute stay: how ill, how long, what it leaves behind, and where it leads."""

from __future__ import annotations

import numpy as np

from features.synthetic.compiled import Ints, Records, Words, compiled, expit, normal, uniform
from features.synthetic.hazards import (
    HOME,
    HOSPICE,
    LOG_YEAR,
    NEVER,
    NURSING,
    YEAR,
    Rates,
    State,
    shock_on,
)

UNPLANNED, PLANNED, EMERGENCY, FACILITY, HOSPICE_STAY = range(5)
TO_HOME, TO_HOME_HEALTH, TO_NURSING, TO_HOSPICE, TO_DIED, TO_AGAINST_ADVICE, TO_ACUTE = range(7)


class Stay:
    """A stay as simulated; times in days since 1970.

    stop      0 while it has not ended; moved: time of a transfer to another acute hospital, 0: none
    severity  acute severity, standard normal among average stays
    deficits  dependence in daily living at admission
    """

    person: int
    kind: int
    start: float
    stop: float
    severity: float
    to: int
    moved: float
    deficits: float


class Person:
    """What is fixed about a person; times in days since 1970.

    begin     first day simulated; entry: first day observed
    log_*     log yearly hazards without conditions and function
    deficits  latent dependence in daily living at 65
    own       response to the programme, mean 1; month: which month holds the moments, 0..11
    """

    begin: int
    entry: int
    birth: float
    log_unplanned: float
    log_planned: float
    log_death: float
    log_emergency: float
    frailty: float
    deficits: float
    alone: int
    care_home: float
    practice_start: int
    own: float
    month: int


@compiled
def clock(t: float) -> float:
    """Time of an arrival: between 7 and 22 o'clock of its day, in the order of the events."""
    day = np.floor(t)
    return float(day + 0.30 + 0.62 * (t - day))


@compiled
def _nights(kind: int, severity: float, deficits: float, stream: Words, r: Rates) -> int:
    if kind == UNPLANNED:
        log = r.stay_unplanned_log + r.stay_severity * severity + r.stay_deficits * deficits
        return int(min(120.0, np.exp(log + r.stay_unplanned_spread * normal(stream))))
    log = r.stay_planned_log + 0.3 * r.stay_severity * severity
    return int(min(120.0, np.exp(log + r.stay_planned_spread * normal(stream))))


@compiled
def _leaves_at(arrived: float, nights: int, stream: Words) -> float:
    day = np.floor(arrived)
    hour = (9.5 + 9.0 * uniform(stream)) / 24.0
    if nights == 0 and arrived - day + 0.08 > hour:
        return float(min(arrived + 0.05, day + 0.995))
    return float(day + nights + hour)


@compiled
def _destination(
    now: State, day: float, kind: int, severity: float, who: Person, stream: Words, r: Rates
) -> int:
    """Where the stay leads."""
    over = (day - who.birth) / YEAR - 75.0
    dies = r.stay_death_base + r.stay_death_severity * severity + r.stay_death_age * over
    if uniform(stream) < expit(dies - (0.0 if kind == UNPLANNED else 2.0)):
        return TO_DIED
    hospice = r.destination_hospice + r.destination_hospice_severity * severity
    hospice += r.destination_hospice_death * (now.log_death + LOG_YEAR + 3.0)
    if uniform(stream) < expit(hospice):
        return TO_HOSPICE
    if kind == UNPLANNED and uniform(stream) < r.destination_against_advice:
        return TO_AGAINST_ADVICE
    if who.care_home <= day:
        return TO_HOME
    nursing = r.destination_nursing + r.destination_nursing_deficits * now.deficits
    nursing += r.destination_nursing_age * over + r.destination_nursing_severity * severity
    nursing += r.destination_nursing_alone * who.alone
    if over > -20.0 and uniform(stream) < expit(nursing):
        return TO_NURSING
    helped = r.destination_home_health + r.destination_home_health_deficits * now.deficits
    helped += r.destination_home_health_severity * severity
    return TO_HOME_HEALTH if uniform(stream) < expit(helped) else TO_HOME


@compiled
def _aftermath(now: State, row: Stay, shock: float, stream: Words, r: Rates) -> None:
    """What the stay leaves behind in the state."""
    after = r.aftermath_planned
    if row.kind == UNPLANNED:
        now.decline += r.stay_decline * max(0.0, 1.0 + 0.5 * row.severity)
        shock = min(r.unplanned_shock_cap, shock + r.unplanned_shock)
        after = r.aftermath_unplanned
    wrong = r.aftermath_severity * row.severity + r.aftermath_handover * normal(stream)
    now.shock = shock
    now.shock_day = now.left = np.floor(row.stop)
    now.aftermath = after * np.exp(wrong)
    now.exited = now.since = NEVER
    now.place, now.facility = HOME, -1


@compiled
def acute_stay(
    now: State, i: int, t: float, kind: int, who: Person, stream: Words, r: Rates, stays: Records,
    count: Ints,
) -> None:  # fmt: skip
    """Write down an acute stay that begins at t and the facility stay that follows it, if any.

    Brings the state to the evening of the discharge; its slow part is left to the caller.
    """
    day = np.floor(t)
    shock = shock_on(now, day, r)
    own = r.severity_frailty
    row = stays[count[0]]
    count[0] += 1
    row.person, row.kind, row.start, row.deficits = i, kind, clock(t), now.deficits
    row.severity = own * who.frailty + np.sqrt(1.0 - own * own) * normal(stream)
    row.severity += r.severity_shock * shock
    nights = _nights(kind, row.severity, now.deficits, stream, r)
    row.stop = _leaves_at(row.start, nights, stream)
    if kind == UNPLANNED and nights >= 2 and uniform(stream) < r.stay_transfer:
        row.moved = day + 1.0 + np.floor(uniform(stream) * (nights - 1)) + 0.55
    row.to = _destination(now, np.floor(row.stop), kind, row.severity, who, stream, r)
    _aftermath(now, row, shock, stream, r)
    if row.to == TO_NURSING or row.to == TO_HOSPICE:
        now.place = NURSING if row.to == TO_NURSING else HOSPICE
        now.since, now.facility = now.left, count[0]
        after = stays[count[0]]
        after.person, after.start = i, row.stop + 0.06
        after.kind = FACILITY if row.to == TO_NURSING else HOSPICE_STAY
        count[0] += 1
