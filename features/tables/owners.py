"""Rows found by their texts where both sides stand in canonical order: one pass over both.

Wherever a text is not met on the way, because it is missing or stands in another order, the answer
comes from `find.py` or Arrow, which look everywhere. So order decides how long it takes and nothing
else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.buffers import text_parts, valid
from features.tables.find import NOWHERE, find_rows
from features.windows import Int64, compiled, kept

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


def owners(ids: pa.Array, people: pa.Array) -> Int64:
    """Row of each id among `people`, none of whom is there twice; -1: not there, or null."""
    if len(ids) and len(people) and not ids.null_count and not people.null_count:
        found, all_met = _met(*text_parts(people), *text_parts(ids))
        if all_met:
            return found
    place = pc.index_in(ids, value_set=people, skip_nulls=True)
    filled = pc.fill_null(place, NOWHERE)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)


def find_owned(
    people: pa.Array, ids: pa.Array, wanted_people: pa.Array, wanted_ids: pa.Array
) -> Int64:
    """What `find.find_rows` answers, where no (person, id) is there twice."""
    nulls = people.null_count + ids.null_count + wanted_people.null_count
    if len(people) and len(wanted_people) and not nulls:
        found, all_met = _met_within(
            *text_parts(people), *text_parts(ids), *text_parts(wanted_people),
            *text_parts(wanted_ids), valid(wanted_ids),
        )  # fmt: skip
        if all_met:
            return found
    return find_rows(people, ids, wanted_people, wanted_ids)


@compiled
def _alike(data: Bytes, bounds: Int64, row: int, other: Bytes, ends: Int64, place: int) -> bool:
    first, start = bounds[row], ends[place]
    size = bounds[row + 1] - first
    if ends[place + 1] - start != size:
        return False
    k = size - 1
    while k >= 0 and data[first + k] == other[start + k]:  # ids differ in their last characters
        k -= 1
    return bool(k < 0)


@kept
def _met(people: Bytes, ends: Int64, ids: Bytes, bounds: Int64) -> tuple[Int64, bool]:
    """Row of each id among people, and whether each was met on one way through them."""
    found = np.empty(len(bounds) - 1, np.int64)
    at, size = 0, len(ends) - 1
    for i in range(len(found)):
        while at < size and not _alike(ids, bounds, i, people, ends, at):
            at += 1
        if at == size:
            return found, False
        found[i] = at
    return found, True


@kept
def _met_within(
    people: Bytes, people_ends: Int64, ids: Bytes, id_ends: Int64, wanted_people: Bytes,
    wanted_bounds: Int64, wanted_ids: Bytes, id_bounds: Int64, there: Bools,
) -> tuple[Int64, bool]:  # fmt: skip
    """Row of each wanted (person, id), -1 where the id is null (not `there`), and whether each
    other was met: its person on one way through the rows, its id among the person's rows."""
    found = np.full(len(there), NOWHERE, np.int64)
    begin = end = last = 0  # rows of a person, and the one found last
    size = len(people_ends) - 1
    for i in range(len(there)):
        if not there[i]:
            continue
        if end == 0 or not _alike(wanted_people, wanted_bounds, i, people, people_ends, begin):
            begin = end
            while begin < size and not _alike(
                wanted_people, wanted_bounds, i, people, people_ends, begin
            ):
                begin += 1
            end = begin + 1
            while end < size and _alike(people, people_ends, end, people, people_ends, begin):
                end += 1
            last = begin
        if begin == size:
            return found, False
        row, left = last, end - begin
        while left > 0 and not _alike(wanted_ids, id_bounds, i, ids, id_ends, row):
            row = row + 1 if row + 1 < end else begin
            left -= 1
        if left == 0:
            return found, False
        found[i] = last = row
    return found, True
