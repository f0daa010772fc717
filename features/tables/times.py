"""Dates and times as numbers, their nulls later than any other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.tables.buffers import valid, whole
from features.windows import HERE, NEVER, NO_DAY, Int32, Int64, day_of, kept_with

TIME = pa.timestamp("us")


def micros(times: pa.Array | pa.ChunkedArray) -> Int64:
    """Microseconds since 1970 of each date or time; NEVER where null."""
    column = whole(times)
    if column.type != TIME:
        column = column.cast(TIME)
    held = _held(column, np.int64)
    return np.where(valid(column), held, NEVER) if column.null_count else held.copy()


def days(times: pa.Array | pa.ChunkedArray) -> Int32:
    """Calendar day of each date or time (days since 1970); NO_DAY where null."""
    column = whole(times)
    if not pa.types.is_date32(column.type):
        return days_of(micros(column))
    held = _held(column, np.int32)
    there = valid(column)
    return np.where(there, held, np.int32(NO_DAY)) if column.null_count else held.copy()


@kept_with(HERE / "windows.py")
def days_of(times: Int64) -> Int32:
    """Calendar day of each time (`windows.day_of`)."""
    day = np.empty(len(times), np.int32)
    for i in range(len(times)):
        day[i] = day_of(times[i])
    return day


def _held(column: pa.Array, kind: type[np.generic]) -> np.ndarray:
    """What a column holds, whatever that is where it is null: Arrow's own memory."""
    data = column.buffers()[1]
    if not len(column) or data is None:
        return np.zeros(len(column), kind)
    return np.frombuffer(data, kind, len(column), column.offset * np.dtype(kind).itemsize)
