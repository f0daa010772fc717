"""The kernel inside Spark's Arrow functions, over the same buckets: when one machine is not enough.

A task is handed numbers of buckets, reads these from the History itself and runs the code that the
local carrier runs for a bucket. Nothing of a person goes through the driver. It refuses executors
on which Caseload, the crosswalks or the History are not those of the driver.

The History and, for a file, the folder of the file lie on storage that all machines see by one
path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from features.carriers.build import Build
from features.carriers.local import part_of
from features.carriers.note import code_digest
from features.carriers.part import Asked, Part
from features.carriers.parts import readable, table_of, write_part
from features.carriers.spark_session import without_pandas
from features.cohort import MOMENTS
from features.errors import InputError
from features.labels import labels
from features.stored import columns_of
from features.tables.history import History
from features.tables.memory import empty
from features.tables.schema import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterator[pa.RecordBatch]
Progress = Callable[[str, float | None], None]

BATCH = 4_096
"""Rows of a batch that is handed to Spark."""
TOLD = "bucket long, fault string"
"""What a task says of a bucket: that its part is written, or why it is not (an InputError)."""

CURES: Mapping[str, str] = MappingProxyType(
    {
        "Caseload": "install the same version everywhere (docs/how-to/spark.md)",
        "History": "keep one on storage that all machines see by the same path",
        "setting CASELOAD_CROSSWALKS": "set spark.executorEnv.CASELOAD_CROSSWALKS as it is here",
    }
)
"""What must be the same for driver and executors, and what to do where it is not."""


@dataclass(frozen=True)
class Task:
    """What an executor needs to make parts, and what must be the same on its side.

    code     digest of the code and clinical data that features are made by
    schema   hash of the matrix schema, which the crosswalks that are set enter
    history  digest of the History at `path`
    """

    path: Path
    asked: Asked
    code: str
    schema: str
    history: str

    @classmethod
    def of(cls, history: History, asked: Asked) -> Task:
        path = history.path.absolute()
        return cls(path, asked, code_digest(), asked.schema.hash, history.digest)

    def part(self, bucket: int) -> Part:
        """Raises InputError where this machine would make another part than the driver's would."""
        history = _opened(self.path)
        if history.changed:
            _opened.cache_clear()
            history = _opened(self.path)
        self._refuse_other(history)
        return part_of(history, self.asked, bucket)

    def _refuse_other(self, history: History) -> None:
        same = {
            "Caseload": code_digest() == self.code,
            "History": history.digest == self.history,
            "setting CASELOAD_CROSSWALKS": self.asked.schema.hash == self.schema,
        }
        for what in (what for what, held in same.items() if not held):
            raise InputError(
                f"the {what} of a Spark executor is not that of the driver",
                where="carrier spark",
                cure=CURES[what],
            )


def frame(
    spark: SparkSession, history: History, asked: Asked, *, partitions: int | None = None
) -> DataFrame:
    """The matrix as a Spark DataFrame, for those who go on in Spark. Parts are made when asked for.

    asked       about this History (`Asked.about`)
    partitions  how many tasks; None: one for each bucket
    Columns are those of the file of `caseload matrix`: index moments, labels where they are asked
    for, features; null where the matrix has NaN, categories as text, times without a zone. Rows
    come in the order of the buckets. A task holds one bucket in memory. An InputError of an
    executor comes as Spark's own error, with its words.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(_plain(_no_rows(history, asked)).schema)
    rows = partial(_rows, Task.of(history, asked))
    return _mapped(_numbers(spark, range(history.buckets), partitions), rows, schema)


def fill(
    spark: SparkSession,
    history: History,
    asked: Asked,
    build: Build,
    progress: Progress | None = None,
    *,
    partitions: int | None = None,
) -> None:
    """Has the executors write the parts that a build still lacks into its folder.

    partitions  how many tasks; None: one for each part
    Raises InputError where an executor refuses, or writes what this machine does not see.
    """
    if not build.missing:
        return
    if progress:
        progress(f"features: {len(build.missing)} parts in Spark", None)
    write = partial(_written, Task.of(history, asked), build.folder, build.of)
    told = _mapped(_numbers(spark, build.missing, partitions), write, TOLD).collect()
    for fault in (row.fault for row in told if row.fault):
        raise InputError(**json.loads(fault))
    if not all(readable(build.folder, bucket, build.of) for bucket in build.missing):
        raise InputError(
            "the executors wrote their parts where this machine does not see them",
            where=str(build.folder),
            cure="give a file on storage that all machines see by the same path",
        )


def _numbers(spark: SparkSession, buckets: Sequence[int], partitions: int | None) -> DataFrame:
    """The numbers of the buckets, in their order, spread over the tasks."""
    count = max(min(partitions or len(buckets), len(buckets)), 1)
    places = spark.range(0, len(buckets), 1, count)
    return _mapped(places, partial(_named, tuple(buckets)), "bucket long")


def _mapped(numbers: DataFrame, work: Callable[[Batches], Batches], schema: Any) -> DataFrame:
    with without_pandas():
        return numbers.mapInArrow(work, schema)


def _named(buckets: tuple[int, ...], places: Batches) -> Batches:
    for batch in places:
        numbers = np.asarray(buckets)[batch.column(0).to_numpy()]
        yield pa.RecordBatch.from_arrays([pa.array(numbers, pa.int64())], ["bucket"])


def _rows(task: Task, buckets: Batches) -> Batches:
    for bucket in _each(buckets):
        rows = table_of(task.part(bucket), task.asked.schema)
        yield from _plain(rows).to_batches(max_chunksize=BATCH)


def _written(task: Task, folder: Path, of: str, buckets: Batches) -> Batches:
    for bucket in _each(buckets):
        fault = _write(task, folder, of, bucket)
        told = [pa.array([bucket], pa.int64()), pa.array([fault], pa.string())]
        yield pa.RecordBatch.from_arrays(told, ["bucket", "fault"])


def _write(task: Task, folder: Path, of: str, bucket: int) -> str | None:
    """Writes one part; an InputError is told and not raised, so that Spark does not try again."""
    try:
        write_part(folder, bucket, task.part(bucket), task.asked.schema, of)
    except InputError as fault:
        return json.dumps({"what": fault.what, "where": fault.where, "cure": fault.cure})
    return None


def _each(buckets: Batches) -> Iterator[int]:
    for batch in buckets:
        yield from batch.column(0).to_pylist()


@cache
def _opened(path: Path) -> History:
    """The History, opened once in a process of an executor."""
    return History.open(path)


def _plain(rows: pa.Table) -> pa.Table:
    """The rows without dictionaries, which Spark does not take."""
    columns = [
        c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def _no_rows(history: History, asked: Asked) -> pa.Table:
    """The table of a part with nobody in it."""
    nobody, moments = {name: empty(name) for name in TABLES}, MOMENTS.empty_table()
    found = pa.table({})
    if asked.with_labels:
        last_known = history.manifest.last_known
        found = labels(nobody, moments, asked.definition, last_known=last_known)
    columns = columns_of(np.empty((0, len(asked.schema.columns))), asked.schema)
    return table_of(Part(columns, moments, found, {}), asked.schema)
