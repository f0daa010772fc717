"""Any History is a source of itself: written, read and loaded again, it says the same.

`test_ingest_native_laws.py` shows it of files with rows in any order. Here a History is written as
such at any number of buckets, and its people are crowded: stays of no length, facts tied to them,
all at a few moments, one id for the stays of several people, codes of any length in any script.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.readers.ingest import ingest
from features.tables.check import check_rows
from features.tables.contract import Column, Tables
from features.tables.history import History, HistoryWriter, bucket_of, verify
from features.tables.memory import tables_of
from features.tables.schema import TABLES
from tests.histories import histories

pytestmark = pytest.mark.property

BUCKETS = st.sampled_from([1, 2, 16])
FEW = [datetime.fromisoformat("2020-02-28T23:59:59.999999") + timedelta(hours=n)
       for n in (0, 0, 1, 24, 24 * 1000)]  # fmt: skip
MOMENTS = st.sampled_from(FEW)
EARLY = st.sampled_from(FEW[:-1])
"""Nothing is known of late: periods end long after the last thing known."""
CODES = st.sampled_from(["I509", "ÄÖ", "心", "\u202eABC", "A//B", "0", " ", "X" * 10_000])
IDS = st.sampled_from(["1", "2", "é", "a b"])
TIES = ("stay_id", "visit_id")


def crowded(column: Column, people: pa.Array) -> st.SearchStrategy[object]:
    """Values that meet: few moments, few ids, odd codes."""
    if column.name == "person_id":
        return st.sampled_from(people.to_pylist())
    plain: Mapping[str, st.SearchStrategy[object]] = {
        "time": EARLY if "known" in column.name else MOMENTS,
        "date": MOMENTS.map(lambda time: time.date()),
        "text": IDS if column.name in TIES else CODES,
        "number": st.sampled_from([0.0, 0.1, -1e-300, 1e300]),
        "count": st.integers(1, 3),
        "flag": st.booleans(),
        "category": CODES,
    }
    found = st.sampled_from(column.allowed) if column.allowed else plain[column.kind]
    return st.none() | found if column.nullable else found


@st.composite
def crowds(draw: st.DrawFn) -> Tables:
    """Any tables, and a crowd of rows more in those that hold facts."""
    tables = draw(histories(most=2))
    people = tables["person"]["person_id"].combine_chunks()
    found = {"person": tables["person"]}
    for name, table in TABLES.items():
        if name == "person":
            continue
        row = st.fixed_dictionaries({c.name: crowded(c, people) for c in table.columns})
        more = pa.Table.from_pylist(draw(st.lists(row, max_size=4)), schema=table.schema)
        found[name] = check_rows(table, pa.concat_tables([tables[name], more]), people).kept
    return found


def write(out: Path, tables: Tables, buckets: int) -> History:
    where = {name: bucket_of(rows["person_id"], buckets) for name, rows in tables.items()}
    with HistoryWriter(
        out, source="drawn", buckets=buckets, precision={"stay": "minute"},
        delays={"stay.coded_known": "30 days after"},
    ) as writer:  # fmt: skip
        for number in range(buckets):
            own = {n: rows.filter(pc.equal(where[n], number)) for n, rows in tables.items()}
            writer.write(number, own)
    return History.open(out)


def rows_of(history: History, name: str) -> pa.Table:
    return pa.concat_tables([history.bucket(n, [name])[name] for n in range(history.buckets)])


@settings(max_examples=6)
@given(tables=crowds(), first=BUCKETS, second=BUCKETS)
def test_a_history_loaded_from_itself_is_the_same(tables: Tables, first: int, second: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        written = write(Path(name) / "1", tables, first)
        verify(written)
        report = ingest("native", Path(name) / "1", Path(name) / "2", buckets=second)
        again = History.open(Path(name) / "2")
        verify(again)
        assert again.digest == written.digest
        for table, count in report.tables.items():
            assert (count.read, count.merged, dict(count.rejected)) == (len(tables[table]), 0, {})
            assert rows_of(again, table).equals(rows_of(written, table))
        for said in ("source", "first", "last", "last_known", "precision", "delays"):
            assert getattr(again.manifest, said) == getattr(written.manifest, said), said
        assert report.rejects_file is None


def test_a_period_may_end_long_after_the_last_thing_known() -> None:
    coverage = {"person_id": "a", "from_at": "2020-01-01", "to_at": "2024-01-01",
                "known_at": "2020-01-01", "kind": "all"}  # fmt: skip
    tables = tables_of({"person": [{"person_id": "a", "sex": "male"}], "coverage": [coverage]})
    with tempfile.TemporaryDirectory() as name:
        written = write(Path(name) / "1", tables, 1)
        ingest("native", Path(name) / "1", Path(name) / "2")
        assert History.open(Path(name) / "2").digest == written.digest
