"""Reading DE-SynPUF, beside DuckDB reading the same files and doing nothing with them.

Needs the third-party samples (CASELOAD_TEST_DATA); without them there is nothing to measure.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.timing import Bench
from features.readers.ingest import ingest


@contextmanager
def benches() -> Iterator[list[Bench]]:
    samples = os.environ.get("CASELOAD_TEST_DATA")
    if not samples:
        yield []
        return
    source = Path(samples) / "cms_desynpuf_10k" / "sample_01"
    files = sorted(source.glob("*.csv*"))
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as db:
        db.execute("set threads to 2")

        def peer() -> int:
            return sum(
                db.read_csv(str(file), all_varchar=True).to_arrow_table().num_rows
                for file in files
            )  # fmt: skip

        def ours() -> object:
            return ingest("synpuf", source, Path(scratch) / "history", on_error="reject")

        name = "ingest, SynPUF, 10,000 people"
        yield [Bench(name, "DuckDB reading the files", ours, peer, peer(), "rows", 3, memory=True)]
