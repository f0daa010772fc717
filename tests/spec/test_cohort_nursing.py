"""Moments at discharges home from a nursing facility, and discharges left out by condition."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from features.catalogue import load_catalogue
from features.cohort import index_moments, moments_at
from features.definition import Definition, definition_of, load_definition
from features.errors import InputError
from features.labels import labels
from features.matrix import of_tables
from tests.drawn import people

pytestmark = pytest.mark.spec

SHIPPED = load_definition("readmission")
HOME = replace(
    SHIPPED, index=replace(SHIPPED.index, moments="nursing_discharge", exclude=("died_in_stay",))
)
END = datetime.fromisoformat("2021-12-31T23:59:59.999999")
STAYS = """
    stay  setting           facility  admitted    discharged  to                method
    a     acute             A         2020-01-01  2020-01-05  nursing_facility  emergency
    n     nursing_facility  N         2020-01-05  2020-01-20  home              unknown
    {}
"""


def told(after: str = "", definition: Definition = HOME) -> list[dict[str, Any]]:
    tables = people(stay=STAYS.format(after))
    moments = index_moments(tables, definition).moments
    found = labels(tables, moments, definition, last_known=END)
    return [
        moment | label for moment, label in zip(moments.to_pylist(), found.to_pylist(), strict=True)
    ]


def test_the_way_home_is_a_moment_of_its_own_kind() -> None:
    (found,) = told()
    assert (found["stay_id"], found["spell_id"], str(found["index_at"])) == (
        "n", None, "2020-01-20 00:00:00",
    )  # fmt: skip
    assert found["moment"] == "nursing_facility_discharge"
    assert (found["value"], found["status"]) == (0.0, "labelled")


@pytest.mark.parametrize(
    ("admitted", "value"),
    [("2020-01-20", 1.0), ("2020-02-19", 1.0), ("2020-02-20", 0.0)],
)
def test_it_is_followed_by_the_next_admission_to_hospital(admitted: str, value: float) -> None:
    (found,) = told(f"b acute A {admitted} 2020-02-25 home emergency")
    assert (found["value"], found["by"]) == (value, "b" if value else None)


def test_the_model_of_the_nursing_facility_sees_the_hospital_stay_before() -> None:
    tables = people(stay=STAYS.format(""))
    moments = index_moments(tables, HOME).moments
    chosen = load_catalogue().select(["moment", "index_nights", "admissions_90d"])
    found = of_tables(tables, moments, chosen)
    assert found.schema.decode(found.X).to_pylist() == [
        {"moment": "nursing_facility_discharge", "index_nights": 15.0, "admissions_90d": 1.0}
    ]


def test_who_is_dead_that_day_did_not_go_home() -> None:
    tables = people(stay=STAYS.format(""), person="person death\n p1 2020-01-20")
    assert index_moments(tables, HOME).excluded == {"died_in_stay": 1}


@pytest.mark.parametrize(("day", "expected"), [("2020-01-19", []), ("2020-01-20", ["n"])])
def test_a_list_holds_ways_home_known_that_day(day: str, expected: list[str]) -> None:
    found = moments_at(people(stay=STAYS.format("")), datetime.fromisoformat(day), HOME)
    assert found["stay_id"].to_pylist() == expected


def test_reasons_of_acute_discharges_do_not_fit_a_way_home() -> None:
    text = replace(HOME, index=replace(HOME.index, exclude=("day_case",))).to_toml()
    with pytest.raises(InputError) as refused:
        definition_of(text)
    assert "index.exclude" in refused.value.where


@pytest.mark.parametrize(
    ("code", "reason"),
    [("F209", "psychiatric"), ("C3490", "cancer"), ("Z44001", "rehabilitation"), ("I509", None)],
)
def test_what_the_measure_of_cms_does_not_ask_about(code: str, reason: str | None) -> None:
    stays = "stay admitted discharged\n a 2020-01-01 2020-01-05"
    cause = f"stay code position\n a {code} 1"
    tables = people(stay=stays, diagnosis=cause)
    measure = index_moments(tables, load_definition("readmission_cms"))
    assert measure.excluded == ({reason: 1} if reason else {})
    assert len(index_moments(tables, SHIPPED).moments) == 1


@pytest.mark.parametrize(
    ("system", "act", "kept"),
    [
        ("ICD-10-PCS", "0BTC0ZZ", 1),  # a lobe of the lung taken out
        ("ICD-10-PCS", "0DJ08ZZ", 0),  # an endoscopy
        ("CPT", "32480", 0),  # cannot be read
    ],
)
def test_who_is_operated_on_for_cancer_is_asked_about(system: str, act: str, kept: int) -> None:
    tables = people(
        stay="stay admitted discharged\n a 2020-01-01 2020-01-05",
        diagnosis="stay code position\n a C3490 1",
        procedure=f"stay system code\n a {system} {act}",
    )
    assert len(index_moments(tables, load_definition("readmission_cms")).moments) == kept


def test_the_condition_is_that_of_the_discharging_stay() -> None:
    stays = """
        stay  facility  admitted    discharged
        a     A         2020-01-01  2020-01-05
        b     B         2020-01-05  2020-01-09
    """
    causes = "stay code position\n {} F209 1\n {} I509 1"
    cms = load_definition("readmission_cms")
    for first, last, kept in (("a", "b", 1), ("b", "a", 0)):
        tables = people(stay=stays, diagnosis=causes.format(first, last))
        assert len(index_moments(tables, cms).moments) == kept
