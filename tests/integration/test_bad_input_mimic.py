"""Bad MIMIC-IV folders: refused whole, or bad rows counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload, caseload_here
from tests.mimic_files import write_mimic
from tests.refused import Change, refused, refused_load, swap

pytestmark = pytest.mark.integration

SECRET = "19991234"
"""An id no message may carry."""
LONG = "A" * 10_000
HIDDEN = (SECRET, "4280", "2180-05", "HELICOPTER", LONG[:50])


def source_of(folder: Path, ending: str = ".csv") -> Path:
    admissions = f"person | hadm\n{SECRET} | 21\n2 | 22"
    return write_mimic(
        folder / "in", ending=ending, admissions=admissions,
        diagnoses_icd=f"person | hadm | code\n{SECRET} | 21 | 4280\n2 | 22 | 0389",
        prescriptions="\n".join(["person | drug", *(f"2 | drug {n}" for n in range(3000))]),
    )  # fmt: skip


def change(source: Path, table: str, new: Change) -> None:
    path = next((source / "hosp").glob(f"{table}.csv*"))
    path.write_bytes(new(path.read_bytes()))


COMMAND = ("ingest", "--from", "mimic", "in", "--out", "h", "--json")


CASES: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "missing column": ("admissions", swap("admittime", "arrived"), ("admittime", "admissions")),
    "wrong delimiter": ("patients", swap(",", ";"), ("subject_id", "patients", "header line")),
    "mixed date forms": (
        "admissions", swap("2180-05-06 22:23:00", "05/06/2180 22:23", 1),
        ("stay", "admittime"),
    ),
    "impossible date": (
        "admissions", swap("2180-05-06", "2180-02-30"), ("stay", "admittime"),
    ),
    "no number": ("patients", swap("70,2180", "seventy,2180"), ("person", "anchor_age")),
    "unknown edition of the ICD": (
        "diagnoses_icd", swap(",9\r\n", ",8\r\n"), ("diagnosis", "code_system"),
    ),
    "unknown way of admission": (
        "admissions", swap("EW EMER.", "HELICOPTER"), ("stay", "admission_method"),
    ),
    "discharge before admission": (
        "admissions", swap("2180-05-09", "2180-05-01"), ("stay", "discharged_at"),
    ),
    "codes of nobody": ("patients", swap(SECRET, "7"), ("stay", "no row in the table person")),
    "an admission told twice": (
        "admissions", lambda d: d + d.splitlines()[1].replace(b"HOME", b"REHAB") + b"\r\n",
        ("stay", "say different things"),
    ),
    "empty file": ("patients", lambda _: b"", ("patients", "empty")),
    "not UTF-8": (
        "prescriptions", lambda d: d.replace(b"drug 7,", b"dr\xf6g 7,"), ("prescriptions", "UTF-8"),
    ),
    "too few cells": ("diagnoses_icd", lambda d: d + b"2,22\r\n", ("diagnoses_icd", "line")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_bad_folder_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    table, new, named = CASES[case]
    source = source_of(tmp_path)
    change(source, table, new)
    message = refused_load("mimic", source, HIDDEN)
    assert all(name in message for name in named), message


def test_the_command_says_so_with_status_2(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    change(source, "admissions", swap("2180-05-06", "2180-02-30"))
    found = caseload(*COMMAND, folder=tmp_path)
    assert "admittime" in refused(found, HIDDEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    source = source_of(tmp_path, ".csv.gz")
    change(source, "prescriptions", lambda data: data[: len(data) // 2])
    message = refused_load("mimic", source, HIDDEN)
    assert "prescriptions.csv.gz" in message
    assert "cannot be read" in message


@pytest.mark.parametrize("table", ["patients", "admissions"])
def test_a_folder_without_its_tables_is_refused(tmp_path: Path, table: str) -> None:
    source = source_of(tmp_path)
    (source / "hosp" / f"{table}.csv").unlink()
    message = refused_load("mimic", source, HIDDEN)
    assert f"the table {table} is missing" in message


def test_what_is_no_fault_loads(tmp_path: Path) -> None:
    """A byte-order mark, capitals in a header, an optional column or table away, a long code."""
    source = source_of(tmp_path)
    change(source, "patients", lambda data: b"\xef\xbb\xbf" + data)
    change(source, "admissions", lambda d: d.replace(b"insurance,", b"payer,").replace(
        b"hadm_id", b"HADM_ID"))  # fmt: skip
    change(source, "diagnoses_icd", swap(",4280,", f",{LONG},"))
    assert ingest("mimic", source, tmp_path / "h").people == 2
    codes = History.open(tmp_path / "h").bucket(0)["diagnosis"]["code"].to_pylist()
    assert sorted(map(len, codes)) == [4, 10_000]


def test_rejecting_loads_the_rest_and_counts_the_bad(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    change(source, "diagnoses_icd", swap("2,22,1,0389,9", "2,22,x,0389,9"))
    change(source, "admissions", swap("2180-05-09", "2180-05-32", 1))
    found = caseload_here(*COMMAND, "--on-error", "reject", folder=tmp_path)
    assert found.status == 0, found.err
    tables: dict[str, dict[str, object]] = found.answer["tables"]  # type: ignore[assignment]
    assert tables["stay"]["rejected"] == {"impossible_date": 1}
    rejected = tables["diagnosis"]["rejected"]
    assert rejected == {"unreadable_value": 1, "missing_value": 1}, "one has no admission left"
    listed = (tmp_path / "h.rejects.csv").read_text()
    assert f'"stay","subject_id={SECRET} hadm_id=21","impossible_date","dischtime"' in listed
    assert "2180-05" not in listed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h", "h.rejects.csv", "in"]
