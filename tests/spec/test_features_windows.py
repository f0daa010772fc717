"""Which days a window holds, and which facts are in view in it. The index is 2020-07-01."""

from __future__ import annotations

import pytest

from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec

VISITS = {"measure": "count", "table": "visit"}
CODES = {"measure": "count", "table": "diagnosis"}
STAYS = {"measure": "count", "table": "stay"}


@pytest.mark.parametrize(
    ("on", "month", "earlier"),
    [
        # [index - 30, index): closed at its start, open at its end. [60, 30] ends where it begins.
        ("2020-07-02", 0.0, 0.0),
        ("2020-07-01", 0.0, 0.0),  # the index day
        ("2020-06-30T23:59", 1.0, 0.0),
        ("2020-06-01", 1.0, 0.0),  # its first day
        ("2020-05-31T23:59", 0.0, 1.0),
        ("2020-05-02", 0.0, 1.0),
        ("2020-05-01", 0.0, 0.0),
    ],
)
def test_a_window_holds_its_first_day_and_not_its_last(
    on: str, month: float, earlier: float
) -> None:
    tables = people(visit=f"at\n {on}")
    assert ask(tables, windows=[30], **VISITS) == month
    assert ask(tables, windows=[[60, 30]], **VISITS) == earlier


@pytest.mark.parametrize(
    ("known", "expected"),
    [("2020-07-01", 1.0), ("2020-07-01T00:00:01", 0.0), ("2020-06-01", 1.0)],
)
def test_a_fact_counts_once_it_is_known(known: str, expected: float) -> None:
    tables = people(visit=f"at known\n 2020-06-20 {known}")
    assert ask(tables, windows=[30], **VISITS) == expected


def test_of_the_same_day_the_hour_says_what_is_known_but_not_what_is_earlier() -> None:
    tables = people(visit="at known\n 2020-07-01T08:00 2020-07-01T08:00")
    assert ask(tables, windows=[30], at="2020-07-01T09:00", **VISITS) == 0.0
    assert ask(tables, windows=[30], at="2020-07-02", **VISITS) == 1.0


@pytest.mark.parametrize(
    ("until", "month", "earlier"),
    [
        ("-", 0.0, 0.0),
        ("2020-06-02", 0.0, 0.0),  # one day of the month, all days of the earlier one
        ("2020-06-01", None, 0.0),
        ("2020-05-03", None, 0.0),  # one day of the earlier month
        ("2020-05-02", None, None),
    ],
)
def test_no_row_is_zero_if_a_day_of_that_same_window_was_observed(
    until: str, month: float | None, earlier: float | None
) -> None:
    tables = people(coverage=f"from until\n 2019-01-01 {until}")
    assert ask(tables, windows=[30], **VISITS) == month
    assert ask(tables, windows=[[60, 30]], **VISITS) == earlier


INDEX_STAY = {
    "stay": """
        stay  admitted    discharged  coded_known
        i     2020-06-20  2020-07-01  2020-07-01
    """,
    "diagnosis": """
        stay  at          code
        i     2020-06-20  I500
        i     2020-07-01  J449
        -     2020-07-01  E119
    """,
}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (30, 2.0),
        (1, 2.0),  # of the index spell, whatever their day
        ([30, 1], 0.0),  # a window that ends earlier holds nothing of it, whatever its day
    ],
)
def test_facts_of_the_index_spell_lie_in_windows_that_reach_to_the_index(
    window: object, expected: float
) -> None:
    tables = people(**INDEX_STAY)
    assert ask(tables, stay="i", windows=[window], **CODES) == expected


def test_a_change_is_the_window_less_as_many_days_before_it() -> None:
    visits = "at\n 2020-06-30\n 2020-06-01\n 2020-05-31\n 2020-05-02\n 2020-05-03\n 2020-05-01"
    tables = people(visit=visits)
    change = {"measure": "count_change", "table": "visit"}
    assert ask(tables, windows=[30], **change) == 2.0 - 3.0
    assert ask(tables, windows=[[60, 30]], **change) == 3.0 - 1.0
    assert ask(people(), windows=[30], **change) == 0.0


def test_a_change_from_days_that_were_not_seen_is_unknown() -> None:
    tables = people(visit="at\n 2020-06-20", coverage="from\n 2020-06-01")
    assert ask(tables, windows=[30], **VISITS) == 1.0
    assert ask(tables, windows=[30], measure="count_change", table="visit") is None


def test_codes_of_the_index_spell_are_no_part_of_the_days_before_the_window() -> None:
    tables = people(**INDEX_STAY)
    change = {"measure": "count_change", "table": "diagnosis"}
    assert ask(tables, stay="i", windows=[5], **change) == 2.0 - 0.0


def test_change_of_costs_and_of_days() -> None:
    tables = people(
        stay="""
        stay  admitted    discharged  cost
        a     2020-05-28  2020-06-03  100
        b     2020-06-20  2020-06-21  30
        """
    )
    costs = {"measure": "sum_change", "table": "stay", "column": "cost"}
    assert ask(tables, windows=[30], **costs) == 30.0 - 100.0
    days = {"measure": "days_change", "table": "stay"}
    assert ask(tables, windows=[30], **days) == (2.0 + 1.0) - 4.0
    unknown = people(stay="admitted discharged cost\n 2020-05-28 2020-05-29 -")
    assert ask(unknown, windows=[30], **costs) is None


def test_any_says_whether_there_is_one() -> None:
    tables = people(visit="at setting\n 2020-06-20 outpatient")
    entry = {"measure": "any", "table": "visit", "windows": [30]}
    assert ask(tables, **entry) == 1.0
    assert ask(tables, where={"setting": ["primary_care"]}, **entry) == 0.0
    assert ask(people(coverage="from until\n 2019-01-01 2019-02-01"), **entry) is None


@pytest.mark.parametrize(
    ("window", "expected"), [(30, 10 / 30), ([30, 10], 10 / 20), ([10, 5], 0.0), ([30, 20], 1.0)]
)
def test_share_of_the_days_of_a_window_observed(window: object, expected: float) -> None:
    tables = people(coverage="from until\n 2020-01-01 2020-06-11")
    share = {"measure": "observed_share", "table": "visit"}
    assert ask(tables, windows=[window], **share) == expected


def test_stays_of_a_setting_are_seen_by_the_coverage_that_sees_that_setting() -> None:
    inpatient = people(coverage="from kind\n 2019-01-01 inpatient")
    visits = {**STAYS, "windows": [30], "where": {"setting": ["emergency"]}}
    assert ask(inpatient, **visits) is None
    acute = {**STAYS, "windows": [30], "where": {"setting": ["acute"]}}
    assert ask(inpatient, **acute) == 0.0
    both = {**STAYS, "windows": [30], "where": {"setting": ["acute", "emergency"]}}
    assert ask(inpatient, **both) is None
    assert ask(people(coverage="from kind\n 2019-01-01 hospital"), **both) == 0.0


def test_windows_may_end_on_the_first_day_of_the_index_spell() -> None:
    tables = people(
        stay="""
        stay  setting           admitted    discharged
        n     nursing_facility  2020-06-01  2020-06-10
        m     nursing_facility  2020-05-01  2020-05-10
        i     acute             2020-06-20  2020-07-01
        """
    )
    before = {**STAYS, "anchor": "admission"}
    assert ask(tables, stay="i", windows=[30], **before) == 1.0
    assert ask(tables, stay="i", windows=[[60, 30]], **before) == 1.0
    assert ask(tables, stay="i", windows=[[60, 18]], **before) == 2.0
    assert ask(tables, windows=[30], **before) is None, "no stay is being left"
