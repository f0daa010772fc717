"""Reading FHIR NDJSON, beside DuckDB reading the same files and doing nothing with them.

The resources are a synthetic population written by the exporter of the tests; coverage, drugs and
laboratory values make most of them, as in a real export.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.timing import Bench
from features.readers.ingest import ingest
from features.synthetic import generate
from features.tables.history import History
from tests.exporters.carried import everybody
from tests.exporters.fhir import export

PEOPLE = 1_750


@contextmanager
def benches() -> Iterator[list[Bench]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generate(folder / "made", people=PEOPLE, seed=5, years=6)
        source = export(everybody(History.open(folder / "made")), folder / "fhir")
        files = sorted(source.glob("*.ndjson"))
        number = sum(path.read_bytes().count(b"\n") for path in files)
        with duckdb.connect() as db:
            db.execute("set threads to 2")

            def peer() -> int:
                return sum(
                    db.read_json(str(path), format="newline_delimited").to_arrow_table().num_rows
                    for path in files
                )

            def ours() -> object:
                return ingest("fhir", source, folder / "history")

            yield [
                Bench(
                    f"ingest, FHIR, {number // 1000:,} thousand", "DuckDB reading the files",
                    ours, peer, number, "resources", 3, memory=True,
                )
            ]  # fmt: skip
