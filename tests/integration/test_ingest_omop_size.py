"""Reading a large OMOP source: memory is that of a batch and a bucket, not of the source."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest

from benchmarks.memory import peak
from benchmarks.omop_source import write
from features.readers.ingest import ingest

pytestmark = [pytest.mark.integration, pytest.mark.sized]

BOUND = 3_500
"""MiB over the whole process tree; the requirement is 4 GB."""


def _read(folder: str, rows: int) -> tuple[int, float]:
    """Rows told and peak MiB of one reading; run in a process of its own."""
    source = Path(folder) / str(rows)
    written = write(source, rows)
    told = []
    _, resident = peak(lambda: told.append(ingest("omop", source, Path(folder) / f"h{rows}")))
    read = sum(count.read for count in told[0].tables.values())
    assert read == written, told[0].to_json()
    return read, resident


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, full: bool) -> None:
    """2 and 6 million rows with CASELOAD_FULL=1, else 0.3 and 0.9: three times the rows."""
    sizes = (2_000_000, 6_000_000) if full else (300_000, 900_000)
    context = get_context("spawn")
    peaks = []
    for rows in sizes:
        with context.Pool(1) as pool:
            read, resident = pool.apply(_read, (str(tmp_path), rows))
        assert read > 0.95 * rows
        peaks.append(resident)
    assert peaks[1] < 1.5 * peaks[0] + 100, peaks
    assert peaks[1] < BOUND
