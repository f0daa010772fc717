"""Which days of a person are observed: days covered for the use a question looks at.

Outside coverage use is unknown, never zero. Overlapping periods count once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from features.windows import NO_DAY

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

ADMISSIONS = ("all", "medical", "ambulatory", "hospital", "inpatient")
"""Kinds of coverage that see admissions to hospital."""

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


def observed_days(coverage: pa.Table, person: pa.ChunkedArray, first: Int32, last: Int32) -> Int32:
    """Days of [first, last) covered for admissions, per row; first, last in days since 1970.

    coverage  the canonical table; person  person of each row
    """
    kept = coverage.filter(pc.is_in(coverage.column("kind"), pa.array(ADMISSIONS)))
    held = pc.unique(kept.column("person_id"))
    owner, asked = (
        np.asarray(pc.fill_null(pc.index_in(ids, value_set=held), -1).to_numpy(), dtype=np.int64)
        for ids in (kept.column("person_id"), person)
    )
    start, end = days(kept.column("from_at")), days(kept.column("to_at"))
    return covered_days(owner, start, end, asked, first, last)


def covered_days(
    owner: Int64, start: Int32, end: Int32, asked: Int64, first: Int32, last: Int32
) -> Int32:
    """The same with people as numbers, of periods [start, end) of `owner` and rows of `asked`.

    A negative number is nobody, who has no periods.
    """
    order = np.lexsort((start, owner))
    most = max(owner.max(initial=-1), asked.max(initial=-1))
    edges = np.searchsorted(owner[order], np.arange(-1, most + 2))  # of each person, from nobody on
    begins, ends = edges[asked + 1], edges[asked + 2]
    bounds = (np.array(day, np.int32) for day in (first, last))  # writable, as compiled for
    covered: Int32 = _covered(begins, ends, start[order], end[order], *bounds)
    return covered


@_compiled
def _covered(
    begins: Int64, ends: Int64, start: Int32, end: Int32, first: Int32, last: Int32
) -> Int32:
    total = np.zeros(len(first), np.int32)
    for i in range(len(first)):
        upto = first[i]
        for k in range(begins[i], ends[i]):
            low, high = max(start[k], upto), min(end[k], last[i])
            if high > low:
                total[i] += high - low
                upto = high
    return total


def days(times: pa.ChunkedArray) -> Int32:
    """Calendar day of each date or time (days since 1970); NO_DAY where null."""
    day = times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False).cast(pa.int32())
    return np.asarray(pc.fill_null(day, NO_DAY).to_numpy(), dtype=np.int32)
