"""What followed an index moment: outcome, or why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from features.cohort import index_moments
from features.definition import Definition, load_definition
from features.labels import labels
from features.tables.contract import Tables
from tests.drawn import people

pytestmark = pytest.mark.spec

READMISSION = load_definition("readmission")
END = datetime.fromisoformat("2021-12-31T23:59:59.999999")
INDEX = "i  A  2020-01-01  2020-01-10  home  emergency"
HEAD = "stay  facility  admitted  discharged  to  method"


def after(*stays: str, definition: Definition = READMISSION, end: datetime = END,
          **tables: Any) -> dict[str, Any]:  # fmt: skip
    """The label of stay `i`, discharged on 2020-01-10."""
    lives = people(stay="\n".join((HEAD, INDEX, *stays)), **tables)
    moments = index_moments(lives, definition).moments
    moments = moments.filter(pa.compute.equal(moments["stay_id"], "i"))
    assert len(moments) == 1
    found: dict[str, Any] = labels(lives, moments, definition, last_known=end).to_pylist()[0]
    return found


def value(*stays: str, **more: Any) -> Any:
    return after(*stays, **more)["value"]


@pytest.mark.parametrize(
    ("admitted", "expected"),
    [
        ("2020-01-10", 1.0),  # the same day, the same hospital, another condition
        ("2020-01-11", 1.0),
        ("2020-02-09", 1.0),  # the thirtieth day
        ("2020-02-10", 0.0),
    ],
)
def test_both_ends_of_the_window(admitted: str, expected: float) -> None:
    assert value(f"r A {admitted} 2020-02-20 home emergency") == expected


def test_no_return_is_no_event() -> None:
    assert after() == {
        "value": 0.0, "status": "labelled", "competing_death_day": None, "undecided": False,
        "alternative": 0.0, "by": None,
    }  # fmt: skip


def test_a_transfer_is_no_readmission() -> None:
    lives = people(
        stay="\n".join((HEAD, "a A 2020-01-01 2020-01-05 acute emergency",
                        "i B 2020-01-05 2020-01-10 home transfer"))
    )  # fmt: skip
    moments = index_moments(lives, READMISSION).moments
    assert moments["stay_id"].to_pylist() == ["i"]
    assert labels(lives, moments, READMISSION, last_known=END)["value"].to_pylist() == [0.0]


def test_other_settings_are_no_readmission() -> None:
    lives = people(
        stay="""
        stay  setting           facility  admitted    discharged  method
        i     acute             A         2020-01-01  2020-01-10  emergency
        e     emergency         A         2020-01-15  2020-01-15  emergency
        n     nursing_facility  N         2020-01-16  2020-02-20  emergency
        """
    )
    moments = index_moments(lives, READMISSION).moments
    assert labels(lives, moments, READMISSION, last_known=END)["value"].to_pylist() == [0.0]


PLANNED, UNPLANNED = (
    "p A 2020-01-15 2020-01-17 home elective",
    "u A 2020-01-25 2020-01-27 home emergency",
)
ANY = replace(READMISSION, outcome=replace(READMISSION.outcome, look_at="any"))


def test_a_planned_admission_first_ends_the_view() -> None:
    assert value(PLANNED) == 0.0
    assert value(PLANNED, UNPLANNED) == 0.0
    assert value(PLANNED, UNPLANNED, definition=ANY) == 1.0


def test_undecided_is_kept_under_both_readings() -> None:
    unknown = "r A 2020-01-15 2020-01-17 home unknown"
    found = after(unknown)
    assert (found["value"], found["alternative"], found["undecided"]) == (1.0, 0.0, True)
    planned = replace(READMISSION, outcome=replace(READMISSION.outcome, undecided="planned"))
    found = after(unknown, definition=planned)
    assert (found["value"], found["alternative"], found["undecided"]) == (0.0, 1.0, True)
    found = after(UNPLANNED)
    assert (found["value"], found["alternative"], found["undecided"]) == (1.0, 1.0, False)


def test_death_inside_the_window_without_return_is_no_event_and_keeps_its_day() -> None:
    found = after(person="person death\n p1 2020-01-30")
    assert (found["value"], found["competing_death_day"]) == (0.0, 20)
    found = after(UNPLANNED, person="person death\n p1 2020-01-30")
    assert (found["value"], found["competing_death_day"]) == (1.0, None)
    found = after(person="person death\n p1 2020-02-10")
    assert (found["value"], found["competing_death_day"]) == (0.0, None)


def test_coverage_has_to_reach_to_the_end_of_the_window_or_to_death() -> None:
    early = "person from until\n p1 1990-01-01 2020-02-09"
    whole = "person from until\n p1 1990-01-01 2020-02-10"
    assert after(coverage=early)["status"] == "coverage_lost"
    assert after(coverage=whole)["value"] == 0.0
    dead = "person death\n p1 2020-02-01"
    assert after(coverage="person from until\n p1 1990-01-01 2020-02-01", person=dead)[
        "competing_death_day"
    ] == 22  # fmt: skip


def test_a_readmission_inside_an_incomplete_window_stays_unlabelled() -> None:
    early = "person from until\n p1 1990-01-01 2020-02-09"
    found = after("r A 2020-01-12 2020-01-17 home emergency", coverage=early)
    assert found == {
        "value": None, "status": "coverage_lost", "competing_death_day": None, "undecided": False,
        "alternative": None, "by": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("2020-05-09T23:59:59.999999", "labelled"),  # 2020-02-09 and 90 days, seen to its end
        ("2020-05-09T12:00:00", "horizon_not_observed"),
        ("2020-05-08T23:59:59.999999", "horizon_not_observed"),
    ],
)
def test_the_run_out_has_to_fit_before_the_end_of_the_extract(end: str, status: str) -> None:
    found = after("r A 2020-01-12 2020-01-17 home emergency", end=datetime.fromisoformat(end))
    assert found["status"] == status


def test_people_whose_stays_have_the_same_names_do_not_share_them() -> None:
    lives = people(
        stay="""
        person  stay  facility  admitted    discharged
        p       1     A         2020-01-01  2020-01-10
        p       2     A         2020-01-15  2020-01-17
        q       1     A         2020-01-01  2020-01-10
        """
    )
    moments = index_moments(lives, READMISSION).moments
    found = dict(
        zip(
            zip(*(moments[c].to_pylist() for c in ("person_id", "stay_id")), strict=True),
            labels(lives, moments, READMISSION, last_known=END)["value"].to_pylist(),
            strict=True,
        )
    )
    assert found == {("p", "1"): 1.0, ("p", "2"): 0.0, ("q", "1"): 0.0}


def monthly(label: str, tables: Tables) -> dict[str, Any]:
    """The label of the year from 2020-01-01 for p1."""
    definition = load_definition("complexity", label=label)
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([datetime.fromisoformat("2020-01-01")], pa.timestamp("us")),
            "stay_id": pa.nulls(1, pa.string()),
            "spell_id": pa.nulls(1, pa.string()),
            "moment": ["month"],
        }
    )
    found: dict[str, Any] = labels(tables, moments, definition, last_known=END).to_pylist()[0]
    return found


def test_need_counts_groups_once_and_the_graver_of_two() -> None:
    tables = people(
        diagnosis="""
        at          code
        2019-12-31  C349
        2020-01-01  I500
        2020-03-01  I509
        2020-04-01  E119
        2020-05-01  E112
        2020-12-30  J449
        2020-12-31  F200
        """
    )
    assert monthly("need", tables)["value"] == 3.0


def test_need_of_codes_that_cannot_be_read_is_unknown() -> None:
    tables = people(
        diagnosis="""
        at          system  code
        2020-01-01  SNOMED  84114007
        2020-03-01  SNOMED  38341003
        2020-04-01  ICD-10  I500
        """
    )
    found = monthly("need", tables)
    assert (found["value"], found["status"]) == (None, "codes_unreadable")
    assert monthly("need", people())["value"] == 0.0


def test_bed_days_are_nights_inside_the_window() -> None:
    tables = people(
        stay="""
        setting           facility  admitted    discharged
        acute             A         2019-12-25  2020-01-04
        acute             A         2020-02-01  2020-02-11
        acute             B         2020-02-05  2020-02-13
        nursing_facility  N         2020-03-01  2020-05-01
        acute             A         2020-12-25  2021-01-15
        """
    )
    assert monthly("bed_days", tables)["value"] == 3 + 12 + 6


def test_costs_are_the_known_ones() -> None:
    tables = people(
        stay="admitted discharged cost\n 2020-02-01 2020-02-05 100\n 2021-02-01 2021-02-05 1000",
        visit="at cost\n 2020-03-01 20\n 2020-03-02 -",
        dispensing="at code cost\n 2020-04-01 METFORMIN 3.5",
    )
    assert monthly("cost", tables)["value"] == 123.5
    unknown = people(visit="at cost\n 2020-03-01 -")
    assert monthly("cost", unknown)["status"] == "cost_unknown"
    assert monthly("cost", people())["value"] == 0.0
