"""The hazards of the synthetic population, and the true risk, against lives drawn day by day."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from features.synthetic import load_scenario
from features.synthetic.compiled import rows_of
from features.synthetic.hazards import (
    HOME,
    HOSPICE,
    LOG_YEAR,
    NEVER,
    NURSING,
    State,
    death_on,
    leaving_ratio,
    planned_on,
    programme_keeps,
    true_risk,
    unplanned_on,
)
from features.synthetic.order import rates
from features.synthetic.people import Period

pytestmark = pytest.mark.unit

R = rates(load_scenario("default"), Period(17_000, 19_000))[0]
TODAY = 18_000.0
LIVES = 60_000
Row = np.void


def state(**changes: float) -> Row:
    """A state that changes nothing but what is named; hazards per day."""
    now = rows_of(State, 1)[0]
    for name, value in {
        "log_unplanned": np.log(0.6) - LOG_YEAR,
        "log_planned": np.log(0.1) - LOG_YEAR,
        "log_death": np.log(0.1) - LOG_YEAR,
        "shock_day": TODAY,
        "left": NEVER,
        "exited": NEVER,
        "since": NEVER,
        "place": HOME,
        "enrolled_from": 1e9,
        "enrolled_to": 1e9,
        **changes,
    }.items():
        now[name] = value
    return now


def lived_risk(now: Row, keep: float = 1.0) -> float:
    """Share of lives, drawn day by day, with an unplanned admission first in 30 days."""
    rng = np.random.default_rng(5)
    exit_day = np.full(LIVES, now["exited"])
    place = np.full(LIVES, now["place"])
    open_ = np.ones(LIVES, dtype=bool)
    event = np.zeros(LIVES, dtype=bool)
    leave = 1.0 / (1.0 + R["nursing_mean_days"] - R["nursing_least_days"])
    for day in TODAY + np.arange(1.0, 31.0):
        if day - now["since"] >= R["nursing_least_days"]:
            out = (place == NURSING) & (rng.random(LIVES) < leave)
            exit_day[out], place[out] = day, HOME
        staying = (exit_day != day) | (day == now["exited"])
        each = _each_hazard(now, day, place, exit_day, keep)
        happens = open_ & staying & (rng.random(LIVES) < -np.expm1(-each.sum(axis=0)))
        pick = rng.random(LIVES) * each.sum(axis=0)
        event |= happens & (pick < each[0])
        open_ &= ~happens
    return float(event.mean())


def _each_hazard(
    now: Row,
    day: float,
    place: npt.NDArray[np.float64],
    exit_day: npt.NDArray[np.float64],
    keep: float,
) -> npt.NDArray[np.float64]:
    each = np.zeros((3, LIVES))
    pairs, which = np.unique(np.stack([place, exit_day]), axis=1, return_inverse=True)
    for n, (where, left) in enumerate(pairs.T):
        rows = which.ravel() == n
        each[0, rows] = keep * unplanned_on(now, day, where, left, R)
        each[1, rows] = planned_on(now, day, where)
        each[2, rows] = death_on(now, day, where, R)
    return each


STATES = {
    "long at home": state(),
    "frail": state(log_unplanned=np.log(6.0) - LOG_YEAR, log_death=np.log(2.0) - LOG_YEAR),
    "just left hospital": state(left=TODAY, aftermath=6.0, shock=0.5),
    "just left a nursing facility": state(exited=TODAY, left=TODAY - 20, aftermath=4.0),
    "just gone to a nursing facility": state(place=NURSING, since=TODAY, left=TODAY, aftermath=6.0),
    "in a nursing facility for a month": state(
        place=NURSING, since=TODAY - 30, left=TODAY - 30, aftermath=6.0
    ),
    "in a hospice": state(place=HOSPICE, left=TODAY, aftermath=4.0),
}


@pytest.mark.parametrize("case", STATES)
def test_the_true_risk_is_the_share_of_lives_that_return(case: str) -> None:
    expected = lived_risk(STATES[case])
    noise = 4.0 * np.sqrt(expected * (1.0 - expected) / LIVES) + 1e-4
    assert true_risk(STATES[case], TODAY, 1.0, R) == pytest.approx(expected, abs=noise)


def test_the_true_risk_under_the_programme_is_that_of_the_lower_hazard() -> None:
    now = STATES["just left hospital"]
    expected = lived_risk(now, keep=0.7)
    assert true_risk(now, TODAY, 0.7, R) == pytest.approx(expected, abs=0.01)
    assert true_risk(now, TODAY, 0.7, R) < true_risk(now, TODAY, 1.0, R)


@pytest.mark.parametrize("days", [1.0, 2.0, 3.0])
def test_leaving_a_nursing_facility_raises_the_hazard_4_6_fold_for_three_days(days: float) -> None:
    left, never = state(exited=TODAY), state()
    ratio = unplanned_on(left, TODAY + days, HOME, TODAY, R) / unplanned_on(
        never, TODAY + days, HOME, NEVER, R
    )
    assert ratio == pytest.approx(4.6)


def test_the_rise_after_a_nursing_facility_fades_from_the_fourth_day_on() -> None:
    ratio = [leaving_ratio(days, R) for days in (3.0, 4.0, 9.0, 30.0, 100.0)]
    assert ratio[0] == 4.6
    assert all(later < earlier for earlier, later in pairwise(ratio))
    assert ratio[2] - 1.0 == pytest.approx(3.6 * np.exp(-1.0))  # faded by 1/e after 6 days
    assert ratio[-1] == pytest.approx(1.0, abs=1e-6)


def test_the_hazard_is_highest_on_the_day_after_a_discharge_and_fades() -> None:
    now = state(left=TODAY, aftermath=5.0)
    hazard = [unplanned_on(now, TODAY + day, HOME, NEVER, R) for day in (1, 8, 22, 60, 199)]
    assert hazard == sorted(hazard, reverse=True)
    usual = unplanned_on(state(), TODAY, HOME, NEVER, R)
    assert hazard[0] > 2.0 * usual
    assert hazard[-1] == pytest.approx(usual, rel=0.01)


def test_no_planned_admission_falls_within_two_days_of_a_discharge_or_in_a_facility() -> None:
    now = state(left=TODAY)
    assert [planned_on(now, TODAY + day, HOME) > 0 for day in (1, 2, 3)] == [False, False, True]
    assert planned_on(now, TODAY + 9, NURSING) == 0.0


def test_the_programme_takes_most_off_the_hazard_at_middling_risk() -> None:
    yearly = np.array([0.02, 0.1, 0.3, np.exp(R["programme_effect_middle"]), 1.5, 5.0, 20.0])
    fall = [
        1.0 - programme_keeps(state(log_unplanned=np.log(y) - LOG_YEAR), TODAY, 1.0, R)
        for y in yearly
    ]
    assert int(np.argmax(fall)) == 3
    assert fall[3] == pytest.approx(R["programme_effect"])
    assert fall[0] < 0.1 * fall[3]
    assert fall[-1] < 0.1 * fall[3]


def test_people_respond_differently_to_the_programme() -> None:
    now = state(log_unplanned=R["programme_effect_middle"] - LOG_YEAR)
    fall = [1.0 - programme_keeps(now, TODAY, own, R) for own in (0.0, 0.5, 1.0, 2.0)]
    assert fall == pytest.approx([R["programme_effect"] * own for own in (0.0, 0.5, 1.0, 2.0)])


@pytest.mark.parametrize("yearly", [0.01, 0.3, 10.0])
@pytest.mark.parametrize(("name", "keeps"), [("null-effect", 1.0), ("planted-15", 0.85)])
def test_a_shipped_scenario_plants_the_effect_it_names(
    name: str, keeps: float, yearly: float
) -> None:
    planted = rates(load_scenario(name), Period(17_000, 19_000))[0]
    now = state(log_unplanned=np.log(yearly) - LOG_YEAR)
    assert programme_keeps(now, TODAY, 1.0, planted) == pytest.approx(keeps, rel=1e-4)


def test_the_drift_falls_in_the_last_years_of_the_period() -> None:
    drifting = rates(load_scenario("drift"), Period(17_000, 19_000))[0]
    assert drifting["drift_from"] == 19_000 - 730
    assert R["drift_from"] > 19_000
