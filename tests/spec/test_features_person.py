"""Measures of the person and of what is on record of them: medicines, registration, values, age."""

from __future__ import annotations

import pytest

from tests.drawn import people
from tests.measured import feature

pytestmark = pytest.mark.spec

UNSEEN = "person from until\n p1 1990-01-01 1990-02-01"


def test_medicines() -> None:
    tables = people(
        dispensing="""
        at          system      code
        2020-05-01  INGREDIENT  WARFARIN
        2020-06-01  INGREDIENT  WARFARIN
        2020-06-02  INGREDIENT  METFORMIN
        2019-06-01  INGREDIENT  FUROSEMIDE
        """
    )
    assert feature("medicines_365d", tables) == 2.0
    unread = people(dispensing="at system code\n 2020-06-01 NDC 00093721410")
    assert feature("medicines_365d", unread) is None


def test_the_registration_in_force_the_day_before() -> None:
    tables = people(
        registration="""
        from        until       known       carer  residence
        2010-01-01  2020-06-01  2010-01-01  yes    home
        2020-06-01  -           2020-06-01  no     care_home
        2020-06-15  -           2020-07-02  yes    homeless
        """
    )
    assert feature("carer", tables) == 0.0
    assert feature("residence", tables) == "care_home"


def test_the_last_measurement_in_its_unit() -> None:
    tables = people(
        measurement="""
        at                system  code   value  unit
        2020-01-01        LOINC   718-7  9.5    g/dL
        2020-05-01        LOINC   718-7  -      g/dL
        2020-04-01        LOINC   718-7  11.0   g/dL
        2020-06-01        LOINC   718-7  110    g/L
        2020-06-02        LOCAL   ADL    4      -
        """
    )
    assert feature("haemoglobin_last_365d", tables) == 11.0
    assert feature("adl_last_730d", tables) == 4.0


def test_social_needs_are_different_codes_of_need() -> None:
    codes = "at code\n 2020-01-01 Z590\n 2020-02-01 Z590\n 2020-03-01 Z602\n 2020-03-01 I500"
    assert feature("social_needs_730d", people(diagnosis=codes)) == 2.0


@pytest.mark.parametrize(
    ("birth", "age"), [("1940-07-01", 80.0), ("1940-07-02", 79.0), ("-", None)]
)
def test_age(birth: str, age: float | None) -> None:
    assert feature("age", people(person=f"person birth\n p1 {birth}")) == age


def test_sex_unknown_is_null() -> None:
    assert feature("sex", people(person="person sex\n p1 unknown")) is None
    assert feature("sex", people(person="person sex\n p1 male")) == "male"


def test_share_of_days_observed() -> None:
    half = "person from until known\n p1 2019-01-01 2020-01-01 2019-01-01"
    assert feature("observed_share_365d", people(coverage=half)) == 183 / 365
    assert feature("observed_share_365d", people(coverage=UNSEEN)) == 0.0
    assert feature("observed_share_365d", people()) == 1.0
