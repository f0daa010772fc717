"""Bad sources through the real command line: what, where and the cure; nothing written, exit 2."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from features.tables.history import History
from tests.command import Ran, caseload
from tests.synpuf_files import write_sample

pytestmark = pytest.mark.integration

SECRET = "PATIENT-4711"
"""An id no message may carry."""
PERSON = f"person_id,birth_date,sex\n{SECRET},1940-03-05,female\nB,1950-01-01,male\n"
STAY_HEAD = (
    "person_id,stay_id,setting,admitted_at,discharged_at,admitted_known,discharged_known,"
    "admission_method\n"
)
DIAGNOSIS_HEAD = "person_id,at,known_at,code_system,code\n"


def stay(admitted: str = "2020-01-01", discharged: str = "2020-01-05", person: str = "B") -> str:
    return f"{person},s1,acute,{admitted},{discharged},2020-01-01,{discharged},emergency\n"


@dataclass(frozen=True)
class Case:
    """A source of two files, and what the message must name."""

    named: tuple[str, ...]
    person: str | bytes = PERSON
    other: str | bytes = STAY_HEAD + stay()
    file: str = "stay.csv"

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        for name, content in (("person.csv", self.person), (self.file, self.other)):
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        return folder


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode())


LONG = STAY_HEAD + "".join(
    f"B,s{n},acute,2020-01-01,2020-01-05,2020-01-01,2020-01-05,emergency\n" for n in range(50_000)
)

CASES = {
    "missing column": Case(
        ("setting", "stay.csv"), other=STAY_HEAD.replace("setting,", "") + "B,s1,2020-01-01\n"
    ),
    "discharges without their known time": Case(
        ("discharged_at but no discharged_known", "stay.csv"),
        other=STAY_HEAD.replace("discharged_known,", "") + "B,s1,acute,2020-01-01,2020-01-05\n",
    ),
    "deaths without their known time": Case(
        ("death_date but no death_known", "person.csv"),
        person=PERSON.replace("birth_date", "death_date"),
    ),
    "unknown column": Case(("naem", "person.csv"), person=PERSON.replace("sex", "sex,naem", 1)),
    "a column twice": Case(("sex", "person.csv"), person=PERSON.replace("sex", "sex,sex", 1)),
    "impossible date": Case(
        ("stay", "admitted_at", "no day of the calendar"),
        other=STAY_HEAD + stay("2020-02-30", "2020-03-05"),
    ),
    "date in another order": Case(
        ("stay", "admitted_at"), other=STAY_HEAD + stay("05/03/2020", "2020-03-09")
    ),
    "unknown code system": Case(
        ("diagnosis", "code_system", "code system is unknown"),
        other=DIAGNOSIS_HEAD + "B,2020-01-01,2020-01-01,ICD-8,I509\n", file="diagnosis.csv",
    ),
    "discharge before admission": Case(
        ("stay", "discharged_at", "ends before it starts"),
        other=STAY_HEAD + stay("2020-01-05", "2020-01-04", SECRET),
    ),
    "duplicate key": Case(
        ("stay", "say different things"),
        other=STAY_HEAD + stay(person=SECRET) + stay(discharged="2020-01-09", person=SECRET),
    ),
    "a stay of nobody": Case(
        ("stay", "no row in the table person"), other=STAY_HEAD + stay(person="PATIENT-4712")
    ),
    "a value not allowed": Case(
        ("stay", "setting", "allowed"), other=STAY_HEAD + stay().replace("acute", "hotel")
    ),
    "header only": Case(("stay.csv", "no row"), other=STAY_HEAD),
    "nobody": Case(("person.csv", "no row"), person="person_id,birth_date,sex\n"),
    "empty file": Case(("stay.csv", "empty"), other=""),
    "all files empty": Case(("empty",), person="", other=""),
    "no person file": Case(("person",), person="", other=PERSON, file="visit.csv"),
    "wrong delimiter": Case(
        ("person.csv", "header line"), person=PERSON.replace(",", ";")
    ),
    "too few cells": Case(("stay.csv", "line 3"), other=STAY_HEAD + stay() + f"{SECRET},s2\n"),
    "not UTF-8": Case(
        ("person.csv", "UTF-8"),
        person=PERSON.encode() + f"Bj\xf6rn{SECRET},,male\n".encode("latin-1"),
    ),
    "UTF-16": Case(("person.csv", "UTF-8"), person=PERSON.encode("utf-16")),
    "truncated gzip": Case(
        ("stay.csv.gz", "cannot be read"), other=gzipped(LONG)[:-2000], file="stay.csv.gz"
    ),
    "no gzip": Case(("stay.csv.gz", "cannot be read"), other=STAY_HEAD, file="stay.csv.gz"),
    "no Parquet": Case(("stay.parquet", "cannot be read"), other=LONG, file="stay.parquet"),
    "unknown table": Case(("stays",), file="stays.csv"),
}  # fmt: skip


def refused(ran: Ran) -> str:
    """The message of a refusal: exit 2, what, where and cure, no traceback, no patient value."""
    assert ran.status == 2, ran.err
    assert ran.out == ""
    assert "where:" in ran.err
    assert "cure:" in ran.err
    assert "Traceback" not in ran.err
    for value in (SECRET, "4711", "1940-03-05", "PATIENT-4712", "hotel", "ICD-8", "Bj"):
        assert value not in ran.err
    return ran.err[ran.err.index("caseload: ") :]


@pytest.mark.parametrize("case", CASES)
def test_a_bad_source_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    source = CASES[case].write(tmp_path / "in")
    message = refused(
        caseload("ingest", "--from", "native", source, "--out", "h", "--json", folder=tmp_path)
    )
    assert all(name in message for name in CASES[case].named), message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def break_claims(source: Path, change: Callable[[str], str]) -> None:
    path = next(source.glob("*Inpatient*"))
    path.write_text(change(path.read_text()))


SYNPUF: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "missing column": (
        lambda t: t.replace("CLM_ADMSN_DT", "ADMITTED"), ("CLM_ADMSN_DT", "Inpatient")
    ),
    "impossible date": (lambda t: t.replace("20080301", "20080231"), ("stay", "CLM_ADMSN_DT")),
    "no number": (lambda t: t.replace("4000.00", "4000 EUR"), ("stay", "CLM_PMT_AMT")),
    "discharge before admission": (
        lambda t: t.replace("20080305", "20080201"), ("stay", "discharged_at")
    ),
    "duplicate key": (
        lambda t: t + t.splitlines()[1].replace("4000.00", "4100.00") + "\n", ("stay", "SEGMENT")
    ),
    "empty": (lambda _: "", ("Inpatient", "empty")),
    "header only": (lambda t: t.splitlines()[0] + "\n", ("Inpatient", "no row")),
}  # fmt: skip


@pytest.mark.parametrize("case", SYNPUF)
def test_a_bad_claims_file_is_refused(tmp_path: Path, case: str) -> None:
    change, named = SYNPUF[case]
    source = write_sample(tmp_path / "in", beneficiaries=f"id\n{SECRET}", claims=f"id\n{SECRET}")
    break_claims(source, change)
    message = refused(caseload("ingest", "--from", "synpuf", source, "--out", "h", folder=tmp_path))
    assert all(name in message for name in named), message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_source_without_its_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    ran = caseload("ingest", "--from", "synpuf", "in", "--out", "h", folder=tmp_path)
    assert "beneficiary" in refused(ran)
    assert not (tmp_path / "h").exists()


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    source = Case((), person="\ufeff" + PERSON).write(tmp_path / "in")
    ran = caseload("ingest", "--from", "native", source, "--out", "h", "--json", folder=tmp_path)
    assert ran.status == 0, ran.err
    assert ran.answer["people"] == 2


def test_rows_that_look_like_comments_are_rows(tmp_path: Path) -> None:
    source = Case((), person=PERSON + "#1,,male\n#2,,male\n").write(tmp_path / "in")
    ran = caseload("ingest", "--from", "native", source, "--out", "h", "--json", folder=tmp_path)
    assert ran.answer["people"] == 4


def test_a_bad_source_leaves_the_history_that_was_there(tmp_path: Path) -> None:
    good = Case(()).write(tmp_path / "good")
    assert caseload("ingest", "--from", "native", good, "--out", "h", folder=tmp_path).status == 0
    before = History.open(tmp_path / "h").digest
    bad = CASES["discharge before admission"].write(tmp_path / "bad")
    refused(caseload("ingest", "--from", "native", bad, "--out", "h", folder=tmp_path))
    assert History.open(tmp_path / "h").digest == before


def test_a_folder_that_is_no_history_is_not_replaced(tmp_path: Path) -> None:
    source = Case(()).write(tmp_path / "in")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    message = refused(
        caseload("ingest", "--from", "native", source, "--out", "mine", folder=tmp_path)
    )
    assert "no History" in message
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "mine"]


def test_rejecting_loads_the_rest_and_lists_the_bad_by_opaque_key(tmp_path: Path) -> None:
    bad = stay("2020-01-05", "2020-01-04").replace("s1", "s2")
    source = Case((), other=STAY_HEAD + stay() + bad).write(tmp_path / "in")
    ran = caseload(
        "ingest", "--from", "native", source, "--out", "h", "--on-error", "reject", "--json",
        folder=tmp_path,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    tables: dict[str, dict[str, object]] = ran.answer["tables"]  # type: ignore[assignment]
    assert tables["stay"] == {
        "read": 2, "kept": 1, "merged": 0, "rejected": {"ends_before_start": 1}
    }  # fmt: skip
    rejects = Path(str(ran.answer["rejects_file"]))
    assert rejects == tmp_path / "h.rejects.csv"
    assert rejects.read_text().splitlines() == [
        '"table","key","reason","column"',
        '"stay","person_id=B stay_id=s2","ends_before_start","discharged_at"',
    ]
    again = caseload("ingest", "--from", "native", "in", "--out", "h", folder=tmp_path)
    refused(again)
    assert rejects.exists(), "a refused load leaves the list of the load before"
