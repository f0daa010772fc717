"""OMOP in, canonical rows out: what each column becomes, and what is not made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.contract import Tables
from features.tables.history import History
from tests.drawn import draw
from tests.omop_files import write_omop
from tests.told import told

pytestmark = pytest.mark.spec

CONCEPTS = """
    id    | name                              | vocabulary           | code    | class
    1001  | Heart failure, unspecified        | ICD10CM              | I50.9   | 4-char billing code
    1002  | Dependence on renal dialysis      | ICD10CM              | Z99.2   | 4-char billing code
    1003  | Heart failure                     | SNOMED               | 84114007| Clinical Finding
    1004  | Basic metabolic panel             | CPT4                 | 80048   | CPT4
    1005  | Glucose                           | LOINC                | 2345-7  | Lab Test
    1006  | Herzinsuffizienz                  | ICD10GM              | I50.9   | ICD10 code
    1007  | Homeless                          | SNOMED               | 32911000| Clinical Finding
    1008  | Mold                              | SNOMED               | 84489001| Organism
    1009  | Replacement of hip                | ICD10PCS             | 0SR9019 | ICD10PCS
    1010  | metformin 500 MG                  | RxNorm               | 861007  | Clinical Drug
    2001  | Inpatient header - 1st position   | Condition Type       | OMOP1   | -
    2002  | Inpatient header - 12th position  | Condition Type       | OMOP2   | -
    2003  | Primary diagnosis                 | Condition Status     | OMOP3   | -
    2004  | EHR problem list entry            | Condition Type       | OMOP4   | -
    2005  | EHR administration record         | Type Concept         | OMOP5   | -
    3001  | Skilled Nursing Facility          | CMS Place of Service | 31      | -
    3002  | Left against medical advice       | UB04 Pt dis status   | 07      | -
    3003  | Psychiatric Facility              | CMS Place of Service | 51      | -
    3004  | Intensive Care                    | Local                | X       | -
    4001  | milligram per deciliter           | UCUM                 | mg/dL   | -
    4002  | Positive                          | SNOMED               | 10828004| Qualifier Value
    5001  | Samoan                            | Race                 | 5.03    | -
    5002  | Hispanic or Latino                | Ethnicity            | Hispanic| -
    5003  | MALE                              | Gender               | M       | -
"""


def read(folder: Path, **tables: str) -> tuple[Tables, dict[str, dict[str, int]]]:
    source = write_omop(folder / "in", **{"concept": CONCEPTS, **tables})
    report = ingest("omop", source, folder / "out", buckets=1).to_json()
    return History.open(folder / "out").bucket(0), report["left_out"]  # type: ignore[return-value]


def test_people_are_told_in_the_words_of_the_vocabulary(tmp_path: Path) -> None:
    tables, _ = read(tmp_path, person="""
        id  gender_concept_id  year_of_birth  month_of_birth  day_of_birth  race_concept_id  ethnicity_concept_id  gender_source_value
        1   5003               1950           7               -             5001             5002                  -
        2   8532               1940           3               5             8527             -                     -
        3   0                  1930           -               -             0                0                     F
        4   0                  1930           -               -             -                -                     ?
    """)  # fmt: skip # noqa: E501
    assert told(tables, "person", "person_id", "sex", "birth_date", "ethnicity") == [
        (*row,) for row in sorted([
            ("1", "male", "1950-07-01", "Samoan, Hispanic or Latino"),
            ("2", "female", "1940-03-05", "White"),
            ("3", "female", "1930-01-01", None),
            ("4", "unknown", "1930-01-01", None),
        ], key=lambda row: [r["person_id"] for r in tables["person"].to_pylist()].index(row[0]))
    ]  # fmt: skip


VISITS = """
    concept   table  setting           why
    9201      stay   acute             inpatient
    262       stay   acute             by-way-of-the-emergency-department
    9203      stay   emergency         emergency
    42898160  stay   nursing_facility  non-hospital-institution
    8717      stay   acute             inpatient-hospital
    3003      stay   psychiatric       by-place-of-service-code
    3001      stay   nursing_facility  by-place-of-service-code
    9202      visit  outpatient        outpatient
    581476    visit  home_visit        home
    5083      visit  telehealth        telehealth
    581458    visit  other             pharmacy
    3004      stay   acute             by-its-ancestor-9201
"""


def test_the_visit_concept_says_what_a_visit_is(tmp_path: Path) -> None:
    cases = draw(VISITS.replace("concept ", "kind    "))
    drawn = "\n".join(f"{n} {case['kind']}" for n, case in enumerate(cases, 1))
    tables, left = read(
        tmp_path, visit_occurrence="id concept\n" + drawn + "\n99 0",
        concept_ancestor="ancestor_concept_id descendant_concept_id min_levels_of_separation\n"
        "9201 3004 2\n9202 3004 7",
    )  # fmt: skip
    found = {row[0]: ("stay", row[1]) for row in told(tables, "stay", "stay_id", "setting")}
    found |= {row[0]: ("visit", row[1]) for row in told(tables, "visit", "visit_id", "setting")}
    assert found == {str(n): (case["table"], case["setting"]) for n, case in enumerate(cases, 1)}
    assert left == {"visit": {"visits whose visit_concept_id names no known kind of visit": 1}}


def test_an_admission_by_way_of_the_emergency_department_is_one_stay(tmp_path: Path) -> None:
    tables, _ = read(tmp_path, visit_occurrence="""
        id  concept  start       end
        1   262      2020-01-01  2020-01-05
        2   9203     2020-03-01  2020-03-01
        3   9201     2020-03-01  2020-03-04
    """)  # fmt: skip
    columns = ("stay_id", "setting", "admission_method", "admitted_from")
    assert told(tables, "stay", *columns) == [
        ("1", "acute", "emergency", "emergency"),
        ("2", "emergency", "unknown", None),
        ("3", "acute", "unknown", None),
    ]  # fmt: skip


def test_where_people_came_from_and_went_is_read_from_concepts_or_plain_words(
    tmp_path: Path,
) -> None:
    tables, _ = read(tmp_path, visit_occurrence="""
        id | admitting_source_concept_id | discharge_to_concept_id | discharge_to_source_value | start      | end
        1  | 3001                        | 3002                    | -                         | 2020-01-01 | 2020-01-02
        2  | 8536                        | 0                       | Skilled Nursing Facility  | 2020-02-01 | 2020-02-02
        3  | 0                           | 0                       | 03                        | 2020-03-01 | 2020-03-02
        4  | 0                           | 0                       | -                         | 2020-04-01 | 2020-04-02
    """, death="person  death_date\n1 2020-04-02")  # fmt: skip # noqa: E501
    assert told(tables, "stay", "stay_id", "admitted_from", "discharged_to") == [
        ("1", "nursing_facility", "against_advice"),
        ("2", "home", "nursing_facility"),
        ("3", None, None),
        ("4", None, "died"),
    ]  # fmt: skip


def test_a_stay_is_known_at_once_and_its_codes_thirty_days_after_discharge(tmp_path: Path) -> None:
    tables, _ = read(
        tmp_path,
        visit_occurrence="""
            id  start       end         visit_start_datetime  visit_end_datetime
            1   2020-01-01  2020-01-05  2020-01-01T10:30:00   2020-01-05T00:00:00
            2   2020-03-01  -           -                     -
        """,
        condition_occurrence="""
            visit  source  start       type
            1      1001    2020-01-01  2001
            1      1001    2020-01-02  2004
            2      1001    2020-03-01  2002
            -      1001    2020-05-01  -
        """,
    )
    columns = ("admitted_at", "admitted_known", "discharged_known", "coded_known")
    assert told(tables, "stay", *columns) == [
        ("2020-01-01 10:30", "2020-01-01 10:30", "2020-01-05", "2020-02-04"),
        ("2020-03-01", "2020-03-01", None, None),
    ]
    assert told(tables, "diagnosis", "stay_id", "at", "known_at", "position") == [
        ("1", "2020-01-01", "2020-02-04", 1),
        ("1", "2020-01-02", "2020-01-02", None),
        ("2", "2020-03-01", "2020-03-31", 12),
        (None, "2020-05-01", "2020-05-01", None),
    ]


def test_the_code_is_the_one_that_was_recorded(tmp_path: Path) -> None:
    tables, left = read(tmp_path, condition_occurrence="""
        concept  source  value  start       condition_status_concept_id
        1003     1001    428.0  2020-01-01  2003
        1003     0       428.0  2020-01-02  0
        1003     1006    I50.9  2020-01-03  -
        0        1006    I50.9  2020-01-04  -
        0        0       428.0  2020-01-05  -
        0        0       -      2020-01-06  -
        0        1004    -      2020-01-07  -
    """)  # fmt: skip
    assert told(tables, "diagnosis", "at", "code_system", "code", "position") == [
        ("2020-01-01", "ICD-10-CM", "I509", 1),  # the source concept
        ("2020-01-02", "SNOMED", "84114007", None),  # none: the standard concept
        ("2020-01-03", "SNOMED", "84114007", None),  # of a list the History does not name
        ("2020-01-04", "LOCAL", "I50.9", None),  # and no standard one
        ("2020-01-05", "LOCAL", "428.0", None),  # a bare text is no ICD code
    ]
    assert told(tables, "procedure", "code_system", "code") == [("CPT", "80048")]
    assert left["diagnosis"] == {
        "condition_occurrence: rows without a concept or a source value": 1,
        "condition_occurrence: codes of a vocabulary that the History does not name, kept as LOCAL":
            2,
    }  # fmt: skip


def test_records_filed_by_domain_go_home_by_their_code(tmp_path: Path) -> None:
    tables, left = read(
        tmp_path,
        observation="""
            source  date        number  text
            1002    2020-01-01  -       -
            1007    2020-01-02  -       -
            1008    2020-01-03  -       -
            1005    2020-01-04  -       seven
        """,
        measurement="""
            source  date        number  unit_concept_id  unit_source_value  value_as_concept_id
            1004    2020-01-05  -       -                -                  -
            1005    2020-01-06  5.5     4001             mg                 -
            1005    2020-01-07  -       -                -                  4002
            1005    2020-01-08  -       -                -                  -
        """,
        procedure_occurrence="source date\n1009 2020-01-09",
    )
    assert told(tables, "diagnosis", "at", "code_system", "code") == [
        ("2020-01-01", "ICD-10-CM", "Z992"), ("2020-01-02", "SNOMED", "32911000")
    ]  # fmt: skip
    assert told(tables, "procedure", "at", "code_system", "code") == [
        ("2020-01-05", "CPT", "80048"), ("2020-01-09", "ICD-10-PCS", "0SR9019")
    ]  # fmt: skip
    assert told(tables, "measurement", "at", "code", "value", "unit", "text") == [
        ("2020-01-04", "2345-7", None, None, "seven"),
        ("2020-01-06", "2345-7", 5.5, "mg/dL", None),
        ("2020-01-07", "2345-7", None, None, "Positive"),
    ]
    assert left == {
        "measurement": {
            "measurement: rows without a value": 1, "observation: rows without a value": 1
        }
    }  # fmt: skip


def test_a_supply_is_dispensed_and_a_dose_given_in_hospital_is_not(tmp_path: Path) -> None:
    tables, left = read(
        tmp_path,
        drug_exposure="""
            id  source  start       days_supply  type
            1   1010    2020-01-01  30           -
            2   1010    2020-01-02  -            2005
        """,
        cost="event domain total_paid total_cost\n1 Drug 12.5 99\n1 Condition 7 7",
    )
    assert told(tables, "dispensing", "at", "code_system", "code", "days_supply", "cost") == [
        ("2020-01-01", "RXNORM", "861007", 30, 12.5)
    ]
    assert left == {
        "dispensing": {"drug_exposure: doses given, not supplies": 1},
        "visit": {"costs of other events than visits and drug exposures": 1},
    }


def test_cost_is_what_was_paid_else_what_it_cost(tmp_path: Path) -> None:
    tables, _ = read(
        tmp_path,
        visit_occurrence="id start\n1 2020-01-01\n2 2020-02-01\n3 2020-03-01",
        cost="""
            event  domain  total_paid  total_cost  drg_source_value
            1      Visit   100.1       900         291
            1      Visit   0.2         -           -
            2      Visit   -           50          -
        """,
    )
    assert told(tables, "stay", "stay_id", "cost", "drg") == [
        ("1", 100.3, "291"), ("2", 50.0, None), ("3", None, None)
    ]  # fmt: skip


def test_cover_is_the_observation_period_and_only_without_one_the_plan(tmp_path: Path) -> None:
    tables, left = read(
        tmp_path,
        person="id\n1\n2",
        observation_period="person start end\n1 2019-01-01 2020-12-31",
        payer_plan_period="""
            person  start       end
            1       2018-01-01  2018-12-31
            2       2019-01-01  2019-06-30
            2       2019-07-01  2019-12-31
            2       2020-03-01  2020-06-30
        """,
    )
    rows = told(tables, "coverage", "person_id", "from_at", "to_at", "kind")
    assert sorted(rows) == [
        ("1", "2019-01-01", None, "all"),  # to the end of what is observed
        ("2", "2019-01-01", "2020-01-01", "medical"),  # two spans that touch
        ("2", "2020-03-01", "2020-07-01", "medical"),
    ]
    assert left == {"coverage": {"spans of plans of people with an observation period": 1}}


def test_a_person_is_registered_with_a_site_and_an_area_but_no_address(tmp_path: Path) -> None:
    tables, _ = read(
        tmp_path,
        person="id care_site_id provider_id location_id\n1 7 - 3\n2 - 5 -\n3 - - -",
        provider="provider_id care_site_id specialty_source_value\n5 8 geriatrics",
        location="location_id state county\n3 NJ Bergen",
        observation_period="person start end\n1 2019-05-01 2020-12-31",
        visit_occurrence="id person provider_id\n1 3 5",
    )
    rows = told(tables, "registration", "person_id", "from_at", "practice_id", "locality")
    assert sorted(rows) == [("1", "2019-05-01", "7", "NJ-Bergen"), ("2", "1940-01-01", "8", None)]
    assert told(tables, "stay", "specialty") == [("geriatrics",)]


def test_a_fact_that_names_part_of_a_visit_belongs_to_the_visit(tmp_path: Path) -> None:
    """Details 12 and 13 are each other's parent: they tell nothing, and the reading ends."""
    tables, _ = read(
        tmp_path,
        visit_occurrence="id\n1",
        visit_detail="""
            visit_detail_id  visit_occurrence_id  visit_detail_parent_id
            10               1                    -
            11               -                    10
            12               -                    13
            13               -                    12
        """,
        condition_occurrence="""
            detail  source  start
            10      1001    2020-01-01
            11      1001    2020-01-02
            12      1001    2020-01-03
        """,
    )
    assert told(tables, "diagnosis", "at", "stay_id") == [
        ("2020-01-01", "1"), ("2020-01-02", "1"), ("2020-01-03", None)
    ]  # fmt: skip


def test_a_visit_of_somebody_else_ties_nothing(tmp_path: Path) -> None:
    tables, _ = read(
        tmp_path,
        person="id\n1\n2",
        visit_occurrence="id person\n1 1",
        condition_occurrence="person visit source\n2 1 1001",
    )
    assert told(tables, "diagnosis", "person_id", "stay_id") == [("2", None)]


def test_a_written_offset_is_dropped_and_a_time_of_another_day_is_not_believed(
    tmp_path: Path,
) -> None:
    tables, _ = read(tmp_path, visit_occurrence="""
        id  start       end         visit_start_datetime       visit_end_datetime
        1   2020-01-01  2020-01-03  2020-01-01T22:30:00-05:00  2020-01-03T09:00:00Z
        2   2020-02-01  2020-02-01  2020-02-01T10:00:00        2020-02-01T00:00:00
        3   2020-03-01  2020-03-04  2020-02-29T23:00:00        -
    """)  # fmt: skip
    assert told(tables, "stay", "stay_id", "admitted_at", "discharged_at") == [
        ("1", "2020-01-01 22:30", "2020-01-03 09:00"),
        ("2", "2020-02-01 10:00", "2020-02-01 10:00"),  # the end is told as a day alone
        ("3", "2020-03-01", "2020-03-04"),
    ]


def test_money_of_several_currencies_is_not_added_up(tmp_path: Path) -> None:
    tables, left = read(
        tmp_path,
        visit_occurrence="id\n1\n2",
        cost="""
            event  domain  total_paid  currency_concept_id
            1      Visit   100         44818668
            1      Visit   50          44818668
            2      Visit   100         44818668
            2      Visit   100         44818568
            9      Visit   7           44818668
        """,
    )
    assert sorted(told(tables, "stay", "stay_id", "cost")) == [("1", 150.0), ("2", None)]
    assert left["visit"] == {
        "costs of a visit that became no row": 1,
        "costs of a visit in several currencies": 2,
    }


def test_a_value_that_is_only_a_bound_is_counted(tmp_path: Path) -> None:
    _, left = read(tmp_path, measurement="""
        concept  number  operator_concept_id  date
        1005     5       4171756              2020-01-01
        1005     5       4172703              2020-01-02
        1005     5       0                    2020-01-03
        1005     5       -                    2020-01-04
    """)  # fmt: skip
    assert left == {"measurement": {"measurement: operators beside a value, such as less than": 1}}
