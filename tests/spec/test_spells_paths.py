"""Where acute spells led, and ways home from a nursing facility: small stays in, paths out."""

from __future__ import annotations

from datetime import datetime

import pytest

from features.spells import SpellRule, journeys, nursing_discharges
from tests.drawn import people

pytestmark = pytest.mark.spec

HEAD = "stay  setting  facility  admitted  discharged  to"


def paths(*stays: str, at: str | None = None, person: str = "") -> dict[str, str]:
    """The path of each spell by its first stay."""
    moment = None if at is None else datetime.fromisoformat(at)
    lives = people(stay="\n".join((HEAD, *stays)), **({"person": person} if person else {}))
    found = journeys(lives, SpellRule.DATES, at=moment).to_pylist()
    return {spell["spell_id"]: spell["path"] for spell in found}


HOSPITAL = "a  acute  A  2020-01-01  2020-01-05  {}"
NURSED = "n  nursing_facility  N  {}  {}  {}"


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("home", "acute > home"),
        ("home_health", "acute > home"),
        ("died", "acute > died"),
        ("against_advice", "acute > against_advice"),
        ("-", "acute > unknown"),
        ("other", "acute > unknown"),
        ("nursing_facility", "acute > nursing_facility > unknown"),  # no stay is seen there
    ],
)
def test_the_end_of_a_spell_says_where_it_led(to: str, path: str) -> None:
    assert paths(HOSPITAL.format(to)) == {"a": path}


@pytest.mark.parametrize(
    ("admitted", "path"),
    [
        ("2020-01-05", "acute > nursing_facility > home"),
        ("2020-01-06", "acute > nursing_facility > home"),
        ("2020-01-07", "acute > nursing_facility > unknown"),  # a day between: another journey
    ],
)
def test_the_next_stay_begins_the_same_day_or_the_day_after(admitted: str, path: str) -> None:
    stays = HOSPITAL.format("nursing_facility"), NURSED.format(admitted, "2020-01-20", "home")
    assert paths(*stays) == {"a": path}


def test_dates_are_believed_before_a_destination_that_is_coded_otherwise() -> None:
    stays = HOSPITAL.format("home"), NURSED.format("2020-01-05", "2020-01-20", "home")
    assert paths(*stays) == {"a": "acute > nursing_facility > home"}


def test_hospital_to_nursing_facility_and_back() -> None:
    stays = (
        HOSPITAL.format("nursing_facility"),
        NURSED.format("2020-01-05", "2020-01-15", "acute"),
        "b  acute  A  2020-01-15  2020-01-18  nursing_facility",
        "m  nursing_facility  N  2020-01-18  2020-02-01  home",
    )
    assert paths(*stays) == {
        "a": "acute > nursing_facility > acute > nursing_facility > home",
        "b": "acute > nursing_facility > home",
    }


def test_a_transfer_is_one_step_and_its_end_leads_on() -> None:
    stays = (
        HOSPITAL.format("acute"),
        "b  acute  B  2020-01-05  2020-01-09  rehabilitation",
        "r  rehabilitation  R  2020-01-09  2020-01-30  home",
    )
    assert paths(*stays) == {"a": "acute > rehabilitation > home"}


def test_a_hospital_stay_inside_a_stay_in_a_nursing_facility_leads_back_there() -> None:
    stays = (
        "n  nursing_facility  N  2020-01-01  2020-02-01  home",
        "a  acute  A  2020-01-10  2020-01-15  nursing_facility",
    )
    assert paths(*stays) == {"a": "acute > nursing_facility > home"}


def test_a_stay_inside_the_next_one_is_a_step_there_and_back() -> None:
    stays = (
        HOSPITAL.format("nursing_facility"),
        NURSED.format("2020-01-05", "2020-02-01", "home"),
        "b  acute  A  2020-01-10  2020-01-12  nursing_facility",
    )
    assert paths(*stays)["a"] == "acute > nursing_facility > acute > nursing_facility > home"


def test_an_overlapping_stay_is_the_next_step() -> None:
    stays = HOSPITAL.format("-"), NURSED.format("2020-01-03", "2020-01-20", "died")
    assert paths(*stays) == {"a": "acute > nursing_facility > died"}


def test_an_open_stay_is_where_the_person_is_until_seen_elsewhere() -> None:
    stays = HOSPITAL.format("nursing_facility"), NURSED.format("2020-01-05", "-", "-")
    assert paths(*stays) == {"a": "acute > nursing_facility"}
    later = "b  acute  A  2020-03-01  2020-03-04  home"
    assert paths(*stays, later) == {
        "a": "acute > nursing_facility > unknown", "b": "acute > home",
    }  # fmt: skip
    assert paths("a acute A 2020-01-01 - -") == {"a": "acute"}
    before = NURSED.format("2020-01-04", "-", "-")  # begun before the other is said to have ended
    assert paths(HOSPITAL.format("home"), before) == {"a": "acute > nursing_facility"}


def test_a_known_death_ends_the_path() -> None:
    died = "person death\n p1 2020-01-05"
    assert paths(HOSPITAL.format("-"), person=died) == {"a": "acute > died"}
    stays = HOSPITAL.format("nursing_facility"), NURSED.format("2020-01-05", "-", "-")
    later = "person death\n p1 2020-01-09"
    assert paths(*stays, person=later) == {"a": "acute > nursing_facility > died"}
    assert paths(*stays, person=later, at="2020-01-08") == {"a": "acute > nursing_facility"}


def test_emergency_departments_and_care_at_home_are_no_steps() -> None:
    stays = (
        HOSPITAL.format("home_health"),
        "e  emergency  A  2020-01-05  2020-01-05  home",
        "h  home_health  H  2020-01-05  2020-02-05  home",
    )
    assert paths(*stays) == {"a": "acute > home"}


@pytest.mark.parametrize(
    ("at", "path"),
    [
        ("2020-01-03", "acute"),
        ("2020-01-05", "acute > nursing_facility"),
        ("2020-01-19", "acute > nursing_facility"),
        ("2020-01-20", "acute > nursing_facility > acute"),
    ],
)
def test_a_path_is_told_as_known_at_a_moment(at: str, path: str) -> None:
    stays = (
        HOSPITAL.format("nursing_facility"),
        NURSED.format("2020-01-05", "2020-01-20", "home"),
        "b  acute  A  2020-01-20  2020-01-25  home",
    )
    assert paths(*stays, at=at)["a"] == path


def ways_home(*stays: str, at: str | None = None) -> list[str]:
    moment = None if at is None else datetime.fromisoformat(at)
    found = nursing_discharges(people(stay="\n".join((HEAD, *stays))), at=moment).to_pylist()
    return [f"{row['stay_id']} {row['at']:%Y-%m-%d}" for row in found]


@pytest.mark.parametrize(
    ("to", "found"),
    [("home", ["n 2020-01-20"]), ("home_health", ["n 2020-01-20"]), ("acute", []), ("died", []),
     ("-", [])],
)  # fmt: skip
def test_a_way_home_is_one_that_the_stay_says(to: str, found: list[str]) -> None:
    assert ways_home(NURSED.format("2020-01-05", "2020-01-20", to)) == found


def test_a_return_to_hospital_on_the_same_day_does_not_undo_a_way_home() -> None:
    stays = NURSED.format("2020-01-05", "2020-01-20", "home"), "b acute A 2020-01-20 2020-01-25 -"
    assert ways_home(*stays) == ["n 2020-01-20"]


def test_who_is_still_in_another_bed_is_not_home() -> None:
    stays = NURSED.format("2020-01-05", "2020-01-20", "home"), "b acute A 2020-01-18 2020-01-25 -"
    assert ways_home(*stays) == []


def test_a_way_home_is_known_with_the_discharge() -> None:
    stay = NURSED.format("2020-01-05", "2020-01-20", "home")
    assert ways_home(stay, at="2020-01-19") == []
    assert ways_home(stay, at="2020-01-20") == ["n 2020-01-20"]
