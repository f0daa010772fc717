"""DE-SynPUF in, canonical rows out: what each column becomes, and what is not made up."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.contract import Tables
from features.tables.history import History
from tests.drawn import draw
from tests.synpuf_files import write_sample
from tests.told import told

pytestmark = pytest.mark.spec


def read(folder: Path, beneficiaries: str = "id\nA", claims: str = "id\nA") -> Tables:
    source = write_sample(folder / "in", beneficiaries=beneficiaries, claims=claims)
    ingest("synpuf", source, folder / "out", buckets=1)
    return History.open(folder / "out").bucket(0)


def test_a_claim_of_two_segments_is_one_stay_told_by_the_first(tmp_path: Path) -> None:
    tables = read(tmp_path, claims="""
        id claim segment provider admitted discharged paid drg dx1  dx2
        A  7     2       0700QA   20080205 20080310   900  OTH -    -
        A  7     1       0700QQ   20080301 20080310   4000 386 5609 4019
    """)  # fmt: skip
    columns = ("stay_id", "facility_id", "admitted_at", "discharged_at", "cost", "drg")
    stay = ("7", "0700QQ", "2008-03-01", "2008-03-10", 4000.0, "386")
    assert told(tables, "stay", *columns) == [stay]
    assert told(tables, "diagnosis", "stay_id", "code", "position") == [
        ("7", "4019", 2), ("7", "5609", 1)
    ]  # fmt: skip


def test_what_the_files_do_not_say_is_unknown(tmp_path: Path) -> None:
    columns = ("admission_method", "admitted_from", "discharged_to", "day_case", "specialty")
    assert told(read(tmp_path), "stay", *columns) == [("unknown", None, None, None, None)]


def test_codes_and_cost_are_known_thirty_days_after_discharge(tmp_path: Path) -> None:
    tables = read(tmp_path, claims="""
        id admitted discharged dx1
        A  20080301 20080305   4280
    """)  # fmt: skip
    columns = ("admitted_known", "discharged_known", "coded_known")
    assert told(tables, "stay", *columns) == [("2008-03-01", "2008-03-05", "2008-04-04")]
    assert told(tables, "diagnosis", "at", "known_at") == [("2008-03-01", "2008-04-04")]


def test_every_code_column_becomes_a_row(tmp_path: Path) -> None:
    tables = read(tmp_path, claims="""
        id admitting dx1  dx10 pr1  hcpcs1 hcpcs45
        A  V08       4280 2724 3893 99281  J1234
    """)  # fmt: skip
    columns = ("code_system", "code", "position", "stay_id")
    assert told(tables, "diagnosis", *columns) == [
        ("ICD-9-CM", "2724", 10, "1"), ("ICD-9-CM", "4280", 1, "1"), ("ICD-9-CM", "V08", None, "1")
    ]  # fmt: skip
    assert told(tables, "procedure", *columns) == [
        ("HCPCS", "99281", 1, "1"), ("HCPCS", "J1234", 45, "1"), ("ICD-9-PCS", "3893", 1, "1")
    ]  # fmt: skip


def test_diagnosis_codes_in_procedure_columns_are_left_out_and_counted(tmp_path: Path) -> None:
    source = write_sample(tmp_path / "in", beneficiaries="id\nA", claims="""
        id claim pr1  pr2   pr6
        A  1     3893 25000 V4582
        A  2     3893 4019  -
    """)  # fmt: skip
    report = ingest("synpuf", source, tmp_path / "out").to_json()
    assert list(report["left_out"]["procedure"].values()) == [3]  # type: ignore[index]
    tables = History.open(tmp_path / "out").bucket(0)
    assert told(tables, "procedure", "code") == [("3893",), ("3893",)]
    assert told(tables, "diagnosis", "code") == []


def test_no_group_is_no_drg(tmp_path: Path) -> None:
    tables = read(tmp_path, claims="""
        id claim drg
        A  1     OTH
        A  2     000
        A  3     -
        A  4     291
    """)  # fmt: skip
    assert told(tables, "stay", "stay_id", "drg") == [
        ("1", None), ("2", None), ("3", None), ("4", "291")
    ]  # fmt: skip


SETTINGS = """
    provider  setting
    3900MB    acute
    3913AB    acute
    3920MB    long_term
    3930MB    rehabilitation
    39T0MB    rehabilitation
    3941MB    psychiatric
    39S0MB    psychiatric
    39U0MB    nursing_facility
"""


def test_the_kind_of_place_is_read_from_the_provider_number(tmp_path: Path) -> None:
    drawn = draw(SETTINGS)
    rows = [f"A {number} {row['provider']}" for number, row in enumerate(drawn)]
    tables = read(tmp_path, claims="\n".join(["id claim provider", *rows]))
    found = dict(told(tables, "stay", "facility_id", "setting"))
    assert found == {row["provider"]: row["setting"] for row in drawn}


COVERAGE = {
    "whole years": ("12 12 12", ["2008-01-01 2009-01-01", "2009-01-01 2010-01-01",
                                 "2010-01-01 None"]),
    "none": ("0 0 0", []),
    "ends within a year": ("12 5 0", ["2008-01-01 2009-01-01", "2009-01-01 2009-06-01"]),
    "begins within a year": ("0 5 12", ["2009-08-01 2010-01-01", "2010-01-01 None"]),
    "begins before it is seen to": ("7 12 12", ["2008-06-01 2009-01-01", "2009-01-01 2010-01-01",
                                                "2010-01-01 None"]),
    "a part of the last year": ("0 0 4", ["2010-01-01 2010-05-01"]),
    "interrupted": ("12 5 12", ["2008-01-01 2009-01-01", "2009-01-01 2009-06-01",
                                "2010-01-01 None"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """One person for each case, in its order."""
    lines = [
        f"p{number} {year} {months}"
        for number, (told_months, _) in enumerate(COVERAGE.values())
        for year, months in zip((2008, 2009, 2010), told_months.split(), strict=True)
    ]
    drawn = "\n".join(["id year months", *lines])
    return read(tmp_path_factory.mktemp("covered"), drawn, claims="id\np0")


@pytest.mark.parametrize("case", COVERAGE)
def test_months_of_part_a_are_coverage(covered: Tables, case: str) -> None:
    columns = ("from_at", "to_at", "known_at", "kind")
    found = told(covered, "coverage", *columns, person=f"p{list(COVERAGE).index(case)}")
    assert [f"{start} {end}" for start, end, _, _ in found] == COVERAGE[case][1]
    assert all(known == start and kind == "inpatient" for start, _, known, kind in found)


def test_hmo_months_are_not_observed(tmp_path: Path) -> None:
    tables = read(tmp_path, """
        id year months hmo
        A  2008 12     0
        A  2009 12     9
        A  2010 6      12
    """)  # fmt: skip
    assert told(tables, "coverage", "from_at", "to_at") == [
        ("2008-01-01", "2009-01-01"), ("2009-01-01", "2009-04-01")
    ]  # fmt: skip


def test_a_person_is_told_by_the_latest_year_that_says_something(tmp_path: Path) -> None:
    tables = read(tmp_path, """
        id year birth    death    sex race
        A  2008 19400101 -        1   2
        A  2009 19400101 20091101 1   5
        B  2008 19500101 -        2   7
    """)  # fmt: skip
    columns = ("birth_date", "death_date", "death_known", "sex", "ethnicity")
    assert told(tables, "person", *columns, person="A") == [
        ("1940-01-01", "2009-11-01", "2009-11-30", "male", "hispanic")
    ]
    assert told(tables, "person", "sex", "ethnicity", person="B") == [("female", None)]


def test_a_place_is_a_registration_without_a_practice_until_the_next(tmp_path: Path) -> None:
    tables = read(tmp_path, """
        id year state county
        A  2008 39    230
        A  2009 39    230
        A  2010 05    010
    """)  # fmt: skip
    assert told(tables, "registration", "from_at", "to_at", "locality", "practice_id") == [
        ("2008-01-01", "2010-01-01", "39-230", None), ("2010-01-01", None, "05-010", None)
    ]  # fmt: skip


def test_yearly_flags_and_money_become_no_rows(tmp_path: Path) -> None:
    tables = read(tmp_path, "id SP_CHF BENE_ESRD_IND MEDREIMB_OP\nA 1 Y 900.00")
    assert not any(len(tables[name]) for name in ("measurement", "visit", "dispensing"))
    assert told(tables, "diagnosis", "code") == []


def test_the_manifest_says_how_exact_and_how_late_the_facts_are(tmp_path: Path) -> None:
    read(tmp_path)
    manifest = History.open(tmp_path / "out").manifest
    assert manifest.source == "synpuf"
    assert manifest.last == date(2010, 12, 31)
    assert manifest.last_known == datetime.combine(date(2010, 12, 31), time.max)
    assert manifest.precision["person"] == "month"
    assert manifest.delays["stay.coded_known"] == "30 days after discharge"
