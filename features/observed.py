"""Which days of a person are observed: days covered for the use a question looks at.

Outside coverage use is unknown, never zero. Overlapping periods count once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.buffers import whole
from features.tables.owners import owners
from features.tables.times import days
from features.windows import Int32, Int64, kept

__all__ = [
    "ADMISSIONS",
    "Periods",
    "covered_days",
    "days",
    "observed",
    "observed_days",
    "periods_of",
]

Mask = npt.NDArray[np.bool_]

ADMISSIONS = ("all", "medical", "ambulatory", "hospital", "inpatient")
"""Kinds of coverage that see admissions to hospital."""
_ADMISSIONS = pa.array(ADMISSIONS)


class Periods(NamedTuple):
    """Periods covered for admissions, of people as numbers from 0 on.

    edges  the periods of person p are the rows [edges[p], edges[p + 1]), by their start
    start, end  days [start, end) since 1970
    """

    edges: Int64
    start: Int32
    end: Int32


def periods_of(coverage: pa.Table, people: pa.Array) -> Periods:
    """The periods of these people, numbered as they stand; coverage: the canonical table."""
    kind = pc.is_in(whole(coverage.column("kind")), value_set=_ADMISSIONS)
    seen = np.array(kind.to_numpy(zero_copy_only=False), np.bool_)
    owner = owners(whole(coverage.column("person_id")), people)
    start, end = days(coverage.column("from_at")), days(coverage.column("to_at"))
    return _laid(owner, seen, start, end, len(people))


def observed(periods: Periods, who: Int64, first: Int32, last: Int32) -> Int32:
    """Days of [first, last) that each of `who` was covered; a negative number is nobody."""
    bounds = (np.array(day, np.int32) for day in (first, last))  # writable, as compiled for
    covered: Int32 = _covered(*periods, who, *bounds)
    return covered


def observed_days(coverage: pa.Table, person: pa.ChunkedArray, first: Int32, last: Int32) -> Int32:
    """Days of [first, last) covered for admissions, per row; first, last in days since 1970.

    coverage  the canonical table; person  person of each row
    """
    held = whole(pc.unique(coverage.column("person_id")))
    return observed(periods_of(coverage, held), owners(whole(person), held), first, last)


def covered_days(
    owner: Int64, start: Int32, end: Int32, asked: Int64, first: Int32, last: Int32
) -> Int32:
    """The same with people as numbers, of periods [start, end) of `owner` and rows of `asked`.

    A negative number is nobody, who has no periods.
    """
    most = max(int(owner.max(initial=-1)), int(asked.max(initial=-1))) + 1
    kept_all = np.ones(len(owner), np.bool_)
    starts, ends = (np.array(day, np.int32) for day in (start, end))
    periods = _laid(np.array(owner, np.int64), kept_all, starts, ends, most)
    return observed(periods, np.array(asked, np.int64), first, last)


@kept
def _laid(owner: Int64, seen: Mask, start: Int32, end: Int32, people: int) -> Periods:
    """The periods that are `seen` person by person, each person's by their start."""
    edges = np.zeros(people + 1, np.int64)
    for row in range(len(owner)):
        if seen[row] and owner[row] >= 0:
            edges[owner[row] + 1] += 1
    for p in range(people):
        edges[p + 1] += edges[p]
    free = edges[:-1].copy()
    begins, ends = np.empty(edges[-1], np.int32), np.empty(edges[-1], np.int32)
    for row in range(len(owner)):
        p = owner[row]
        if not seen[row] or p < 0:
            continue
        at = free[p]
        while at > edges[p] and begins[at - 1] > start[row]:
            begins[at], ends[at] = begins[at - 1], ends[at - 1]
            at -= 1
        begins[at], ends[at] = start[row], end[row]
        free[p] += 1
    return Periods(edges, begins, ends)


@kept
def _covered(
    edges: Int64, start: Int32, end: Int32, who: Int64, first: Int32, last: Int32
) -> Int32:
    total = np.zeros(len(who), np.int32)
    for i in range(len(who)):
        if who[i] < 0:
            continue
        upto = first[i]
        for k in range(edges[who[i]], edges[who[i] + 1]):
            low, high = max(start[k], upto), min(end[k], last[i])
            if high > low:
                total[i] += high - low
                upto = high
    return total
