"""A large OMOP source of made-up rows, and reading it beside DuckDB reading the same files.

`write(folder, rows)` writes Parquet files column by column, a chunk at a time; 60 rows a person,
use skewed over people as it is in claims (few have much, many little), rows in no order. Run as
`python -m benchmarks.omop_source ROWS` it measures one reading of that size in a process of its
own, peak memory over the whole process tree, and removes the files. It says nothing of people: the
values are drawn alike for everybody.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.memory import peak
from benchmarks.timing import Bench
from features.readers.ingest import ingest

Integers = npt.NDArray[np.int64]
Columns = dict[str, object]

ROWS_A_PERSON = 60
SHARES: Mapping[str, float] = {
    "visit_occurrence": 0.20,
    "condition_occurrence": 0.22,
    "procedure_occurrence": 0.13,
    "drug_exposure": 0.17,
    "measurement": 0.24,
}
"""Share of each table in all rows; the rest are persons and observation periods."""

CHUNK = 1_000_000
START, DAYS = np.datetime64("2015-01-01"), 8 * 365
VOCABULARIES: Mapping[str, tuple[int, str, int]] = {
    "condition": (1_000_000, "ICD10CM", 12_000),
    "procedure": (2_000_000, "CPT4", 6_000),
    "drug": (3_000_000, "RxNorm", 8_000),
    "measurement": (4_000_000, "LOINC", 4_000),
}
"""First concept id, vocabulary and number of its concepts, by table."""


def write(folder: Path, rows: int, seed: int = 1) -> int:
    """Write `rows` rows of an OMOP source below `folder`; returns how many there are in all."""
    draw = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    people = max(1, rows // ROWS_A_PERSON)
    share = draw.gamma(0.8, size=people)
    edges = np.cumsum(share / share.sum())
    number = int(rows * SHARES["visit_occurrence"])
    whose = np.minimum(np.searchsorted(edges, draw.random(number)), people - 1).astype(np.int32)
    when = draw.integers(0, DAYS, number, dtype=np.int32)
    written = _write(folder, "person", people, lambda at: _person(draw, at))
    written += _write(folder, "observation_period", people, _observed)
    written += _write(folder, "visit_occurrence", number, lambda at: _visit(draw, at, whose, when))
    for prefix, (first, _, kinds) in VOCABULARIES.items():
        name = next(table for table in SHARES if table.startswith(prefix))

        def fact(
            at: Integers, prefix: str = prefix, first: int = first, kinds: int = kinds
        ) -> Columns:
            visit = draw.integers(0, number, len(at))
            codes = first + np.minimum(draw.zipf(1.3, len(at)) - 1, kinds - 1)
            return FACTS[prefix](draw, at, visit, whose[visit], when[visit], codes)

        written += _write(folder, name, int(rows * SHARES[name]), fact)
    _concepts(folder)
    return written


def _write(folder: Path, name: str, rows: int, columns: Callable[[Integers], Columns]) -> int:
    writer = None
    for start in range(0, rows, CHUNK):
        made = pa.table(columns(np.arange(start, min(rows, start + CHUNK))))
        writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", made.schema)
        writer.write_table(made)
    if writer is not None:
        writer.close()
    return rows


def _days(days: npt.NDArray[np.int32] | Integers) -> pa.Array:
    return pa.array(START + np.asarray(days).astype("timedelta64[D]"), pa.date32())


def _person(draw: np.random.Generator, at: Integers) -> Columns:
    return {
        "person_id": at,
        "gender_concept_id": draw.choice([8507, 8532], len(at)),
        "year_of_birth": draw.integers(1925, 2005, len(at)),
        "month_of_birth": draw.integers(1, 13, len(at)),
        "day_of_birth": draw.integers(1, 29, len(at)),
        "race_concept_id": draw.choice([8527, 8516, 8515, 0], len(at)),
        "ethnicity_concept_id": draw.choice([38003564, 38003563], len(at)),
    }


def _observed(at: Integers) -> Columns:
    return {
        "observation_period_id": at,
        "person_id": at,
        "observation_period_start_date": _days(np.zeros(len(at), np.int64)),
        "observation_period_end_date": _days(np.full(len(at), DAYS + 30)),
    }


def _visit(
    draw: np.random.Generator,
    at: Integers,
    whose: npt.NDArray[np.int32],
    when: npt.NDArray[np.int32],
) -> Columns:
    kind = draw.choice([9202, 9203, 9201, 262, 42898160], len(at), p=[0.86, 0.06, 0.05, 0.02, 0.01])
    nights = np.where(kind == 9202, 0, draw.geometric(0.25, len(at)) - (kind == 9203))
    return {
        "visit_occurrence_id": at,
        "person_id": whose[at],
        "visit_concept_id": kind,
        "visit_start_date": _days(when[at]),
        "visit_end_date": _days(when[at] + nights),
        "care_site_id": draw.integers(1, 400, len(at)),
        "provider_id": draw.integers(1, 9_000, len(at)),
    }


def _fact(
    prefix: str, day: str, at: Integers, visit: Integers, person: Integers, when: Integers,
    codes: Integers,
) -> Columns:  # fmt: skip
    return {
        "person_id": person,
        "visit_occurrence_id": visit,
        f"{prefix}_concept_id": codes,
        f"{prefix}_source_concept_id": codes,
        f"{prefix}_source_value": pa.array(codes).cast(pa.string()),
        day: _days(when),
    }


def _condition(_: np.random.Generator, at: Integers, *rest: Integers) -> Columns:
    return _fact("condition", "condition_start_date", at, *rest)


def _procedure(_: np.random.Generator, at: Integers, *rest: Integers) -> Columns:
    return _fact("procedure", "procedure_date", at, *rest)


def _drug(draw: np.random.Generator, at: Integers, *rest: Integers) -> Columns:
    supply = draw.choice([7, 14, 28, 30, 90], len(at))
    own = {"drug_exposure_id": at, "days_supply": supply}
    return _fact("drug", "drug_exposure_start_date", at, *rest) | own


def _measurement(draw: np.random.Generator, at: Integers, *rest: Integers) -> Columns:
    own: Columns = {
        "value_as_number": np.round(draw.gamma(4, 10, len(at)), 1),
        "unit_concept_id": draw.choice([8840, 8582, 0], len(at)),
    }
    return _fact("measurement", "measurement_date", at, *rest) | own


FACTS: Mapping[str, Callable[..., Columns]] = {
    "condition": _condition,
    "procedure": _procedure,
    "drug": _drug,
    "measurement": _measurement,
}


def _concepts(folder: Path) -> None:
    ids = [np.arange(first, first + kinds) for first, _, kinds in VOCABULARIES.values()]
    names = [np.full(kinds, v, object) for _, v, kinds in VOCABULARIES.values()]
    concept = np.concatenate([*ids, [8840, 8582]])
    vocabulary = np.concatenate([*names, np.array(["UCUM", "UCUM"], object)])
    codes = np.concatenate([concept[:-2].astype(str).astype(object), ["mg/dL", "cm"]])
    table = {
        "concept_id": concept,
        "concept_name": codes,
        "vocabulary_id": vocabulary,
        "concept_code": codes,
        "concept_class_id": vocabulary,
    }
    pq.write_table(pa.table(table), folder / "concept.parquet")


def direct(folder: Path) -> int:
    """Every row of every file through DuckDB into Arrow, and nothing done with it."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as db:
        reads = (
            db.read_parquet(str(file)).to_arrow_reader(200_000)
            for file in sorted(folder.glob("*.parquet"))
        )
        return sum(batch.num_rows for read in reads for batch in read)


@contextmanager
def benches() -> Iterator[list[Bench]]:
    """Two million rows beside DuckDB reading them; sixty million, once, under CASELOAD_FULL=1."""
    full = os.environ.get("CASELOAD_FULL") == "1"
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "omop"
        rows = write(source, 60_000_000 if full else 2_000_000)

        def ours() -> object:
            return ingest("omop", source, Path(scratch) / "history")

        name = f"ingest, OMOP, {rows:,} rows"
        peer = "DuckDB reading the files"
        runs = 1 if full else 3
        yield [Bench(name, peer, ours, lambda: direct(source), rows, "rows", runs, memory=True)]


def measured(rows: int, folder: Path) -> dict[str, object]:
    """One reading of `rows` rows below `folder` and one by DuckDB, each in a process of its own."""
    context = get_context("spawn")
    with context.Pool(1, maxtasksperchild=1) as pool:
        written = pool.apply(write, (folder / "omop", rows))
        seconds, busy, resident = pool.apply(_timed, (str(folder), "ours"))
        direct_seconds, direct_busy, direct_resident = pool.apply(_timed, (str(folder), "direct"))
    return {
        "rows": written,
        "seconds": round(seconds, 1),
        "rows_per_second": round(written / seconds),
        "processor_seconds": round(busy, 1),
        "peak_mib": round(resident),
        "direct_seconds": round(direct_seconds, 1),
        "direct_processor_seconds": round(direct_busy, 1),
        "direct_peak_mib": round(direct_resident),
        "ratio": round(seconds / direct_seconds, 1),
    }


def _timed(folder: str, which: str) -> tuple[float, float, float]:
    """Seconds, seconds of processor, and peak MiB of this process and its own.

    A machine that others use too takes longer by the clock, but not much longer by the processor.
    """
    source, out = Path(folder) / "omop", Path(folder) / "history"
    work = (lambda: ingest("omop", source, out)) if which == "ours" else (lambda: direct(source))
    start, busy = time.perf_counter(), time.process_time()
    _, resident = peak(work)
    return time.perf_counter() - start, time.process_time() - busy, resident


def main(arguments: list[str]) -> int:
    rows = int(arguments[0]) if arguments else 2_000_000
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measured(rows, Path(scratch))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
