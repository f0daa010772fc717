"""Who is asked about and when: index moments, and every other possible moment under one reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from features.cohort import index_moments, moments_at
from features.definition import load_definition
from features.tables.contract import Tables
from tests.drawn import people

pytestmark = pytest.mark.spec

READMISSION, COMPLEXITY = load_definition("readmission"), load_definition("complexity")
MONTHLY = replace(COMPLEXITY, index=replace(COMPLEXITY.index, every_months=1))
YEAR = (date(2020, 1, 1), date(2020, 12, 31))


def asked(tables: Tables) -> tuple[list[str], dict[str, int]]:
    cohort = index_moments(tables, READMISSION)
    rows = cohort.moments.to_pylist()
    return [f"{r['stay_id']} {r['index_at']:%m-%d}" for r in rows], dict(cohort.excluded)


def test_each_spell_gives_one_moment_at_its_end() -> None:
    tables = people(
        stay="""
        stay  facility  admitted    discharged  to
        a     A         2020-01-01  2020-01-05  acute
        b     B         2020-01-05  2020-01-20  home
        c     A         2020-03-01  2020-03-03  home
        """
    )
    found = index_moments(tables, READMISSION)
    assert found.moments.to_pylist() == [
        {"person_id": "p1", "index_at": datetime.fromisoformat(end), "stay_id": stay,
         "spell_id": spell, "moment": "discharge"}
        for end, stay, spell in (("2020-01-20", "b", "a"), ("2020-03-03", "c", "c"))
    ]  # fmt: skip
    assert not found.excluded


@pytest.mark.parametrize(
    ("reason", "stay"),
    [
        ("open_stay", "- home 2020-01-01T08:00 no"),
        ("died_in_stay", "2020-01-05 died 2020-01-01T08:00 no"),
        ("left_against_advice", "2020-01-05 against_advice 2020-01-01T08:00 no"),
        ("day_case", "2020-01-01T18:00 home 2020-01-01T08:00 yes"),
    ],
)
def test_discharges_left_out_by_reason(reason: str, stay: str) -> None:
    tables = people(stay=f"discharged to admitted day_case\n{stay}")
    assert asked(tables) == ([], {reason: 1})


def test_a_discharge_on_the_day_of_death_is_a_death_whatever_it_says() -> None:
    tables = people(
        person="person death\n p1 2020-01-05",
        stay="admitted discharged to\n 2020-01-01 2020-01-05 home",
    )
    assert asked(tables) == ([], {"died_in_stay": 1})


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("2002-01-05", {}),  # eighteen that day
        ("2002-01-06", {"too_young": 1}),
        ("-", {"birth_unknown": 1}),
        ("2020-01-06", {"not_born": 1}),  # a birth after the discharge is a fault of the source
    ],
)
def test_age_is_in_completed_years(birth: str, expected: dict[str, int]) -> None:
    tables = people(
        person=f"person birth\n p1 {birth}",
        stay="admitted discharged\n 2020-01-01 2020-01-05",
    )
    assert asked(tables)[1] == expected


def test_a_year_has_to_have_been_seen_before() -> None:
    stay = "person admitted discharged\n" + "\n".join(f"{p} 2020-12-20 2020-12-31" for p in "abc")
    tables = people(
        stay=stay,
        coverage="""
        person  from        until       kind
        a       2020-01-01  2021-01-01  all
        b       2020-02-08  2021-01-01  hospital
        c       2020-01-01  2021-01-01  pharmacy
        """,
    )
    moments = index_moments(tables, READMISSION)
    assert moments.moments["person_id"].to_pylist() == ["a"]
    assert moments.excluded == {"look_back_not_observed": 2}


def test_overlapping_periods_of_coverage_count_once() -> None:
    tables = people(
        stay="admitted discharged\n 2020-12-20 2020-12-31",
        coverage="""
        from        until       kind
        2020-01-01  2020-08-01  all
        2020-02-01  2020-08-01  hospital
        2020-07-01  2020-09-01  medical
        """,
    )
    assert asked(tables)[1] == {"look_back_not_observed": 1}


def test_only_the_first_reason_counts() -> None:
    tables = people(
        person="person birth\n p1 2019-01-01",
        stay="admitted discharged to\n 2020-01-01 2020-01-05 died",
    )
    assert asked(tables) == ([], {"died_in_stay": 1})


def test_months_of_people_alive_and_observed() -> None:
    tables = people(
        person="""
        person  birth       death       death_known
        a       1940-01-01  -           -
        b       1940-01-01  2020-02-10  2020-03-15
        c       1956-01-01  -           -
        """,
        coverage="""
        person  from        until
        a       2018-01-01  2020-04-01
        b       2018-01-01  -
        c       2018-01-01  -
        """,
    )
    found = index_moments(tables, MONTHLY, span=(date(2020, 1, 1), date(2020, 4, 30)))
    rows = sorted((r["person_id"], f"{r['index_at']:%m-%d}") for r in found.moments.to_pylist())
    assert rows == [
        ("a", "01-01"), ("a", "02-01"), ("a", "03-01"), ("b", "01-01"), ("b", "02-01"),
        ("b", "03-01"),
    ]  # fmt: skip
    assert found.excluded == {"known_dead": 1, "not_observed": 1, "too_young": 4}


def test_thinned_months_are_one_a_year_and_the_same_for_a_person_always() -> None:
    tables = people(person="person birth\n" + "\n".join(f"p{i} 1940-01-01" for i in range(300)))
    found = index_moments(tables, COMPLEXITY, span=(date(2018, 1, 1), date(2020, 12, 31)))
    months: dict[str, set[int]] = {}
    for row in found.moments.to_pylist():
        months.setdefault(row["person_id"], set()).add(row["index_at"].month)
    assert len(months) == 300
    assert found.moments.num_rows == 900
    assert all(len(own) == 1 for own in months.values())
    assert len({min(own) for own in months.values()}) == 12


def test_a_window_holds_its_first_time_and_not_its_last() -> None:
    tables = people(
        stay="""
        admitted    discharged
        2020-01-01  2020-01-05
        2020-02-01  2020-02-05
        2020-03-01  2020-03-05
        """
    )
    window = (datetime.fromisoformat("2020-01-05"), datetime.fromisoformat("2020-03-05"))
    found = index_moments(tables, READMISSION, window=window)
    assert found.moments["stay_id"].to_pylist() == ["s1", "s2"]


AS_OF = datetime.fromisoformat("2020-06-15")


def listed(tables: Tables) -> list[str]:
    return sorted(moments_at(tables, AS_OF, READMISSION)["stay_id"].to_pylist())


@pytest.mark.parametrize(
    ("what", "stay", "expected"),
    [
        ("thirty days ago", "2020-05-10 2020-05-16 2020-05-16 home", ["s1"]),
        ("longer ago", "2020-05-10 2020-05-15 2020-05-15 home", []),
        ("today", "2020-06-10 2020-06-15 2020-06-15 home", ["s1"]),
        ("not told yet", "2020-06-01 2020-06-10 2020-06-16 home", []),
        ("told today", "2020-06-01 2020-06-10 2020-06-15 home", ["s1"]),
        ("tomorrow", "2020-06-01 2020-06-16 2020-06-10 home", []),
        ("died", "2020-06-01 2020-06-10 2020-06-10 died", []),
        ("against advice", "2020-06-01 2020-06-10 2020-06-10 against_advice", ["s1"]),
    ],
)
def test_recent_discharges_known_today(what: str, stay: str, expected: list[str]) -> None:
    tables = people(stay=f"admitted discharged discharged_known to\n{stay}")
    assert listed(tables) == expected, what


def test_the_latest_discharge_of_each() -> None:
    tables = people(
        stay="""
        stay  facility  admitted    discharged
        a     A         2020-05-20  2020-05-25
        b     A         2020-06-01  2020-06-05
        """
    )
    assert listed(tables) == ["b"]


@pytest.mark.parametrize(
    ("death", "known", "expected"),
    [("2020-06-12", "2020-06-14", []), ("2020-06-12", "2020-06-16", ["s1"])],
)
def test_deaths_count_once_they_are_known(death: str, known: str, expected: list[str]) -> None:
    tables = people(
        person=f"person death death_known\n p1 {death} {known}",
        stay="admitted discharged\n 2020-06-01 2020-06-12",
    )
    assert listed(tables) == expected


@pytest.mark.parametrize(("death", "alive"), [("2020-06-15", False), ("2020-06-16", True)])
def test_a_death_without_its_known_time_is_known_on_its_day(death: str, alive: bool) -> None:
    tables = people(
        person=[{"death_date": death, "death_known": None}],
        stay="admitted discharged\n 2020-06-01 2020-06-12",
    )
    assert listed(tables) == (["s1"] if alive else [])
    assert moments_at(tables, AS_OF, COMPLEXITY).num_rows == alive
    months = index_moments(tables, MONTHLY, span=(date(2020, 7, 1), date(2020, 7, 31)))
    assert months.excluded == {"known_dead": 1}


def test_a_list_of_the_month_holds_the_living_who_are_covered_that_day() -> None:
    tables = people(
        person="person death\n a -\n b 2020-06-01\n c -\n d -",
        coverage="""
        person  from        until       known
        a       2018-01-01  -           2018-01-01
        b       2018-01-01  -           2018-01-01
        c       2018-01-01  2020-06-15  2018-01-01
        d       2018-01-01  -           2020-06-16
        """,
    )
    found = moments_at(tables, AS_OF, COMPLEXITY)
    assert found["person_id"].to_pylist() == ["a"]
    assert found["index_at"].to_pylist() == [AS_OF]
    assert found["moment"].to_pylist() == ["month"]
