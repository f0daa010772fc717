"""Broken extracts and mappings through the real command line: what, where, the cure; exit 2."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.readers.ingest import ingest
from features.readers.report import IngestReport
from features.tables.history import History
from tests.command import caseload, caseload_here
from tests.refused import refused, refused_load

pytestmark = pytest.mark.integration

SECRET = "PATIENT-4711"
HIDDEN = ("4711", "2020-03", "I509", "hotel")
HEAD = "id,claim,admitted,discharged,sex,dx1,dx2,paid\n"
ROW = f"{SECRET},c1,2020-03-01,2020-03-05,F,I509,E119,100\n"
GOOD = HEAD + ROW + "B,c2,2020-04-01,2020-04-05,M,I214,,50\n"
MAPPING = """
name = "local"
[files.claims]
match = ["claims.csv"]
optional_columns = ["paid"]
[person]
combine = {}
[[person.rows]]
file = "claims"
person_id = "id"
sex = { column = "sex", map = { F = "female", M = "male" } }
[[stay.rows]]
file = "claims"
person_id = "id"
stay_id = "claim"
setting = { const = "acute" }
admitted_at = "admitted"
discharged_at = "discharged"
cost = "paid"
[[diagnosis.rows]]
file = "claims"
person_id = "id"
stay_id = "claim"
codes = "dx{1..2}"
code_system = { const = "ICD-10-CM" }
"""
LONG = HEAD + "".join(f"P{n},c{n},2020-03-01,2020-03-05,F,I509,E119,100\n" for n in range(40_000))


def written(
    folder: Path, content: str | bytes, *, mapping: str = MAPPING, name: str = "claims.csv"
) -> Path:
    source = folder / "in"
    source.mkdir(exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    (source / name).write_bytes(data)
    (source / "map.toml").write_text(mapping, encoding="utf-8")
    return source


def load(source: Path, *, on_error: str = "stop") -> IngestReport:
    out = source.parent / "h"
    return ingest("table", source, out, mapping=source / "map.toml", on_error=on_error)


def stopped(source: Path) -> str:
    return refused_load("table", source, HIDDEN, mapping=source / "map.toml")


FILES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "missing mandatory column": (
        GOOD.replace("admitted,", "came,"), ("column admitted", "claims.csv")
    ),
    "a column twice": (GOOD.replace("dx2", "dx1"), ("column dx1 stands twice",)),
    "wrong delimiter": (GOOD.replace(",", ";"), ("single column", "delimiter")),
    "too few cells": (GOOD + f"{SECRET},c9\n", ("claims.csv", "line 4")),
    "empty file": ("", ("claims.csv", "empty")),
    "not UTF-8": (GOOD.encode() + b"Bj\xf6rn,c3,2020-01-01,,F,,,\n", ("claims.csv", "UTF-8")),
    "UTF-16": (GOOD.encode("utf-16"), ("claims.csv", "UTF-8")),
    "mixed date forms": (GOOD + "C,c3,01/05/2020,,F,,,\n", ("stay", "admitted_at")),
    "impossible date": (GOOD + "C,c3,2020-02-30,,F,,,\n", ("stay", "admitted_at")),
    "no number": (GOOD.replace(",100\n", ",100 EUR\n"), ("stay", "cost")),
    "a word that is not in the map": (GOOD.replace(",F,", ",hotel,"), ("person", "sex")),
    "discharge before admission": (
        GOOD.replace("2020-03-05", "2020-02-05"), ("stay", "discharged_at")
    ),
    "a header and no row": (HEAD, ("no person to write",)),
    "a row of nobody": (GOOD + ",c3,2020-01-01,,F,,,\n", ("person", "person_id")),
    "one stay told in two ways": (
        GOOD + ROW.replace("2020-03-05", "2020-03-09"), ("stay", "say different things")
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_bad_extract_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    content, named = FILES[case]
    message = stopped(written(tmp_path, content))
    assert all(part in message for part in named), message


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(LONG.encode())[:-2000]
    assert "claims.csv.gz" in stopped(written(tmp_path, data, name="claims.csv.gz"))


MAPPINGS = {
    "unknown key": (("discharged_at =", "dischargd_at ="), ("did you mean", "discharged_at")),
    "a file of another name": (('"claims.csv"', '"bills.csv"'), ("none of the files", "bills.csv")),
    "no TOML": (('name = "local"', "name = local"), ("not TOML",)),
    "a word no stay may hold": (
        ('"acute" }', '"acut" }'),
        ("stay.setting cannot be acut", "acute"),
    ),
    "a meaning no person may have": (('M = "male"', 'M = "man"'), ("person.sex cannot be man",)),
    "a text for a number": (
        ('"paid"\n[[', '{ const = "many" }\n[['),
        ("stay.cost cannot be many",),
    ),
    "a day written otherwise": (
        ('= "discharged"', '= { column = "discharged", missing = "31/12/2020" }'),
        ("stay.discharged_at cannot be 31/12/2020",),
    ),
    "one head for a list": (("[[stay.rows]]", "[stay.rows]"), ("stay.rows", "it is a list")),
    "a number for a column": (('cost = "paid"', "cost = 5"), ("stay.rows.0.cost", "name of a col")),
}


def test_a_part_of_a_day_is_no_length_of_stay(tmp_path: Path) -> None:
    mapping = MAPPING.replace(
        '= "discharged"', '= { column = "admitted", plus = { column = "paid" } }'
    )
    source = written(tmp_path, GOOD.replace(",50\n", ",1.5\n"), mapping=mapping)
    report = load(source, on_error="reject")
    assert report.tables["stay"].rejected == {"unreadable_value": 1}


def test_times_of_parquet_are_read_to_the_fraction_of_a_second(tmp_path: Path) -> None:
    at = pa.array([1_583_057_400_250_000], pa.timestamp("us"))
    texts = {name: [""] for name in ("sex", "dx1", "dx2")}
    row = pa.table({"id": ["A"], "claim": ["c1"], "admitted": at, "discharged": at, **texts})
    source = written(tmp_path, b"", mapping=MAPPING.replace("claims.csv", "claims.parquet"))
    (source / "claims.csv").unlink()
    pq.write_table(row, source / "claims.parquet")
    load(source)
    stay = History.open(tmp_path / "h").bucket(0)["stay"]
    assert stay["admitted_at"][0].as_py().isoformat() == "2020-03-01T10:10:00.250000"


@pytest.mark.parametrize("case", MAPPINGS)
def test_a_bad_mapping_is_refused(tmp_path: Path, case: str) -> None:
    (old, new), named = MAPPINGS[case]
    message = stopped(written(tmp_path, GOOD, mapping=MAPPING.replace(old, new)))
    assert all(part in message for part in named), message


def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("2020-03-05", "2020-02-05"))
    begin = ("ingest", "--from", "table", "in")
    assert "--draft-mapping" in refused(caseload_here(*begin, "--out", "h", folder=tmp_path))
    assert "--out" in refused(caseload_here(*begin, "--mapping", "hes", folder=tmp_path))
    bad = caseload(*begin, "--mapping", "in/map.toml", "--out", "h", folder=tmp_path)
    assert "table stay, column discharged_at" in refused(bad, HIDDEN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_rejected_rows_are_counted_and_listed_by_their_ids(tmp_path: Path) -> None:
    bad = f"C,c3,01/05/2020,,F,{'X' * 10_000},,\nD,c4,2020-05-01,2020-04-01,M,,,\n"
    report = load(written(tmp_path, "\ufeff" + GOOD + bad), on_error="reject")
    assert report.tables["stay"].to_json() == {
        "read": 4, "kept": 2, "merged": 0,
        "rejected": {"ends_before_start": 1, "impossible_date": 1},
    }  # fmt: skip
    # The long code belongs to a stay that is not there, so nothing says when it was.
    assert report.tables["diagnosis"].rejected == {"missing_value": 1}
    listed = (tmp_path / "h.rejects.csv").read_text()
    assert '"person_id=C stay_id=c3","impossible_date","admitted_at"' in listed
    assert "XXXX" not in listed
    assert report.people == 4


def test_an_optional_column_may_lack(tmp_path: Path) -> None:
    lines = [line.rsplit(",", 1)[0] for line in GOOD.strip().splitlines()]
    assert load(written(tmp_path, "\n".join(lines))).tables["stay"].kept == 2


def test_a_bad_extract_leaves_the_history_that_was_there(tmp_path: Path) -> None:
    load(written(tmp_path, GOOD))
    before = History.open(tmp_path / "h").digest
    stopped(written(tmp_path, FILES["impossible date"][0]))
    assert History.open(tmp_path / "h").digest == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h", "in"]
