"""Bad folders of canonical tables: what, where and the cure; nothing written, exit 2."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload, caseload_here
from tests.refused import refused, refused_load

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


HIDDEN = ("4711", "1940-03-05", "4712", "hotel", "ICD-8", "Bj")
AT_THE_COMMAND_LINE = ("missing column", "discharge before admission", "truncated gzip")
"""Cases run as a user runs them; the others call what the command calls."""


@pytest.mark.parametrize("case", CASES)
def test_a_bad_source_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    source = CASES[case].write(tmp_path / "in")
    if case in AT_THE_COMMAND_LINE:
        begin = ("ingest", "--from", "native", "in", "--out", "h", "--json")
        message = refused(caseload(*begin, folder=tmp_path), HIDDEN)
    else:
        message = refused_load("native", source, HIDDEN)
    assert all(name in message for name in CASES[case].named), message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    source = Case((), person="\ufeff" + PERSON).write(tmp_path / "in")
    assert ingest("native", source, tmp_path / "h").people == 2


def test_rows_that_look_like_comments_are_rows(tmp_path: Path) -> None:
    source = Case((), person=PERSON + "#1,,male\n#2,,male\n").write(tmp_path / "in")
    assert ingest("native", source, tmp_path / "h").people == 4


def test_a_bad_source_leaves_the_history_that_was_there(tmp_path: Path) -> None:
    ingest("native", Case(()).write(tmp_path / "good"), tmp_path / "h")
    before = History.open(tmp_path / "h").digest
    refused_load("native", CASES["discharge before admission"].write(tmp_path / "bad"), HIDDEN)
    assert History.open(tmp_path / "h").digest == before


def test_a_folder_that_is_no_history_is_not_replaced(tmp_path: Path) -> None:
    source = Case(()).write(tmp_path / "in")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    ran = caseload_here("ingest", "--from", "native", source, "--out", "mine", folder=tmp_path)
    message = refused(ran)
    assert "no History" in message
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "mine"]


def test_rejecting_loads_the_rest_and_lists_the_bad_by_opaque_key(tmp_path: Path) -> None:
    bad = stay("2020-01-05", "2020-01-04").replace("s1", "s2")
    source = Case((), other=STAY_HEAD + stay() + bad).write(tmp_path / "in")
    ran = caseload_here(
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
    refused_load("native", source, HIDDEN)
    assert rejects.exists(), "a refused load leaves the list of the load before"
