"""A History is whole or not there at all, and says when it is not what it was."""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError, NotFoundError
from features.tables.contract import Tables
from features.tables.history import History, HistoryWriter, bucket_of, verify, write_bucket
from features.tables.schema import TABLES
from tests.drawn import people

pytestmark = pytest.mark.unit


def drawn(count: int = 40) -> Tables:
    ids = [f"p{number}" for number in range(count)]
    return people(
        stay=[
            {"person_id": p, "stay_id": f"{p}s{k}", "admitted_at": f"2020-0{k}-01",
             "discharged_at": f"2020-0{k}-04", "cost": 10.0 * k}
            for p in ids for k in (1, 2, 3)
        ],
        diagnosis=[{"person_id": p, "stay_id": f"{p}s1", "code": "I509"} for p in ids],
    )  # fmt: skip


def write(out: Path, tables: Tables, buckets: int = 4) -> History:
    where = {name: bucket_of(rows["person_id"], buckets) for name, rows in tables.items()}
    with HistoryWriter(out, source="drawn", buckets=buckets, precision={"stay": "day"},
                       delays={"stay.coded_known": "none"}) as writer:  # fmt: skip
        for number in range(buckets):
            writer.write(
                number,
                {n: rows.filter(pa.compute.equal(where[n], number)) for n, rows in tables.items()},
            )
    return History.open(out)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    tables = drawn()
    history = write(tmp_path / "h", tables)
    read = [history.bucket(number) for number in range(history.buckets)]
    for name, rows in tables.items():
        assert pa.concat_tables([part[name] for part in read]).equals(rows)
    verify(history)


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    history = write(tmp_path / "h", drawn())
    manifest = json.loads((tmp_path / "h" / "manifest.json").read_text())
    assert manifest["tables"]["stay"]["rows"] == 120
    assert manifest["people"] == 40
    assert (manifest["first"], manifest["last"]) == ("2020-01-01", "2020-03-04")
    assert manifest["last_known"] == "2020-03-04T23:59:59.999999"
    assert history.manifest.last_known > datetime(2020, 3, 4)  # noqa: DTZ001
    assert manifest["contract"] == "1"


def test_only_the_tables_asked_for_are_read(tmp_path: Path) -> None:
    history = write(tmp_path / "h", drawn())
    assert list(history.bucket(0, ["stay", "person"])) == ["stay", "person"]


def test_one_person_is_found_among_many_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.tables.parquet.ROW_GROUP", 2)
    tables = drawn(60)
    history = pickle.loads(pickle.dumps(write(tmp_path / "h", tables, buckets=2)))
    assert pq.read_metadata(tmp_path / "h" / "stay" / "bucket=000.parquet").num_row_groups > 20
    for number in range(60):
        only = pa.compute.field("person_id") == f"p{number}"
        found = history.person(f"p{number}")
        assert all(found[name].equals(rows.filter(only)) for name, rows in tables.items())


def test_files_of_other_settings_are_read_alike(tmp_path: Path) -> None:
    tables = drawn(60)
    history = write(tmp_path / "h", tables, buckets=1)
    written = history.bucket(0)
    wanted = {name: rows.column_names for name, rows in tables.items()}
    coded = history.columns(0, wanted, coded=tuple(TABLES))
    for name in TABLES:
        path = tmp_path / "h" / name / "bucket=000.parquet"
        index = pq.read_metadata(path).metadata
        with pq.ParquetWriter(path, TABLES[name].schema, compression="zstd") as file:
            file.write_table(written[name], row_group_size=60)
            file.add_key_value_metadata(index)
    for name, rows in history.columns(0, wanted, coded=tuple(TABLES)).items():
        texts = {column: coded[name][column].to_pylist() for column in rows.column_names}
        assert rows.to_pydict() == texts
        assert rows.schema.equals(coded[name].schema)
    assert history.bucket(0) == written


def test_values_lie_as_they_are_soonest_read(tmp_path: Path) -> None:
    """Dictionaries where values repeat; only other texts are compressed."""
    write(tmp_path / "h", drawn(), buckets=1)
    group = pq.read_metadata(tmp_path / "h" / "stay" / "bucket=000.parquet").row_group(0)
    columns = {column.path_in_schema: column for column in map(group.column, range(16))}
    found = {
        name: (column.has_dictionary_page, column.compression) for name, column in columns.items()
    }
    assert found["setting"] == found["cost"] == (True, "UNCOMPRESSED")
    assert found["stay_id"] == (False, "LZ4")
    assert not columns["admitted_at"].is_stats_set


def test_a_person_who_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such person"):
        write(tmp_path / "h", drawn()).person("nobody")


def test_buckets_written_elsewhere_are_taken_over(tmp_path: Path) -> None:
    tables = drawn()
    with HistoryWriter(tmp_path / "h", source="x", buckets=1, precision={}, delays={}) as writer:
        writer.add(pickle.loads(pickle.dumps(write_bucket(writer.folder, 0, tables))))
    assert History.open(tmp_path / "h").digest == write(tmp_path / "other", tables).digest


def test_a_bucket_with_people_of_another_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="people of another"),
        HistoryWriter(tmp_path / "h", source="x", buckets=4, precision={}, delays={}) as writer,
    ):
        writer.write(0, drawn())


def test_tables_that_are_not_canonical_are_refused(tmp_path: Path) -> None:
    tables = drawn()
    person = tables["person"]
    for wrong in (
        person.rename_columns(["id", *person.column_names[1:]]),
        person.slice(0, 40).take(pa.array(range(39, -1, -1))),
        person.set_column(2, TABLES["person"].schema.field("sex"), pa.nulls(40, pa.string())),
    ):
        with pytest.raises(TypeError):
            write_bucket(tmp_path, 0, {"person": wrong})


def test_a_failure_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    before = write(tmp_path / "h", drawn())
    with (
        pytest.raises(TypeError),
        HistoryWriter(tmp_path / "h", source="x", buckets=1, precision={}, delays={}) as writer,
    ):
        writer.write(0, {"person": drawn(5)["stay"]})
    assert History.open(tmp_path / "h").digest == before.digest
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


def test_success_replaces_the_output_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    old = write(tmp_path / "h", drawn())
    write(tmp_path / "h", drawn(5))
    assert old.changed
    with pytest.raises(InputError, match="replaced by another"):
        old.bucket(0)
    assert History.open(tmp_path / "h").manifest.people == 5
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


@pytest.mark.parametrize("content", ["notes.txt", "manifest.json notes.txt", "FILE"])
def test_a_folder_that_is_no_history_is_never_replaced(tmp_path: Path, content: str) -> None:
    out = tmp_path / "h"
    if content == "FILE":
        out.write_text("mine")
    else:
        out.mkdir()
        for name in content.split():
            (out / name).write_text("mine")
    with pytest.raises(InputError, match="the output"):
        write(out, drawn(5))
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


def test_nobody_is_no_history(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="no person"),
        HistoryWriter(tmp_path / "h", source="x", buckets=2, precision={}, delays={}),
    ):
        pass
    assert not (tmp_path / "h").exists()


def test_a_folder_that_is_no_history_is_not_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError) as refused:
            History.open(path)
        assert "no History" in refused.value.what
        assert str(path) in refused.value.where
        assert "caseload ingest" in refused.value.cure


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"contract": "99"}, "follows contract 99"),
        ({"first": "then"}, "cannot be read"),
        ({"buckets": 8}, "cannot be read"),
        ({"tables": {}}, "cannot be read"),
        ({"surprise": 1}, "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object], what: str
) -> None:
    write(tmp_path / "h", drawn(3))
    path = tmp_path / "h" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(InputError, match=what):
        History.open(tmp_path / "h")


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        History.open(tmp_path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    write(tmp_path / "h", drawn())
    (tmp_path / "h" / "visit" / "bucket=002.parquet").unlink()
    with pytest.raises(InputError, match="visit, bucket 2 is missing"):
        History.open(tmp_path / "h")


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    history = write(tmp_path / "h", drawn())
    path = tmp_path / "h" / "stay" / "bucket=001.parquet"
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.slice(1), path)
    with pytest.raises(InputError, match="stay, bucket 1 has another number of rows"):
        history.bucket(1)
    pq.write_table(rows.drop_columns(["drg"]), path)
    with pytest.raises(InputError, match="stay, bucket 1 has other columns"):
        history.bucket(1)
    path.write_text("not parquet")
    with pytest.raises(InputError, match="stay, bucket 1 cannot be read"):
        history.bucket(1)


def test_a_changed_value_is_found_by_its_digest(tmp_path: Path) -> None:
    history = write(tmp_path / "h", drawn())
    path = tmp_path / "h" / "stay" / "bucket=001.parquet"
    rows = pq.ParquetFile(path).read()
    changed = pa.compute.add(rows["cost"], 1.0)
    cost = rows.schema.get_field_index("cost")
    pq.write_table(rows.set_column(cost, rows.schema.field("cost"), changed), path)
    with pytest.raises(InputError, match="the rows of stay are not those"):
        verify(history)


@pytest.mark.parametrize("buckets", [0, 3, 512])
def test_the_number_of_buckets_is_a_power_of_two(tmp_path: Path, buckets: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        HistoryWriter(tmp_path / "h", source="x", buckets=buckets, precision={}, delays={})
