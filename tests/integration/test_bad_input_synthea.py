"""Broken Synthea exports: what, where and the cure, or counted rejects; nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload
from tests.refused import Change, refused, refused_load, swap
from tests.synthea_files import rows_of, write_export, write_rows

pytestmark = pytest.mark.integration

SECRET = "PATIENT-4711"
"""An id no message may carry."""
HIDDEN = ("4711", "4712", "hotel", "2020-02-30", "01/03", "4000 USD", "Ada")
TABLES = {
    "patients": f"Id\n{SECRET}",
    "encounters": f"PATIENT\n{SECRET}",
    "conditions": f"PATIENT\n{SECRET}",
    "medications": f"PATIENT\n{SECRET}",
    "allergies": f"PATIENT\n{SECRET}",
}


def latin(data: bytes) -> bytes:
    return data.replace(b"white", "wei\xdf".encode("latin-1"))


REFUSED: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "a mandatory column is missing": (
        "encounters", swap("ENCOUNTERCLASS", "CLASS"), ("ENCOUNTERCLASS", "encounters.csv")
    ),
    "a column of an optional table is missing": (
        "conditions", swap("CODE", "COED"), ("CODE", "conditions.csv")
    ),
    "another delimiter": ("patients", swap(",", ";"), ("patients.csv", "header line")),
    "an empty file": ("conditions", lambda _: b"", ("conditions.csv", "empty")),
    "an empty file of a table left out": ("allergies", lambda _: b"", ("allergies.csv", "empty")),
    "not UTF-8": ("patients", latin, ("patients.csv", "UTF-8")),
    "UTF-16": (
        "patients", lambda data: data.decode().encode("utf-16"), ("patients.csv", "UTF-8")
    ),
    "a date in another order": (
        "encounters", swap("2020-03-01T10:00:00Z", "01/03/2020"), ("stay", "START")
    ),
    "no day of the calendar": (
        "conditions", swap("2020-03-01", "2020-02-30"), ("diagnosis", "START")
    ),
    "no number": (
        "encounters", swap("4000.00", "4000 USD"), ("stay", "TOTAL_CLAIM_COST")
    ),
    "an unknown class": ("encounters", swap("inpatient", "hotel"), ("visit", "setting")),
    "an unknown sex": ("patients", swap(",F,", ",X,"), ("person", "sex")),
    "an end before the start": (
        "encounters", swap("2020-03-05T12:30:00Z", "2020-02-05T12:30:00Z"),
        ("stay", "discharged_at"),
    ),
    "a fact of nobody": (
        "conditions", swap(SECRET, "PATIENT-4712"), ("diagnosis", "no row in the table person")
    ),
    "no patient": (
        "patients", lambda data: data.splitlines()[0] + b"\n", ("patients.csv", "no row")
    ),
    "too few cells": ("medications", lambda data: data + b"2020-01-01,\n", ("medications.csv",)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_export_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    table, change, named = REFUSED[case]
    source = write_export(tmp_path / "in", gz=False, **TABLES)
    path = source / f"{table}.csv"
    path.write_bytes(change(path.read_bytes()))
    message = refused_load("synthea", source, HIDDEN)
    assert all(name in message for name in named), message


@pytest.mark.parametrize("table", ["encounters", "allergies"])
def test_a_truncated_gzip_is_refused(tmp_path: Path, table: str) -> None:
    source = write_export(tmp_path / "in", gz=True, **TABLES)
    path = source / f"{table}.csv.gz"
    many = rows_of(table, TABLES[table])
    write_rows(
        path, [row | {"CODE": f"{n * 7919 % 100_003}"} for n in range(20_000) for row in many]
    )
    path.write_bytes(path.read_bytes()[:-2000])
    message = refused_load("synthea", source, HIDDEN)
    assert f"{table}.csv.gz" in message
    assert "cannot be read" in message


@pytest.mark.parametrize("table", ["patients", "encounters"])
def test_a_mandatory_table_that_is_missing_is_named(tmp_path: Path, table: str) -> None:
    source = write_export(tmp_path / "in", gz=False, **TABLES)
    (source / f"{table}.csv").unlink()
    assert f"the table {table} is missing" in refused_load("synthea", source, HIDDEN)


def test_the_command_says_what_where_and_the_cure(tmp_path: Path) -> None:
    source = write_export(tmp_path / "in", gz=False, **TABLES)
    path = source / "encounters.csv"
    path.write_bytes(swap("2020-03-01T10:00:00Z", "01/03/2020")(path.read_bytes()))
    ran = caseload("ingest", "--from", "synthea", source, "--out", "h", folder=tmp_path)
    assert "START" in refused(ran, HIDDEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_rejecting_loads_the_rest_and_counts_every_bad_row(tmp_path: Path) -> None:
    source = write_export(
        tmp_path / "in",
        encounters="""
            Id | START                | STOP
            e1 | 2020-03-01T10:00:00Z | 2020-03-05T10:00:00Z
            e2 | 01.03.2020 10:00     | 2020-03-05T10:00:00Z
            e3 | 2020-04-01           | 2020-04-02 08:00:00
            e4 | 20200501             | 2020-05-02T08:00:00-05:00
        """,
        conditions="""
            ENCOUNTER | START      | CODE
            e1        | 2020-03-01 | 84114007
            e1        | 3/1/2020   | 84114007
            e2        | 2020-03-01 | 44054006
            e1        | 2020-03-01 |
        """,
    )  # fmt: skip
    report = ingest("synthea", source, tmp_path / "h", on_error="reject")
    stay, diagnosis = report.tables["stay"], report.tables["diagnosis"]
    assert (stay.read, stay.kept, dict(stay.rejected)) == (4, 3, {"impossible_date": 1})
    assert (diagnosis.read, diagnosis.kept) == (4, 2)
    assert diagnosis.rejected == {"impossible_date": 1, "missing_value": 1}
    assert report.rejects_file == tmp_path / "h.rejects.csv"
    ends = History.open(tmp_path / "h").bucket(0)["stay"]["discharged_at"].to_pylist()
    assert [str(end) for end in ends] == [
        "2020-03-05 10:00:00", "2020-04-02 08:00:00", "2020-05-02 08:00:00"
    ]  # fmt: skip


def test_optional_tables_and_columns_may_be_absent(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "patients.csv").write_text("Id,BIRTHDATE,DEATHDATE,GENDER\nA,1940-01-01,,F\n")
    (source / "encounters.csv").write_text(
        "Id,START,STOP,PATIENT,ENCOUNTERCLASS\ne1,2020-03-01,2020-03-02,A,inpatient\n"
    )
    report = ingest("synthea", source, tmp_path / "h")
    assert {n: c.kept for n, c in report.tables.items() if c.kept} == {"person": 1, "stay": 1}
    assert report.left_out == {"registration": {"no birth date or no address": 1}}


def test_an_export_without_encounters_is_people_alone(tmp_path: Path) -> None:
    source = write_export(tmp_path / "in")
    path = source / "encounters.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    report = ingest("synthea", source, tmp_path / "h")
    assert {n: c.kept for n, c in report.tables.items() if c.kept} == {
        "person": 1, "registration": 1
    }  # fmt: skip


def test_a_byte_order_mark_and_names_in_any_case_are_no_fault(tmp_path: Path) -> None:
    source = write_export(tmp_path / "in", gz=False, **TABLES)
    for path in list(source.iterdir()):
        head, rest = path.read_text().split("\n", 1)
        path.unlink()
        path.with_name(path.name.upper().replace(".CSV", ".csv")).write_text(
            f"\ufeff{head.lower()}\n{rest}"
        )
    report = ingest("synthea", source, tmp_path / "h")
    assert report.tables["diagnosis"].kept == 1
    assert report.people == 1


def test_a_very_long_code_is_kept_as_it_is(tmp_path: Path) -> None:
    code = "9" * 10_000
    source = write_export(tmp_path / "in", conditions=f"CODE\n{code}")
    ingest("synthea", source, tmp_path / "h")
    assert History.open(tmp_path / "h").bucket(0)["diagnosis"]["code"].to_pylist() == [code]


def test_an_encounter_twice_is_one_and_a_contradiction_none(tmp_path: Path) -> None:
    source = write_export(tmp_path / "in", encounters="""
        Id | TOTAL_CLAIM_COST
        e1 | 1.00
        e1 | 1.00
        e2 | 1.00
        e2 | 2.00
    """, conditions="ENCOUNTER\ne1\ne2")  # fmt: skip
    report = ingest("synthea", source, tmp_path / "h", on_error="reject")
    stay = report.tables["stay"]
    assert (stay.read, stay.kept, stay.merged) == (4, 1, 1)
    assert stay.rejected == {"duplicate_key": 2}
    assert report.tables["diagnosis"].kept == 2
