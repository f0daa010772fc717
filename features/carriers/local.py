"""The kernel over a whole History on this machine: bucket by bucket, two at a time, in order.

Only the buckets in work are in memory. Which bucket is done first changes nothing: parts come out
in the order of the buckets, which is the canonical order of people.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.cohort import index_moments
from features.definition import Definition
from features.kernel import Program, run
from features.labels import labels
from features.tables.history import History

Window = tuple[datetime, datetime] | None
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Part:
    """One bucket's share of a matrix.

    X         (moments, columns) float64, NaN is null
    moments   index moments, aligned with X
    labels    aligned with X; no columns where labels were not asked for
    excluded  how many possible moments were left out, by reason
    """

    X: npt.NDArray[np.float64]
    moments: pa.Table
    labels: pa.Table
    excluded: Mapping[str, int]


def stream(
    history: History,
    definition: Definition,
    program: Program,
    *,
    mode: str,
    with_labels: bool,
    window: Window = None,
    progress: Progress | None = None,
) -> Iterator[Part]:
    """The parts of all buckets, in their order."""
    span = history.manifest.first, history.manifest.last

    def part(bucket: int) -> Part:
        tables = history.bucket(bucket)
        cohort = index_moments(tables, definition, window=window, span=span)
        found = pa.table({})
        if with_labels:
            last_known = history.manifest.last_known
            found = labels(tables, cohort.moments, definition, last_known=last_known)
        return Part(
            run(program, tables, cohort.moments, mode=mode), cohort.moments, found, cohort.excluded
        )

    for done, finished in enumerate(_in_order(part, history.buckets), start=1):
        if progress:
            progress("features", done / history.buckets)
        yield finished


def _in_order(work: Callable[[int], Part], buckets: int) -> Iterator[Part]:
    """Results in order, no more than one bucket per core in the making."""
    workers = min(os.cpu_count() or 1, buckets, 8)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Part]] = deque()
        for bucket in range(buckets):
            waiting.append(pool.submit(work, bucket))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
