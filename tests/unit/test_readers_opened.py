"""Tables opened by their layout: names in any case, older names, types, unreadable rows."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.readers.layout import Layout
from features.readers.opened import open_if_there, open_table
from features.readers.source import Source
from features.readers.workshop import Workshop

pytestmark = [
    pytest.mark.unit,
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # Ibis' call
]

VISITS = Layout(
    "visit",
    table="stay",
    key=("id",),
    columns={"id": "text", "start": "date"},
    optional={"stop": "time", "size": "number", "count": "whole"},
    also={"stop": ("ending",)},
)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path / "work", lambda _what, _share: None)
    yield made
    made.close()


def test_text_is_typed_and_absent_columns_are_null(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "VISIT.csv").write_bytes(
        b"\xef\xbb\xbfStart,ID,Ending\n20200102,1,2020-01-03T04:05:06Z\n2020-01-05 00:00:00,2,\n"
    )
    rows = open_table(workshop, tmp_path, VISITS)
    assert rows.order_by("id").to_pyarrow().to_pylist() == [
        {
            "id": "1", "start": date(2020, 1, 2),
            "stop": datetime.fromisoformat("2020-01-03T04:05:06"),
            "size": None, "count": None,
        },
        {"id": "2", "start": date(2020, 1, 5), "stop": None, "size": None, "count": None},
    ]  # fmt: skip


def test_a_row_that_cannot_be_read_is_told_by_its_key(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "visit"
    folder.mkdir()
    with gzip.open(folder / "part-1.csv.gz", "wt") as file:
        file.write("id,start,size\n1,2020-01-02,1.5\n2,02/01/2020,1\n,2020-01-02,1\n4,,much\n")
    rows = open_table(workshop, tmp_path, VISITS)
    assert rows.to_pyarrow().to_pylist()[0]["size"] == 1.5
    loaded = workshop.loaded["visit"]
    assert loaded.read == 4
    assert loaded.rejected is not None
    assert sorted(tuple(row.values()) for row in loaded.rejected.to_pylist()) == [
        ("stay", "id=", "missing_value", "id"),
        ("stay", "id=2", "impossible_date", "start"),
        ("stay", "id=4", "unreadable_value", "size"),
    ]


def test_parquet_keeps_its_types(workshop: Workshop, tmp_path: Path) -> None:
    table = pa.table({"Id": [7], "START": [date(2020, 1, 2)], "Count": pa.array([3], pa.int32())})
    pq.write_table(table, tmp_path / "Visit.parquet")
    rows = open_table(workshop, tmp_path, VISITS)
    assert rows.select("id", "start", "count").to_pyarrow().to_pylist() == [
        {"id": "7", "start": date(2020, 1, 2), "count": 3}
    ]


def test_a_missing_column_is_named(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "visit.csv").write_text("id,size\n1,2\n")
    with pytest.raises(InputError, match="the column start is missing"):
        open_table(workshop, tmp_path, VISITS)


def test_a_table_without_a_file_is_none_or_named(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("id,start\n1,2020-01-01\n")
    assert open_if_there(workshop, tmp_path, VISITS) is None
    with pytest.raises(InputError, match="the table visit is missing"):
        open_table(workshop, tmp_path, VISITS)


def test_another_delimiter_leaves_a_column_missing(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "visit.csv").write_text("id;start\n1;2020-01-01\n")
    with pytest.raises(InputError, match="the column id is missing"):
        open_table(workshop, tmp_path, VISITS)


@pytest.mark.parametrize("broken", [b"\x1f\x8b\x08\x00garbage", b"id,start\n\xff\xfe,2020-01-01\n"])
def test_what_is_no_text_is_refused(workshop: Workshop, tmp_path: Path, broken: bytes) -> None:
    name = "visit.csv.gz" if broken.startswith(b"\x1f\x8b") else "visit.csv"
    (tmp_path / name).write_bytes(broken)
    with pytest.raises(InputError, match="the file cannot be read"):
        open_table(workshop, tmp_path, VISITS)


def test_a_source_prints_without_its_password() -> None:
    source = Source("postgresql://lead:secret@db.example/cdm")
    assert source.is_url
    assert str(source) == "postgresql://db.example/cdm"
    with pytest.raises(InputError, match="reads files"):
        _ = source.path
