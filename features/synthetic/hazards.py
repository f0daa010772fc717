"""Hazards per day of a person's life, and the true risk that follows from them.

The simulation (`life.py`) and the truth call the same functions, so that a risk in the truth is the
integral of the very hazards that were lived: cumulative incidence of an unplanned admission on days
1 to 30, with planned admission and death competing. No admission falls on the day of a discharge.
"""

from __future__ import annotations

import numpy as np

from features.synthetic.compiled import compiled

HOME, NURSING, HOSPICE = 0.0, 1.0, 2.0
HORIZON = 30
YEAR = 365.25
LOG_YEAR = float(np.log(YEAR))
NEVER = -100_000.0


class Rates:
    """Numbers of a scenario that the simulation needs; a field is SECTION_KEY of the scenario."""

    unplanned_base: float
    unplanned_age: float
    unplanned_deficits: float
    unplanned_shock: float
    unplanned_shock_days: float
    unplanned_shock_cap: float
    planned_base: float
    planned_age: float
    planned_deficits: float
    death_base: float
    death_age: float
    death_deficits: float
    death_shock: float
    death_after: float
    death_after_days: float
    emergency_base: float
    emergency_sensitivity: float
    emergency_after: float
    aftermath_unplanned: float
    aftermath_planned: float
    aftermath_severity: float
    aftermath_handover: float
    aftermath_days: float
    aftermath_power: float
    aftermath_usual: float
    nursing_hazard: float
    nursing_leave_ratio: float
    nursing_leave_days: float
    nursing_fade_days: float
    nursing_least_days: float
    nursing_mean_days: float
    hospice_unplanned: float
    hospice_death: float
    severity_frailty: float
    severity_shock: float
    stay_unplanned_log: float
    stay_unplanned_spread: float
    stay_planned_log: float
    stay_planned_spread: float
    stay_severity: float
    stay_deficits: float
    stay_decline: float
    stay_death_base: float
    stay_death_severity: float
    stay_death_age: float
    stay_transfer: float
    destination_nursing: float
    destination_nursing_deficits: float
    destination_nursing_age: float
    destination_nursing_severity: float
    destination_nursing_alone: float
    destination_hospice: float
    destination_hospice_death: float
    destination_hospice_severity: float
    destination_home_health: float
    destination_home_health_deficits: float
    destination_home_health_severity: float
    destination_against_advice: float
    programme_least_admissions: float
    programme_least_age: float
    programme_offer: float
    programme_acceptance: float
    programme_days: float
    programme_effect: float
    programme_effect_middle: float
    programme_effect_width: float
    drift_from: float
    drift_unplanned: float


class State:
    """What the hazards of the coming days depend on, as of the end of a day.

    log_*     log hazards per day without what fades
    shock     hidden instability since `shock_day`, fading
    left      day of the last acute discharge; aftermath its excess of hazard on the next day
    exited    day a nursing facility was last left for home; since: day a facility was entered
    decline   lasting loss of function; deficits 0..6 now; need: comorbidity groups present
    The rest is memory of the simulation: the facility stay under way (row or -1), admissions seen,
    the programme.
    """

    log_unplanned: float
    log_planned: float
    log_death: float
    shock: float
    shock_day: float
    left: float
    aftermath: float
    exited: float
    place: float
    since: float
    decline: float
    deficits: float
    need: int
    enrolled_from: float
    enrolled_to: float
    offered: int
    facility: int
    seen: int


@compiled
def shock_on(now: State, day: float, r: Rates) -> float:
    return float(now.shock * np.exp(-(day - now.shock_day) / r.unplanned_shock_days))


@compiled
def leaving_ratio(days: float, r: Rates) -> float:
    """Hazard ratio on the n-th day after a nursing facility was left for home."""
    if days <= r.nursing_leave_days:
        return r.nursing_leave_ratio
    excess = r.nursing_leave_ratio - 1.0
    return float(1.0 + excess * np.exp(-(days - r.nursing_leave_days) / r.nursing_fade_days))


@compiled
def unplanned_on(now: State, day: float, place: float, exited: float, r: Rates) -> float:
    """Hazard per day of an unplanned admission, without the programme."""
    since = day - now.left
    log_hazard = now.log_unplanned + shock_on(now, day, r)
    hazard = np.exp(log_hazard)
    if now.left != NEVER and since < 200:
        usual = np.log(r.aftermath_usual) - LOG_YEAR
        excess = np.exp(usual + r.aftermath_power * (log_hazard - usual))
        hazard += now.aftermath * excess * np.exp(-(since - 1.0) / r.aftermath_days)
    if place == NURSING:
        return float(hazard * r.nursing_hazard)
    if place == HOSPICE:
        return float(hazard * r.hospice_unplanned)
    if exited != NEVER and day - exited < 120:
        return float(hazard * leaving_ratio(day - exited, r))
    return float(hazard)


@compiled
def planned_on(now: State, day: float, place: float) -> float:
    """Hazard per day of a planned admission: none within 2 days of a discharge or outside home."""
    if place != HOME or day - now.left <= 2:
        return 0.0
    return float(np.exp(now.log_planned))


@compiled
def death_on(now: State, day: float, place: float, r: Rates) -> float:
    """Hazard per day of death outside hospital."""
    hazard = np.exp(now.log_death + r.death_shock * shock_on(now, day, r))
    since = day - now.left
    if now.left != NEVER and since < 200:
        hazard *= 1.0 + r.death_after * np.exp(-since / r.death_after_days)
    if place == HOSPICE:
        hazard *= r.hospice_death
    return float(min(hazard, 1.0))


@compiled
def incidence(
    now: State, day: float, first: int, place: float, exited: float, keep: float, r: Rates
) -> float:
    """Probability of an unplanned admission on days `first`..30 after `day`, staying in one place.

    keep: the share of the unplanned hazard that the programme leaves.
    """
    alive, events = 1.0, 0.0
    for k in range(first, HORIZON + 1):
        unplanned = keep * unplanned_on(now, day + k, place, exited, r)
        total = unplanned + planned_on(now, day + k, place) + death_on(now, day + k, place, r)
        stays = np.exp(-total)
        events += alive * (1.0 - stays) * unplanned / total
        alive *= stays
    return events


@compiled
def true_risk(now: State, day: float, keep: float, r: Rates) -> float:
    """True probability of an unplanned admission within 30 days of `day`, 0..1.

    In a nursing facility the day of leaving is averaged over: none is left before
    `nursing_least_days`, then each day the same share leaves.
    """
    if now.place != NURSING:
        return incidence(now, day, 1, now.place, now.exited, keep, r)
    leave = 1.0 / (1.0 + r.nursing_mean_days - r.nursing_least_days)
    alive, events, there, risk = 1.0, 0.0, 1.0, 0.0
    for k in range(1, HORIZON + 1):
        if day + k - now.since >= r.nursing_least_days:
            after = incidence(now, day, k + 1, HOME, day + k, keep, r)
            risk += there * leave * (events + alive * after)
            there *= 1.0 - leave
        unplanned = keep * unplanned_on(now, day + k, NURSING, now.exited, r)
        total = unplanned + death_on(now, day + k, NURSING, r)
        stays = np.exp(-total)
        events += alive * (1.0 - stays) * unplanned / total
        alive *= stays
    return risk + there * events


@compiled
def programme_keeps(now: State, day: float, own: float, r: Rates) -> float:
    """Share of the unplanned hazard left under the programme: lowest at middling risk.

    own: the person's own responsiveness, mean 1.
    """
    log_yearly = now.log_unplanned + shock_on(now, day, r) + LOG_YEAR
    distance = (log_yearly - r.programme_effect_middle) / r.programme_effect_width
    fall = r.programme_effect * own * np.exp(-0.5 * distance * distance)
    return 1.0 - min(0.9, float(fall))
