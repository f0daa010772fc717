"""Claims of Tuva's input layer by the shipped mapping: claim lines in, stays and visits out."""

from __future__ import annotations

import pytest

from features.readers.table.load import SHIPPED
from tests.table_files import Loaded, read

pytestmark = pytest.mark.spec

ELIGIBILITY = """
    person_id gender birth_date death_date race  enrollment_start_date enrollment_end_date
    A         female 1938-03-01 -          white 2019-01-01            2019-12-31
    A         female 1938-03-01 2021-02-03 white 2020-01-01            9999-12-31
"""
CLAIMS = """
    person_id claim_id claim_line_number claim_type    bill_type_code revenue_center_code place_of_service_code facility_npi claim_start_date claim_end_date admission_date discharge_date admit_type_code admit_source_code discharge_disposition_code drg_code paid_amount diagnosis_code_type diagnosis_code_1 diagnosis_code_2
    A         c1       1                 institutional 112            0120                -                     N1           2019-03-01       2019-03-31     2019-03-01     -              1               5                 30                         291      900.00      icd-10-cm           I50.9            E11.9
    A         c1       2                 institutional 112            0250                -                     N1           2019-03-01       2019-03-31     2019-03-01     -              1               5                 30                         291      100.00      icd-10-cm           I50.9            E11.9
    A         c2       1                 institutional 114            0120                -                     N1           2019-04-01       2019-04-09     2019-03-01     2019-04-09     1               5                 03                         291      500.00      icd-10-cm           I50.9            -
    A         c3       1                 institutional 211            0022                -                     N2           2019-04-09       2019-04-20     2019-04-09     2019-04-20     3               4                 01                         -        300.00      icd-10-cm           I50.9            -
    A         c4       1                 institutional 131            0450                -                     N1           2019-06-01       2019-06-01     -              -              -               -                 01                         -        80.00       icd-10-cm           R07.4            -
    A         c5       1                 professional  -              -                   11                    -            2019-07-01       2019-07-01     -              -              -               -                 -                          -        40.00       icd-10-cm           I10              -
    A         c6       1                 professional  -              -                   21                    -            2019-03-02       2019-03-02     -              -              -               -                 -                          -        60.00       icd-10-cm           I50.9            -
"""  # noqa: E501
PHARMACY = """
    person_id claim_id dispensing_date ndc_code    days_supply paid_amount
    A         r1       2019-05-01      00002143380 28          11.50
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    mapping = (SHIPPED / "tuva.toml").read_text(encoding="utf-8")
    return read(
        tmp_path_factory.mktemp("tuva"), mapping,
        eligibility=ELIGIBILITY, medical_claim=CLAIMS, pharmacy_claim=PHARMACY,
    )  # fmt: skip


def test_interim_claims_are_one_stay_and_settings_follow_the_bill_type(loaded: Loaded) -> None:
    columns = ("setting", "admitted_at", "discharged_at", "admission_method", "admitted_from",
               "discharged_to", "cost")  # fmt: skip
    assert loaded.told("stay", *columns) == [
        ("acute", "2019-03-01", "2019-04-09", "emergency", "nursing_facility", "nursing_facility",
         1500.0),
        ("nursing_facility", "2019-04-09", "2019-04-20", "elective", "acute", "home", 300.0),
        ("emergency", "2019-06-01", "2019-06-01", "emergency", None, None, 80.0),
    ]  # fmt: skip


def test_professional_claims_outside_a_stay_are_visits(loaded: Loaded) -> None:
    columns = ("visit_id", "at", "known_at", "setting", "cost")
    assert loaded.told("visit", *columns) == [
        ("c5", "2019-07-01", "2019-07-31", "outpatient", 40.0)
    ]
    assert sum(loaded.left_out("stay").values()) == 1


def test_codes_of_every_line_are_told_once(loaded: Loaded) -> None:
    assert loaded.told("diagnosis", "at", "code", "position") == [
        ("2019-03-01", "E119", 2), ("2019-03-01", "I509", 1), ("2019-04-09", "I509", 1),
        ("2019-06-01", "R074", 1), ("2019-07-01", "I10", 1),
    ]  # fmt: skip


def test_enrolment_is_coverage_through_its_last_day(loaded: Loaded) -> None:
    assert loaded.told("coverage", "from_at", "to_at", "kind") == [
        ("2019-01-01", "2020-01-01", "medical"), ("2020-01-01", None, "medical")
    ]  # fmt: skip
    assert loaded.told("person", "birth_date", "death_date", "sex", "ethnicity") == [
        ("1938-03-01", "2021-02-03", "female", "white")
    ]
    assert loaded.told("dispensing", "code_system", "days_supply", "cost") == [("NDC", 28, 11.5)]
