"""What a row must be to enter a History: one drawn row per rule, with the reason it is refused."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from features.tables.check import REASONS, check_rows
from features.tables.schema import TABLES
from tests.drawn import draw

pytestmark = pytest.mark.spec

STAY = """
  person_id stay_id setting admitted_at discharged_at admitted_known admission_method
"""
MEASUREMENT = """
  person_id | at         | known_at   | code_system | code  | value | unit
"""
DISPENSING = """
  person_id at known_at code_system code days_supply
"""


def rejected(table: str, head: str, row: str) -> list[tuple[str, str]]:
    rows = pa.Table.from_pylist(draw(head.rstrip() + "\n" + row))
    found = check_rows(TABLES[table], rows).rejected
    return list(zip(found["reason"].to_pylist(), found["column"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("table", "head", "row", "reason", "column"),
    [
        (
            "stay",
            STAY,
            "p1 s1 acute 2020-01-05 2020-01-04 2020-01-05 emergency",
            "ends_before_start",
            "discharged_at",
        ),
        (
            "stay",
            STAY,
            "p1 s1 acute 2020-02-30 -          2020-01-05 emergency",
            "impossible_date",
            "admitted_at",
        ),
        (
            "stay",
            STAY,
            "p1 s1 acute 1749-01-01 -          2020-01-05 emergency",
            "impossible_date",
            "admitted_at",
        ),
        (
            "stay",
            STAY,
            "p1 s1 acute 2020-01-01 2999-01-01 2020-01-05 emergency",
            "impossible_date",
            "discharged_at",
        ),
        (
            "stay",
            STAY,
            "p1 s1 acute 2020-01-01 soon       2020-01-05 emergency",
            "impossible_date",
            "discharged_at",
        ),
        (
            "stay",
            STAY,
            "p1 s1 ward9 2020-01-01 2020-01-04 2020-01-05 emergency",
            "value_not_allowed",
            "setting",
        ),
        (
            "stay",
            STAY,
            "p1 s1 acute 2020-01-01 2020-01-04 2020-01-05 -",
            "missing_value",
            "admission_method",
        ),
        (
            "stay",
            STAY,
            "-  s1 acute 2020-01-01 2020-01-04 2020-01-05 emergency",
            "missing_value",
            "person_id",
        ),
        (
            "measurement",
            MEASUREMENT,
            "p1 | 2020-01-01 | 2020-01-01 | READ3 | 718-7 | 8 | g/dL",
            "unknown_code_system",
            "code_system",
        ),
        (
            "dispensing",
            DISPENSING,
            "p1 2020-01-01 2020-01-01 ATC C10AA01 -1",
            "below_least",
            "days_supply",
        ),
    ],
)
def test_a_bad_row_is_rejected_with_one_reason(
    table: str, head: str, row: str, reason: str, column: str
) -> None:
    assert rejected(table, head, row) == [(reason, column)]
    assert reason in REASONS


@pytest.mark.parametrize(
    ("table", "head", "row"),
    [
        ("stay", STAY, "p1 s1 acute 2020-01-05 2020-01-05 2020-01-05 emergency"),
        ("stay", STAY, "p1 s1 acute 20200105T1030 2020-01-06T09:00 2020-01-05 unknown"),
        ("stay", STAY, "p1 s1 acute 2020-02-29 - 2020-03-01 transfer"),
        ("dispensing", DISPENSING, "p1 2020-01-01 2020-01-01 ATC C10AA01 0"),
        ("dispensing", DISPENSING, "p1 2020-01-01 2020-01-01 ATC C10AA01 -"),
    ],
)
def test_a_good_row_is_kept(table: str, head: str, row: str) -> None:
    assert rejected(table, head, row) == []


def test_numbers_that_are_no_numbers_are_named() -> None:
    rows = pa.table(
        {
            "person_id": ["p1", "p1", "p1", "p1"],
            "at": ["2020-01-01"] * 4,
            "known_at": ["2020-01-01"] * 4,
            "code_system": ["LOINC"] * 4,
            "code": ["718-7"] * 4,
            "value": ["8.5", "high", "inf", ""],
        }
    )
    found = check_rows(TABLES["measurement"], rows)
    assert found.rejected["reason"].to_pylist() == ["unreadable_value"] * 2
    assert sorted(found.kept["value"].to_pylist(), key=str) == [8.5, None]


def test_the_last_possible_day_can_be_given() -> None:
    rows = pa.table(
        {
            "person_id": ["p1", "p2"],
            "sex": ["male", "male"],
            "birth_date": ["2011-12-31", "2012-01-01"],
        }
    )
    found = check_rows(TABLES["person"], rows, latest=date(2011, 12, 31))
    assert found.kept["person_id"].to_pylist() == ["p1"]


def test_rows_of_people_nobody_knows_are_rejected() -> None:
    rows = pa.Table.from_pylist(draw(DISPENSING + "p9 2020-01-01 2020-01-01 ATC C10AA01 1"))
    found = check_rows(TABLES["dispensing"], rows, pa.array(["p1"]))
    assert found.rejected.to_pylist() == [
        {"table": "dispensing", "key": "person_id=p9", "reason": "unknown_person",
         "column": "person_id"}
    ]  # fmt: skip


PERSONS = "person_id birth_date sex\n"


@pytest.mark.parametrize(
    ("rows", "kept", "merged", "conflicting"),
    [
        ("p1 1940-01-01 male\n p2 1940-01-01 male", ["p1", "p2"], 0, 0),
        ("p1 1940-01-01 male\n p1 1940-01-01 male\n p1 1940-01-01 male", ["p1"], 2, 0),
        ("p1 1940-01-01 male\n p1 1940-01-01 female\n p2 - male", ["p2"], 0, 2),
        ("p1 1940-01-01 male\n p1 1940-01-01 male\n p1 - male", [], 0, 3),
    ],
)
def test_copies_merge_and_contradictions_are_rejected_together(
    rows: str, kept: list[str], merged: int, conflicting: int
) -> None:
    found = check_rows(TABLES["person"], pa.Table.from_pylist(draw(PERSONS + rows)))
    assert sorted(found.kept["person_id"].to_pylist()) == kept
    assert found.merged == merged
    assert found.rejected["reason"].to_pylist() == ["duplicate_key"] * conflicting


def test_a_fact_told_twice_is_known_from_the_first_telling() -> None:
    rows = pa.Table.from_pylist(
        draw("""
            person_id at         known_at   code_system code    days_supply
            p1        2020-01-01 2020-03-01 ATC         C10AA01 30
            p1        2020-01-01 2020-01-09 ATC         C10AA01 30
            p1        2020-01-01 2020-01-09 ATC         C10AA01 60
        """)
    )
    found = check_rows(TABLES["dispensing"], rows)
    assert found.merged == 1
    assert len(found.rejected) == 0
    known = {(r["days_supply"], r["known_at"].date()) for r in found.kept.to_pylist()}
    assert known == {(30, date(2020, 1, 9)), (60, date(2020, 1, 9))}


def test_a_reject_names_its_row_by_opaque_ids_alone() -> None:
    rows = pa.Table.from_pylist(
        draw("""
            person_id stay_id at         known_at   code_system code position
            p1        s1      2020-01-01 2020-01-09 ICD-12      I509 3
        """)
    )
    (found,) = check_rows(TABLES["diagnosis"], rows).rejected.to_pylist()
    assert found["key"] == "person_id=p1 stay_id=s1 visit_id= position=3"


def test_codes_are_stored_in_capitals_and_icd_without_dots() -> None:
    rows = pa.Table.from_pylist(
        draw("""
            person_id at         known_at   code_system code
            p1        2020-01-01 2020-01-09 ICD-10-CM   i50.9
            p1        2020-01-02 2020-01-09 LOCAL       adl.1
        """)
    )
    assert check_rows(TABLES["diagnosis"], rows).kept["code"].to_pylist() == ["I509", "ADL.1"]
