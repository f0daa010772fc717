"""Canonical columns as plain arrays: times and numbers with their nulls filled, texts as numbers.

Whatever depends on a text is worked out once per distinct text, then looked up by row. Nothing here
knows of index moments; what is in view is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.windows import NEVER, NO_DAY, Int32, Int64

READABLE, YES, NO = "readable by ", "yes", "no"
"""A filter over no column: whether a code set can read a row's code (`READABLE` + its name)."""

UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Words:
    """A text column by its distinct values: `values[codes[row]]`; code -1 is null."""

    values: tuple[str, ...]
    codes: Int32


def whole(rows: pa.Table, column: str) -> pa.Array:
    """The column in one piece, under one dictionary where it has any."""
    chunks = rows[column]
    if chunks.num_chunks == 1:
        return chunks.chunk(0)
    return chunks.unify_dictionaries().combine_chunks()


def times(rows: pa.Table, column: str) -> Int64:
    """Microseconds since 1970; NEVER for null."""
    values = whole(rows, column).view(pa.int64())
    return filled(values, NEVER)


def filled(values: pa.Array, null: int) -> Int64:
    """The values of an Arrow array, `null` in place of nulls."""
    filled = pc.fill_null(values, null) if values.null_count else values
    return filled.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def dates(rows: pa.Table, column: str) -> Int32:
    """Days since 1970; NO_DAY for null."""
    return filled(whole(rows, column).view(pa.int32()), NO_DAY).astype(np.int32)


def ages(births: Int32, on: Int32) -> Floats:
    """Completed years of life on a day; NaN where the birth is unknown or later than the day."""
    years = _year(on) - _year(births) - (_day_of_year(on) < _day_of_year(births))
    return np.where((births == NO_DAY) | (births > on), np.nan, years.astype(np.float64))


def _year(day: Int32) -> Int64:
    return day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)


def _day_of_year(day: Int32) -> Int64:
    """Month and day of month as one number that orders them."""
    dated = day.astype("datetime64[D]")
    month = dated.astype("datetime64[M]")
    day_of_month = (dated - month).astype(np.int64)
    return np.asarray(month.astype(np.int64) % 12 * 32 + day_of_month)


def numbers(rows: pa.Table, column: str) -> Floats:
    """The column as float64; NaN for null."""
    return pc.cast(whole(rows, column), pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def words(rows: pa.Table, column: str) -> Words:
    """The column by its distinct values."""
    coded = whole(rows, column)
    if not pa.types.is_dictionary(coded.type):
        coded = pc.dictionary_encode(coded)
    return Words(tuple(coded.dictionary.to_pylist()), filled(coded.indices, -1).astype(np.int32))


def positions(column: Words, categories: Sequence[str]) -> Floats:
    """Place of each value among `categories`; NaN for null and for what is none of them."""
    place = {name: float(i) for i, name in enumerate(categories)}
    table = np.array([place.get(value, np.nan) for value in column.values] + [np.nan])
    return table[column.codes]


def codes(column: Words, categories: Sequence[str]) -> Int32:
    """Like `positions`, as int32; -1 for null and for what is none of them."""
    return np.nan_to_num(positions(column, categories), nan=-1.0).astype(np.int32)
