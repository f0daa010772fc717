"""Which acute stays are one spell: small stays in, spells out.

The answers read `first..last`: the stays a spell begins and ends with, and its number of stays.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from features.spells import SpellRule, spell_of_stay, spells
from tests.drawn import people

pytestmark = pytest.mark.spec

DATES, EVIDENCE = SpellRule.DATES, SpellRule.EVIDENCE


def joined(rule: SpellRule, stay: str, diagnosis: str = "", at: str | None = None) -> list[str]:
    tables = people(stay=stay, diagnosis=diagnosis)
    moment = None if at is None else datetime.fromisoformat(at)
    found = spells(tables, rule, at=moment).to_pylist()
    return [f"{s['spell_id']}..{s['last_stay_id']} {s['stays']}" for s in found]


def two(begin: str, to: str = "home", there: str = "B", method: str = "emergency",
        source: str = "home") -> str:  # fmt: skip
    return f"""
        stay  facility  admitted    discharged  to    method     admitted_from
        a     A         2020-01-01  2020-01-05  {to}  emergency  home
        b     {there}   {begin}     2020-01-20  home  {method}   {source}
    """


ONE, APART = ["a..b 2"], ["a..a 1", "b..b 1"]


@pytest.mark.parametrize(
    ("what", "stays", "by_dates", "by_evidence"),
    [
        ("another hospital the same day", two("2020-01-05"), ONE, APART),
        ("another hospital the next day", two("2020-01-06"), ONE, APART),
        ("another hospital after a day between", two("2020-01-07"), APART, APART),
        ("overlapping stays", two("2020-01-04"), ONE, ONE),
        ("sent to another hospital the same day", two("2020-01-05", "acute"), ONE, ONE),
        ("sent to another hospital, two days", two("2020-01-07", "acute"), APART, ONE),
        ("sent to another hospital, three days", two("2020-01-08", "acute"), APART, APART),
        ("came by transfer", two("2020-01-07", method="transfer"), APART, ONE),
        ("elective from a hospital", two("2020-01-07", "-", "B", "elective", "acute"), APART, ONE),
        ("an emergency from a hospital after a discharge home", two("2020-01-07", source="acute"),
         APART, APART),
        ("an emergency from a hospital, not sent home", two("2020-01-07", "-", source="acute"),
         APART, ONE),
        ("an unknown hospital the same day", two("2020-01-05", there="-"), APART, APART),
        ("an unknown hospital by transfer, next day", two("2020-01-06", "acute", "-"), ONE, ONE),
        ("the same hospital the same day", two("2020-01-05", there="A"), APART, APART),
        ("a transfer within one hospital", two("2020-01-05", "acute", "A"), APART, ONE),
    ],
)  # fmt: skip
def test_two_stays(what: str, stays: str, by_dates: list[str], by_evidence: list[str]) -> None:
    assert joined(DATES, stays) == by_dates, what
    assert joined(EVIDENCE, stays) == by_evidence, what


@pytest.mark.parametrize(
    ("first", "second", "begin", "expected"),
    [
        ("I500", "I509", "2020-01-05", ONE),  # one condition to three characters
        ("I500", "J449", "2020-01-05", APART),
        ("I500", "I500", "2020-01-06", APART),  # the next day is a readmission
    ],
)
def test_the_same_hospital_for_the_same_condition(
    first: str, second: str, begin: str, expected: list[str]
) -> None:
    causes = f"""
        stay  code      position
        a     {first}   1
        b     {second}  1
    """
    assert joined(DATES, two(begin, there="A"), causes) == expected


def test_only_the_principal_diagnosis_is_the_condition() -> None:
    causes = """
        stay  code  position
        a     I500  2
        b     I500  1
    """
    assert joined(DATES, two("2020-01-05", there="A"), causes) == APART


def test_nested_and_overlapping_stays_end_with_the_last_discharge() -> None:
    stays = """
        stay  facility  admitted    discharged
        a     A         2020-01-01  2020-01-20
        b     B         2020-01-05  2020-01-07
        c     A         2020-01-10  2020-01-22
    """
    tables = people(stay=stays)
    found = spells(tables, DATES).to_pylist()
    assert [(s["spell_id"], s["last_stay_id"], s["nights"], s["stays"]) for s in found] == [
        ("a", "c", 21, 3)
    ]
    assert spell_of_stay(tables, DATES).tolist() == [0, 0, 0]


def test_a_chain_of_transfers_is_one_spell_of_the_first_urgency() -> None:
    stays = """
        stay  facility  admitted    discharged  to     method
        a     A         2020-01-01  2020-01-02  acute  elective
        b     B         2020-01-02  2020-01-04  acute  transfer
        c     C         2020-01-05  2020-01-09  home   emergency
    """
    found = spells(people(stay=stays), DATES).to_pylist()
    assert len(found) == 1
    assert found[0]["urgency"] == "planned"
    assert found[0]["decided_by"] == "admission_method"
    assert (found[0]["first_facility"], found[0]["last_facility"]) == ("A", "C")
    assert found[0]["discharged_to"] == "home"


def test_hospital_to_nursing_facility_and_back_is_two_spells() -> None:
    stays = """
        stay  setting           facility  admitted    discharged  to                method
        a     acute             A         2020-01-01  2020-01-05  nursing_facility  emergency
        n     nursing_facility  N         2020-01-05  2020-01-15  acute             transfer
        b     acute             A         2020-01-15  2020-01-18  home              emergency
    """
    assert joined(DATES, stays) == ["a..a 1", "b..b 1"]
    assert spell_of_stay(people(stay=stays), DATES).tolist() == [0, -1, 1]


def test_death_and_leaving_against_advice_are_ends_as_any_other() -> None:
    stays = """
        stay  facility  admitted    discharged  to
        a     A         2020-01-01  2020-01-05  against_advice
        b     A         2020-01-07  2020-01-09  died
    """
    found = spells(people(stay=stays), DATES).to_pylist()
    assert [s["discharged_to"] for s in found] == ["against_advice", "died"]


@pytest.mark.parametrize(
    ("method", "urgency"),
    [
        ("emergency", "unplanned"),
        ("elective", "planned"),
        ("maternity", "planned"),
        ("newborn", "planned"),
        ("transfer", "undecided"),
        ("unknown", "undecided"),
    ],
)
def test_urgency(method: str, urgency: str) -> None:
    found = spells(people(stay=[{"admission_method": method, "admitted_at": "2020-01-01"}]), DATES)
    assert found["urgency"].to_pylist() == [urgency]
    assert (found["decided_by"].to_pylist() == [None]) == (urgency == "undecided")


def test_an_open_stay_keeps_its_spell_open_unless_the_person_was_moved_on() -> None:
    stays = """
        stay  facility  admitted    discharged  method
        a     A         2020-01-01  -           emergency
        b     B         2020-01-02  2020-01-09  {}
    """
    moved = spells(people(stay=stays.format("transfer")), DATES).to_pylist()
    assert [(s["last_stay_id"], str(s["discharged_at"])) for s in moved] == [
        ("b", "2020-01-09 00:00:00")
    ]
    other = spells(people(stay=stays.format("emergency")), DATES).to_pylist()
    assert [(s["last_stay_id"], s["discharged_at"], s["nights"]) for s in other] == [
        ("a", None, None)
    ]


def test_a_stay_that_never_ended_does_not_swallow_later_ones() -> None:
    stays = """
        stay  facility  admitted    discharged
        a     A         2020-01-01  -
        b     B         2020-03-01  2020-03-04
    """
    assert joined(DATES, stays) == ["a..a 1", "b..b 1"]


def test_as_of_a_moment_nothing_later_is_used() -> None:
    stays = """
        stay  facility  admitted    discharged  discharged_known  to
        a     A         2020-01-01  2020-01-05  2020-01-08        acute
        b     B         2020-01-05  2020-01-20  2020-01-20        home
    """
    assert joined(DATES, stays, at="2020-01-04") == ["a..a 1"]
    assert joined(DATES, stays, at="2020-01-07") == APART  # the discharge of a is not known yet
    assert joined(DATES, stays, at="2020-01-08") == ONE


def test_a_condition_counts_from_when_it_is_known() -> None:
    causes = """
        stay  code  position  known
        a     I500  1         2020-01-30
        b     I500  1         2020-01-20
    """
    stays = two("2020-01-05", there="A")
    assert joined(DATES, stays, causes, at="2020-01-25") == APART
    assert joined(DATES, stays, causes, at="2020-01-30") == ONE


def test_the_first_condition_told_is_not_changed_by_a_later_one() -> None:
    causes = """
        stay  code  position  at          known
        a     J449  1         2020-01-02  2020-01-05
        a     I500  1         2020-01-01  2020-02-01
        b     J441  1         2020-01-05  2020-01-20
    """
    assert joined(DATES, two("2020-01-05", there="A"), causes) == ONE


def test_stays_of_one_name_of_two_people_stay_apart() -> None:
    stays = """
        person  stay  facility  admitted    discharged
        p       1     A         2020-01-01  2020-01-05
        q       1     B         2020-01-05  2020-01-09
    """
    assert joined(DATES, stays) == ["1..1 1", "1..1 1"]


@pytest.mark.parametrize(
    ("days", "flags", "expected"),
    [
        (("2020-01-01", "2020-01-01"), ("yes", "yes"), True),
        (("2020-01-01", "2020-01-02"), ("yes", "yes"), False),  # a night was spent
        (("2020-01-01", "2020-01-01"), ("yes", "no"), False),
        (("2020-01-01", "2020-01-01"), ("yes", "-"), None),
    ],
)
def test_day_cases(days: tuple[str, str], flags: tuple[str, str], expected: bool | None) -> None:
    stays = f"""
        stay  facility  admitted          discharged        day_case
        a     A         2020-01-01T08:00  2020-01-01T12:00  {flags[0]}
        b     B         2020-01-01T12:00  {days[1]}T16:00   {flags[1]}
    """
    assert spells(people(stay=stays), DATES)["day_case"].to_pylist() == [expected]
