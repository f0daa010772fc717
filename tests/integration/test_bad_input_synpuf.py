"""Broken DE-SynPUF files of every kind: what, where and the cure, or counted rejects."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.refused import Change, refused_load, swap
from tests.synpuf_files import write_sample

pytestmark = pytest.mark.integration

SECRET = "PATIENT-4711"
"""An id no message may carry."""
HIDDEN = ("4711", "4712", "forty", "4000 EUR", "20080231", "2008-06-01")
FILES = {
    "beneficiary": "*2008_Beneficiary*", "inpatient": "*Inpatient*", "outpatient": "*Outpatient*",
    "carrier": "*Carrier*1A*", "drugs": "*Drug*",
}  # fmt: skip


CARRIER = f"id hcpcs1 paid1 dx1\n{SECRET} 99213 40.00 4019"
OPTIONAL = {
    "outpatient": {"outpatient": f"id dx1\n{SECRET} 78650"},
    "carrier": {"carrier": CARRIER, "carrier_b": CARRIER.replace(SECRET, "B")},
    "drugs": {"drugs": f"id\n{SECRET}"},
}
OPTIONAL["beneficiary"] = {**OPTIONAL["outpatient"], **OPTIONAL["carrier"], **OPTIONAL["drugs"]}
"""Kind of file -> the optional files of a sample that it is read with."""


def write(folder: Path, *kinds: str, gz: bool = False) -> Path:
    """A small sample with the optional files of these kinds."""
    also = {name: drawn for kind in kinds for name, drawn in OPTIONAL.get(kind, {}).items()}
    drawn = f"id\n{SECRET}"
    return write_sample(folder, beneficiaries=drawn, claims=drawn, gz=gz, **also)


def file_of(source: Path, kind: str) -> Path:
    return next(iter(sorted(source.glob(FILES[kind]))))


def twice(data: bytes) -> bytes:
    """The claim again, paid otherwise."""
    return data + data.splitlines()[1].replace(b"4000.00", b"4100.00") + b"\n"


def latin(data: bytes) -> bytes:
    return data + SECRET.encode() + "ü".encode("latin-1") + b"\n"


REFUSED: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "no day of admission": (
        "inpatient", swap("CLM_ADMSN_DT", "ADMITTED"), ("CLM_ADMSN_DT", "Inpatient")
    ),
    "an impossible day of admission": (
        "inpatient", swap("20080301", "20080231"), ("stay", "CLM_ADMSN_DT")
    ),
    "a payment that is no number": (
        "inpatient", swap("4000.00", "4000 EUR"), ("stay", "CLM_PMT_AMT")
    ),
    "discharge before admission": (
        "inpatient", swap("20080305", "20080201"), ("stay", "discharged_at")
    ),
    "a segment told twice": ("inpatient", twice, ("stay", "SEGMENT")),
    "an empty file of stays": ("inpatient", lambda _: b"", ("Inpatient", "empty")),
    "a header of stays alone": (
        "inpatient", lambda data: data.splitlines()[0] + b"\n", ("Inpatient", "no row")
    ),
    "no months of physicians' cover": (
        "beneficiary", swap("BENE_SMI_CVRAGE_TOT_MONS", "SMI"),
        ("BENE_SMI_CVRAGE_TOT_MONS", "Beneficiary"),
    ),
    "months that are no number": (
        "beneficiary", swap(",12,0,12,", ",12,0,all,"), ("person", "PLAN_CVRG_MOS_NUM")
    ),
    "no first day of a visit": (
        "outpatient", swap("CLM_FROM_DT", "FROM"), ("CLM_FROM_DT", "Outpatient")
    ),
    "no 13th line": (
        "carrier", swap("LINE_NCH_PMT_AMT_13", "AMT_13"), ("LINE_NCH_PMT_AMT_13", "Carrier")
    ),
    "no product": ("drugs", swap("PROD_SRVC_ID", "NDC"), ("PROD_SRVC_ID", "Drug")),
    "another delimiter": ("carrier", swap(",", ";"), ("Carrier", "header line")),
    "a date in another form": (
        "outpatient", swap("20080601", "2008-06-01"), ("visit", "CLM_FROM_DT")
    ),
    "no day of the calendar": ("drugs", swap("20080801", "20080231"), ("dispensing", "SRVC_DT")),
    "a line's money that is no number": (
        "carrier", swap("40.00", "forty"), ("visit", "LINE_NCH_PMT_AMT_1")
    ),
    "days that are no whole number": (
        "drugs", swap(",30,", ",30.5,"), ("dispensing", "days_supply")
    ),
    "an event without its number": ("drugs", swap(",901,", ",,"), ("dispensing", "PDE_ID")),
    "a claim told twice": (
        "carrier", lambda data: data + data.splitlines()[1].replace(b"40.00", b"41.00") + b"\n",
        ("visit", "CLM_ID"),
    ),
    "a visit of nobody": (
        "outpatient", swap(SECRET, "PATIENT-4712"), ("visit", "no row in the table person")
    ),
    "an empty file": ("carrier", lambda _: b"", ("Carrier", "empty")),
    "a header alone": (
        "drugs", lambda data: data.splitlines()[0] + b"\n", ("Drug", "no row")
    ),
    "not UTF-8": ("inpatient", latin, ("Inpatient", "UTF-8")),
    "UTF-16": ("outpatient", lambda data: data.decode().encode("utf-16"), ("Outpatient", "UTF-8")),
    "too few cells": ("drugs", lambda data: data + b"A,902\n", ("Drug", "line 3")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_file_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    kind, change, named = REFUSED[case]
    source = write(tmp_path / "in", kind)
    path = file_of(source, kind)
    path.write_bytes(change(path.read_bytes()))
    message = refused_load("synpuf", source, HIDDEN)
    assert all(name in message for name in named), message


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert "beneficiary" in refused_load("synpuf", tmp_path / "in")


@pytest.mark.parametrize("kind", ["inpatient", "carrier"])
def test_a_truncated_gzip_is_refused(tmp_path: Path, kind: str) -> None:
    source = write(tmp_path / "in", kind, gz=True)
    path = file_of(source, kind)
    head, row = gzip.decompress(path.read_bytes()).splitlines()
    rows = [row.replace(SECRET.encode(), f"{n * 7919 % 100_003}".encode()) for n in range(20_000)]
    path.write_bytes(gzip.compress(b"\n".join([head, *rows]))[:-2000])
    message = refused_load("synpuf", source, HIDDEN)
    assert path.name in message
    assert "cannot be read" in message


def test_bad_rows_of_every_file_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    source = write_sample(
        tmp_path / "in", beneficiaries="id\nA",
        outpatient="claim from paid\n501 20080601 150\n502 06/01/2008 150\n503 20080601 much",
        carrier="claim paid13\n801 1.00\n801 2.00\n802 -\n802 -",
        drugs="event served days\n901 20080801 30\n902 20080231 30\n- 20080801 30",
    )  # fmt: skip
    report = ingest("synpuf", source, tmp_path / "h", on_error="reject")
    visit, dispensing = report.tables["visit"], report.tables["dispensing"]
    assert (visit.read, visit.kept, visit.merged) == (7, 2, 1)
    assert visit.rejected == {"impossible_date": 1, "unreadable_value": 1, "duplicate_key": 2}
    assert (dispensing.read, dispensing.kept) == (3, 1)
    assert dispensing.rejected == {"impossible_date": 1, "missing_value": 1}
    assert report.rejects_file == tmp_path / "h.rejects.csv"


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    source = write(tmp_path / "in", *OPTIONAL)
    for path in source.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    report = ingest("synpuf", source, tmp_path / "h", on_error="reject")
    assert report.tables["stay"].kept == 1
    assert report.tables["visit"].rejected == {"unknown_person": 1}


def test_a_very_long_code_is_kept_as_it_is(tmp_path: Path) -> None:
    code = "4" * 10_000
    source = write_sample(tmp_path / "in", beneficiaries="id\nA", carrier=f"dx1\n{code}")
    ingest("synpuf", source, tmp_path / "h")
    assert code in History.open(tmp_path / "h").bucket(0)["diagnosis"]["code"].to_pylist()
