"""The kernel over a whole History on this machine: bucket by bucket, one per core, in order.

Only the buckets in work are in memory. Which bucket is done first changes nothing: parts come out
in the order of the buckets, which is the canonical order of people.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa

from features.carriers.build import Build
from features.carriers.part import Asked, Part
from features.carriers.parts import write_part
from features.catalogue.rules import POINTS
from features.cohort import index_moments
from features.kernel import Program, compile_catalogue, needs, run_columns
from features.labels import labels
from features.stored import views
from features.tables.contract import Tables
from features.tables.history import History

Progress = Callable[[str, float | None], None]
Made = TypeVar("Made")


def part_of(history: History, asked: Asked, bucket: int) -> Part:
    """One bucket's share of the matrix that is asked for; `asked` is about this History."""
    program = compile_catalogue(asked.catalogue)
    tables = _tables(history, asked, bucket, program)
    span = history.manifest.first, history.manifest.last
    cohort = index_moments(tables, asked.definition, window=asked.window, span=span)
    found = pa.table({})
    if asked.with_labels:
        last_known = history.manifest.last_known
        found = labels(tables, cohort.moments, asked.definition, last_known=last_known)
    schema = asked.schema
    blocks = run_columns(program, tables, cohort.moments, schema.narrow, mode=asked.mode)
    return Part(views(schema, *blocks), cohort.moments, found, cohort.excluded)


def _tables(history: History, asked: Asked, bucket: int, program: Program) -> Tables:
    """What of a bucket is read: an outcome may ask for any column, features for their own."""
    if asked.with_labels:
        return history.bucket(bucket)
    return history.columns(bucket, needs(program), coded=POINTS)


def stream(history: History, asked: Asked, progress: Progress | None = None) -> Iterator[Part]:
    """The parts of all buckets, in their order."""
    compile_catalogue(asked.catalogue)  # once, before the threads ask for it

    def part(bucket: int) -> Part:
        return part_of(history, asked, bucket)

    yield from _told(_in_order(part, range(history.buckets)), 0, history.buckets, progress)


def fill(history: History, asked: Asked, build: Build, progress: Progress | None = None) -> None:
    """Writes the parts that a build still lacks; each is on the disk before the next is begun."""
    compile_catalogue(asked.catalogue)

    def write(bucket: int) -> None:
        part = part_of(history, asked, bucket)
        write_part(build.folder, bucket, part, asked.schema, build.of)

    for _ in _told(_in_order(write, build.missing), build.resumed, history.buckets, progress):
        pass


def _told(
    made: Iterator[Made], before: int, buckets: int, progress: Progress | None
) -> Iterator[Made]:
    for done, one in enumerate(made, start=before + 1):
        if progress:
            progress("features", done / buckets)
        yield one


def _in_order(work: Callable[[int], Made], buckets: Sequence[int]) -> Iterator[Made]:
    """Results in order, no more than one bucket per core in the making."""
    workers = max(min(_cores(), len(buckets), 8), 1)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for bucket in buckets:
                waiting.append(pool.submit(work, bucket))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _cores() -> int:
    """Cores this process may use: of a container or a job, fewer than the machine has."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux alone can say
    return len(allowed(0)) if allowed else os.cpu_count() or 1
