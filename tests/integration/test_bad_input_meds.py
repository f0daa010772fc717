"""Bad MEDS data sets: refused whole, or bad rows counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload
from tests.mimic_files import events, write_meds
from tests.refused import refused, refused_load

pytestmark = pytest.mark.integration

SECRET = 19991234
"""An id no message may carry."""
LONG = "A" * 10_000
HIDDEN = (str(SECRET), "4280", "2180-05", LONG[:50])
DRAWN = f"""
    person   | time             | code                     | value | text
    {SECRET} | -                | GENDER//F                | -     | -
    {SECRET} | 2180-05-06 22:23 | HOSPITAL_ADMISSION//UNK  | -     | -
    {SECRET} | 2180-05-09 17:15 | HOSPITAL_DISCHARGE//HOME | -     | -
    {SECRET} | 2180-05-09 17:15 | DIAGNOSIS//ICD//9//4280  | -     | -
    {SECRET} | 2180-05-07 06:00 | LAB//50912//mg/dL        | 1.5   | fine
    2        | -                | GENDER//M                | -     | -
    2        | 2180-05-07 06:00 | LAB//50912//mg/dL        | 2.5   | -
"""


def shard(folder: Path) -> Path:
    return write_meds(folder / "in", DRAWN) / "data" / "train" / "0.parquet"


Change = Callable[[pa.Table], pa.Table]


def column(name: str, new: Callable[[pa.ChunkedArray], object]) -> Change:
    return lambda rows: rows.set_column(rows.column_names.index(name), name, new(rows[name]))


def second(values: pa.ChunkedArray, new: object) -> pa.Array:
    """The values with another in place of the second."""
    plain = values.to_pylist()
    return pa.array([plain[0], new, *plain[2:]], values.type)


def no_utf8(values: pa.ChunkedArray) -> pa.Array:
    """Texts with a byte that is no UTF-8, called text all the same."""
    size = pa.large_binary() if values.type == pa.large_string() else pa.binary()
    data = pa.array([b"dr\xf6g" if v is not None else None for v in values.to_pylist()], size)
    return data.view(values.type)


CASES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "missing column": (
        lambda t: t.rename_columns({"code": "concept"}), ("code", "0.parquet", "header line"),
    ),
    "times with a zone": (
        column("time", lambda v: v.cast(pa.timestamp("us", "UTC"))), ("time zone", "time"),
    ),
    "mixed date forms": (
        column("time", lambda v: second(v.cast(pa.string()), "05/06/2180")),
        ("measurement", "time", "no day of the calendar"),
    ),
    "an admission without a time": (
        column("time", lambda v: second(v, None)), ("stay", "admitted_at"),
    ),
    "impossible date": (
        column("time", lambda v: second(v, datetime.fromisoformat("1700-01-01"))),
        ("stay", "admitted_at"),
    ),
    "nobody's event": (column("subject_id", lambda v: second(v, None)), ("person_id",)),
    "no number": (
        column("numeric_value", lambda v: pa.array(["x"] * len(v))), ("numeric_value",),
    ),
    "unknown edition of the ICD": (
        column("code", lambda v: pc.replace_substring(v, "ICD//9", "ICD//8")),
        ("diagnosis", "code_system"),
    ),
    "a code that is no UTF-8": (column("code", no_utf8), ("cannot be read",)),
    "a text that is no UTF-8": (column("text_value", no_utf8), ("cannot be read",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_bad_data_set_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    change, named = CASES[case]
    path = shard(tmp_path)
    pq.write_table(change(pq.read_table(path)), path)
    message = refused_load("meds", tmp_path / "in", HIDDEN)
    assert all(name in message for name in named), message


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "damaged within": lambda data: data[:20] + b"\xff" * 60 + data[80:],
    "text": lambda _: b"subject_id,time,code\n1,,GENDER//F\n",
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused(tmp_path: Path, case: str) -> None:
    path = shard(tmp_path)
    path.write_bytes(BROKEN[case](path.read_bytes()))
    assert "cannot be read" in refused_load("meds", tmp_path / "in", HIDDEN)


def test_the_command_says_so_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    ran = caseload("ingest", "--from", "meds", "in", "--out", "h", "--json", folder=tmp_path)
    assert "there is no Parquet file" in refused(ran)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_rejecting_loads_the_rest_and_counts_the_bad(tmp_path: Path) -> None:
    path = shard(tmp_path)
    rows = pq.read_table(path)
    rows = column("code", lambda v: pc.replace_substring(v, "ICD//9", "ICD//8"))(rows)
    pq.write_table(column("time", lambda v: second(v, None))(rows), path)
    report = ingest("meds", tmp_path / "in", tmp_path / "h", on_error="reject")
    assert report.people == 2
    assert dict(report.tables["stay"].rejected) == {"missing_value": 1}
    assert dict(report.tables["diagnosis"].rejected) == {"unknown_code_system": 1}
    assert len(History.open(tmp_path / "h").bucket(0)["measurement"]) == 2
    listed = (tmp_path / "h.rejects.csv").read_text()
    assert "2180" not in listed
    assert "4280" not in listed


def test_what_is_no_fault_loads(tmp_path: Path) -> None:
    """Capitals in names, columns of the producer's own, no values at all, a long code."""
    path = shard(tmp_path)
    rows = events(f"time | code\n2180-05-07 | LAB//{LONG}//UNK")
    rows = rows.rename_columns(["Subject_ID", "Time", "CODE"]).append_column(
        "table", pa.array(["condition"])
    )
    pq.write_table(rows, path)
    assert ingest("meds", tmp_path / "in", tmp_path / "h").people == 1
    measured = History.open(tmp_path / "h").bucket(0)["measurement"]
    assert [len(code) for code in measured["code"].to_pylist()] == [10_000]
    assert measured["value"].null_count == 1
