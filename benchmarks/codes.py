"""Charlson groups of ten million diagnoses, beside DuckDB joining them to a ready list of codes.

DuckDB is given the answer of every code and only has to find each row's; ours begins with the
published prefixes, and also says which codes could be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.timing import Bench
from features.codes import code_set
from features.codes.ahrq import edition
from features.codes.rows import grouped

ROWS = 10_000_000
CODES = 5_000
SYSTEM = "ICD-10-CM"


def diagnoses(rows: int, codes: int) -> pa.Table:
    """Coded rows of one system, codes drawn from the edition, the frequent ones often."""
    rng = np.random.default_rng(3)
    listed = edition(SYSTEM)
    chosen = listed.take(pa.array(rng.choice(len(listed), codes, replace=False)))
    rank = np.minimum(rng.zipf(1.3, rows) - 1, codes - 1)
    return pa.table(
        {
            "code_system": pa.array([SYSTEM]).take(pa.array(np.zeros(rows, np.int8))),
            "code": chosen.take(pa.array(rank)),
        }
    )


@contextmanager
def benches() -> Iterator[list[Bench]]:
    rows = diagnoses(ROWS, CODES)
    systems, codes = (rows[name].combine_chunks() for name in rows.column_names)
    held = code_set("charlson")
    known = pa.compute.unique(codes)
    bits = held.bits(SYSTEM, known.to_pylist())
    answers = pa.table({"code": known, "bits": pa.array(bits, pa.uint64())})
    connection = duckdb.connect()
    connection.execute("SET threads = 2")

    def ours() -> object:
        return grouped(held, systems, codes)

    def peer() -> object:
        connection.register("rows", rows)
        connection.register("answers", answers)
        joined = "SELECT bits FROM rows LEFT JOIN answers USING (code)"
        return connection.sql(joined).to_arrow_table()

    yield [Bench("Charlson groups", "DuckDB, join to codes", ours, peer, ROWS, "rows", runs=3)]
    connection.close()
