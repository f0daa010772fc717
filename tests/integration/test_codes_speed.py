"""Grouping the diagnoses of a population: every row right, in seconds."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.codes import diagnoses
from features.codes import code_set
from features.codes.rows import grouped
from features.codes.systems import normal_pairs

pytestmark = pytest.mark.integration

SECONDS = 15
"""Processor time, whatever else the machine does."""


@pytest.mark.sized
def test_ten_million_diagnoses_are_grouped_in_seconds(full: bool) -> None:
    """10 million rows with CASELOAD_FULL=1, one million without."""
    rows = diagnoses(10_000_000 if full else 1_000_000, codes=5_000)
    systems, codes = (rows[name].combine_chunks() for name in rows.column_names)
    began = time.process_time()
    written = normal_pairs(systems, codes)
    found = {name: grouped(code_set(name), systems, written) for name in ("charlson", "elixhauser")}
    taken = time.process_time() - began
    assert taken < (SECONDS if full else SECONDS / 3)
    place = np.random.default_rng(1).integers(0, len(rows), 1_000)
    some = codes.take(pa.array(place)).to_pylist()
    for name, each in found.items():
        assert each.readable.all()
        assert each.bits[place].tolist() == code_set(name).bits("ICD-10-CM", some).tolist()
        assert (each.bits > 0).any()
