"""Laws of the native format: what a History says survives being written out and read back."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.readers.ingest import ingest
from features.tables.contract import Tables
from features.tables.digest import history_digest, slice_digests, table_digest
from features.tables.history import History, verify
from features.tables.order import slices
from tests.histories import histories

pytestmark = pytest.mark.property


def digest_of(tables: Tables) -> str:
    return history_digest(
        {
            name: table_digest([slice_digests(rows, slices(rows["person_id"]))])
            for name, rows in tables.items()
        }
    )


def as_csv(rows: pa.Table, path: Path, number: int) -> None:
    """Every other file gzipped."""
    text = io.BytesIO()
    pv.write_csv(rows, text)
    if number % 2:
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(text.getvalue()))
    else:
        path.with_suffix(".csv").write_bytes(text.getvalue())


def as_parquet(rows: pa.Table, path: Path, _number: int) -> None:
    pq.write_table(rows, path.with_suffix(".parquet"))


WRITERS: Mapping[str, Callable[[pa.Table, Path, int], None]] = {
    "csv": as_csv,
    "parquet": as_parquet,
}


def export(tables: Tables, folder: Path, form: str, files: int, seed: int) -> None:
    """The tables that have rows, each shuffled and spread over so many files."""
    random = np.random.default_rng(seed)
    for name, rows in tables.items():
        mixed = rows.take(pa.array(random.permutation(len(rows))))
        for number in range(min(files, len(rows))):
            path = folder / name / f"part-{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            WRITERS[form](mixed.take(pa.array(range(number, len(rows), files))), path, number)


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=4)
@given(
    tables=histories(),
    files=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
    buckets=st.sampled_from([1, 4, 16]),
)
def test_a_history_survives_export_and_ingest(
    form: str, tables: Tables, files: int, seed: int, buckets: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(tables, folder / "in", form, files, seed)
        report = ingest("native", folder / "in", folder / "h", buckets=buckets)
        history = History.open(folder / "h")
        verify(history)
        assert history.digest == digest_of(tables)
        assert report.people == len(tables["person"])
        for table, count in report.tables.items():
            assert (count.read, count.kept) == (len(tables[table]), len(tables[table]))


@settings(max_examples=2)
@given(tables=histories(), seed=st.integers(0, 2**32 - 1))
def test_a_history_is_a_source_of_itself(tables: Tables, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(tables, folder / "in", "parquet", 1, seed)
        ingest("native", folder / "in", folder / "1", buckets=4)
        ingest("native", folder / "1", folder / "2", buckets=2)
        first, second = (History.open(folder / out) for out in ("1", "2"))
        assert second.digest == first.digest
        assert second.manifest.last_known == first.manifest.last_known
        assert (second.manifest.first, second.manifest.last) == (
            first.manifest.first, first.manifest.last,
        )  # fmt: skip
