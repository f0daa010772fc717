"""Laws of History: its digest is over what it says, not over how it is stored or was given."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables.contract import Column, Table
from features.tables.digest import slice_digests, table_digest
from features.tables.duplicates import duplicates
from features.tables.history import History, HistoryWriter, bucket_of
from features.tables.memory import tables_of
from features.tables.order import canonical, slice_of, slices
from features.tables.schema import TABLES

pytestmark = pytest.mark.property

Row = Mapping[str, object]

EPOCH = datetime.fromisoformat("2015-01-01")
TIMES = st.integers(0, 40).map(lambda quarter: EPOCH + timedelta(hours=6 * quarter))
PEOPLE = [f"person-{n}" for n in range(6)] + ["ä", "a", "a b"]
VALUES = {
    "text": st.sampled_from(["a", "b", "Ab", "é", "a b", "z" * 20]),
    "date": TIMES.map(lambda time: time.date()),
    "time": TIMES,
    "number": st.sampled_from([0.0, 1.0, 2.5, -1e-9, 1e300]),
    "count": st.integers(1, 3),
    "flag": st.booleans(),
}


def values(column: Column) -> st.SearchStrategy[object]:
    if column.name == "person_id":
        return st.sampled_from(PEOPLE)
    found = st.sampled_from(column.allowed) if column.allowed else VALUES[column.kind]
    return st.none() | found if column.nullable else found


def rows_of(table: Table) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries({column.name: values(column) for column in table.columns})
    return st.lists(row, max_size=12)


FACTS = ("measurement", "dispensing", "diagnosis", "programme")
DRAWN = st.fixed_dictionaries({name: rows_of(TABLES[name]) for name in FACTS})


def checked(drawn: Mapping[str, list[Row]]) -> Mapping[str, pa.Table]:
    person = [{"person_id": p, "sex": "unknown"} for p in PEOPLE]
    plain = {
        name: [r for r in rows if r.get("value") is None or r["value"] >= 0]  # type: ignore[operator]
        for name, rows in drawn.items()
    }
    return tables_of({"person": person, **plain})


def write(out: Path, tables: Mapping[str, pa.Table], buckets: int) -> History:
    where = {name: bucket_of(rows["person_id"], buckets) for name, rows in tables.items()}
    with HistoryWriter(out, source="drawn", buckets=buckets, precision={}, delays={}) as writer:
        for number in sorted({int(b) for found in where.values() for b in found.to_pylist()}):
            own = {n: rows.filter(pc.equal(where[n], number)) for n, rows in tables.items()}
            writer.write(number, own)
    return History.open(out)


@settings(max_examples=15)
@given(drawn=DRAWN, seed=st.integers(0, 2**32 - 1))
def test_digest_does_not_depend_on_order_or_buckets(
    drawn: Mapping[str, list[Row]], seed: int
) -> None:
    tables = checked(drawn)
    shuffle = np.random.default_rng(seed).permutation
    shuffled = tables_of({n: t.take(pa.array(shuffle(len(t)))) for n, t in tables.items()})
    with tempfile.TemporaryDirectory() as folder:
        first = write(Path(folder) / "1", tables, 1)
        for buckets in (2, 16):
            other = write(Path(folder) / str(buckets), shuffled, buckets)
            assert other.digest == first.digest
        read = first.bucket(0)
        assert all(read[name].equals(rows) for name, rows in tables.items())


def test_digest_is_the_same_at_256_buckets() -> None:
    tables = checked({"measurement": []})
    with tempfile.TemporaryDirectory() as folder:
        first = write(Path(folder) / "1", tables, 1)
        most = write(Path(folder) / "256", tables, 256)
        assert most.digest == first.digest
        assert len(most.person("ä")["person"]) == 1


@given(rows=rows_of(TABLES["measurement"]).filter(bool), data=st.data())
def test_digest_notices_any_changed_value(rows: list[Row], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(TABLES["measurement"].columns))
    value = data.draw(values(column))
    changed = [*rows[:number], {**rows[number], column.name: value}, *rows[number + 1 :]]
    found = [canonical(TABLES["measurement"], pa.Table.from_pylist(r)) for r in (rows, changed)]
    digests = [table_digest([slice_digests(t, slices(t["person_id"]))]) for t in found]
    assert (digests[0] == digests[1]) == found[0].equals(found[1])


def slow_key(table: Table, row: Row) -> tuple[object, ...]:
    """Canonical order said plainly: null last, texts by their bytes."""
    parts: list[object] = [slice_of(str(row["person_id"]))]
    for name in table.sort:
        value = row[name]
        plain = value.encode() if isinstance(value, str) else value
        parts.append((value is None, 0 if value is None else plain))
    return tuple(parts)


@pytest.mark.parametrize("name", ["measurement", "diagnosis", "coverage"])
@settings(max_examples=60)
@given(data=st.data())
def test_canonical_order_is_what_it_says(name: str, data: st.DataObject) -> None:
    rows = data.draw(rows_of(TABLES[name]))
    schema = TABLES[name].schema
    plain = [dict(row) | ({"code": "X1"} if "code" in row else {}) for row in rows]
    found = canonical(TABLES[name], pa.Table.from_pylist(plain, schema=schema)).to_pylist()
    assert found == sorted(plain, key=lambda row: slow_key(TABLES[name], row))


@settings(max_examples=60)
@given(rows=rows_of(TABLES["dispensing"]))
def test_duplicates_are_those_a_slow_count_finds(rows: list[Row]) -> None:
    table = TABLES["dispensing"]
    found = duplicates(table, canonical(table, pa.Table.from_pylist(rows, schema=table.schema)))
    keys = {tuple(row[name] for name in table.key) for row in rows}
    assert (0 if found is None else len(found.merged)) == len(rows) - len(keys)
    assert found is None or len(found.conflicting) == 0
