"""Bad OMOP sources through the real command line: refused by name, or rejected row by row."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload, caseload_here
from tests.omop_files import write_omop
from tests.refused import Change, refused, refused_load, swap

pytestmark = pytest.mark.integration

SECRET = "4711"
"""An id no message may carry."""
HIDDEN = (SECRET, "05/01/2020", "nine", "I50", "1941")


def source(folder: Path) -> Path:
    return write_omop(
        folder,
        person=f"id year_of_birth\n{SECRET} 1941\n1 1950",
        visit_occurrence=f"id person start end\n1 {SECRET} 2020-01-01 2020-01-05",
        condition_occurrence=f"person visit start value\n{SECRET} 1 2020-01-01 I50.9",
    )


def put(name: str, change: Change, as_name: str = "") -> Callable[[Path], None]:
    """A change of one file, under another name where one is given."""

    def changed(folder: Path) -> None:
        data = change((folder / name).read_bytes())
        (folder / name).unlink()
        (folder / (as_name or name)).write_bytes(data)

    return changed


IN_FEBRUARY = (
    b"person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n1,0,1950,2,30\n"
)


def emptied(_: bytes) -> bytes:
    return b""


REFUSED: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "truncated gzip": (
        put("visit_occurrence.csv", lambda d: gzip.compress(d)[:-12], "visit_occurrence.csv.gz"),
        ("visit_occurrence.csv.gz", "cannot be read"),
    ),
    "wrong delimiter": (
        put("visit_occurrence.csv", swap(",", ";")), ("visit_occurrence.csv", "header line")
    ),
    "missing mandatory column": (
        put("visit_occurrence.csv", swap("visit_concept_id", "kind")),
        ("visit_concept_id", "visit_occurrence.csv"),
    ),
    "no person": (lambda folder: (folder / "person.csv").unlink(), ("table person is missing",)),
    "empty file": (put("condition_occurrence.csv", emptied), ("condition_occurrence.csv", "empty")),
    "not UTF-8": (
        put("condition_occurrence.csv", lambda d: d.replace(b"I50.9", b"I50\xff")),
        ("condition_occurrence.csv", "UTF-8"),
    ),
    "no Parquet": (
        put("visit_occurrence.csv", lambda d: d, "visit_occurrence.parquet"),
        ("visit_occurrence.parquet", "cannot be read"),
    ),
    "mixed date forms": (
        put("visit_occurrence.csv", swap("2020-01-05", "05/01/2020")),
        ("visit", "visit_end_date"),
    ),
    "no number": (
        put("visit_occurrence.csv", swap("9201", "nine")), ("visit", "visit_concept_id")
    ),
    "no such day of birth": (
        put("person.csv", lambda _: IN_FEBRUARY),
        ("person", "birth_date"),
    ),
    "a visit of nobody": (
        put("person.csv", swap(SECRET, "2")), ("no row in the table person",)
    ),
    "end before start": (
        put("visit_occurrence.csv", swap("2020-01-05", "2019-12-05")),
        ("stay", "ends before it starts"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_source_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    change, named = REFUSED[case]
    change(source(tmp_path / "in"))
    message = refused_load("omop", tmp_path / "in", HIDDEN).replace(str(tmp_path), "")
    assert all(name in message for name in named), message


def test_a_refusal_on_the_command_line_says_what_where_and_the_cure(tmp_path: Path) -> None:
    REFUSED["mixed date forms"][0](source(tmp_path / "in"))
    ran = caseload("ingest", "--from", "omop", "in", "--out", "h", "--json", folder=tmp_path)
    assert "visit_end_date" in refused(ran, HIDDEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_broken_duckdb_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cdm.duckdb").write_bytes(b"12345678DUCK" + b"\0" * 5000)
    ran = caseload_here("ingest", "--from", "omop", "cdm.duckdb", "--out", "h", folder=tmp_path)
    assert "DuckDB file cannot be opened" in refused(ran, HIDDEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cdm.duckdb"]


def test_rows_that_cannot_be_read_are_rejected_and_counted(tmp_path: Path) -> None:
    folder = source(tmp_path / "in")
    with (folder / "visit_occurrence.csv").open("a", newline="") as file:
        file.write("2,1,2020-13-01,2020-01-05,9201\r\n")
    report = ingest("omop", folder, tmp_path / "h", on_error="reject")
    assert sum(sum(count.rejected.values()) for count in report.tables.values()) == 1
    for count in report.tables.values():
        assert count.read == count.kept + count.merged + sum(count.rejected.values())
    assert report.rejects_file is not None
    assert "2020" not in report.rejects_file.read_text()


def test_a_byte_order_mark_and_missing_tables_are_no_fault(tmp_path: Path) -> None:
    folder = write_omop(tmp_path / "in")
    path = folder / "person.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert ingest("omop", folder, tmp_path / "h").people == 1


def test_a_code_of_ten_thousand_characters_is_kept_whole(tmp_path: Path) -> None:
    folder = source(tmp_path / "in")
    put("condition_occurrence.csv", swap("I50.9", "X" * 10_000))(folder)
    ingest("omop", folder, tmp_path / "h", buckets=1)
    found = History.open(tmp_path / "h").bucket(0)["diagnosis"]
    assert found["code"].to_pylist() == ["X" * 10_000]
