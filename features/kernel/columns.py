"""Canonical rows as plain arrays: people as row ranges, categories as numbers, codes as group bits.

Whatever depends on a text is worked out once per distinct text, then looked up by row. Nothing here
knows of index moments; what is in view is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue.feature import Where
from features.catalogue.sets import grouping
from features.codes.crosswalks import Crosswalks
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
    """The column in one piece."""
    chunks = rows[column]
    return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()


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
    coded = pc.dictionary_encode(whole(rows, column))
    return Words(tuple(coded.dictionary.to_pylist()), filled(coded.indices, -1).astype(np.int32))


def positions(column: Words, categories: Sequence[str]) -> Floats:
    """Place of each value among `categories`; NaN for null and for what is none of them."""
    place = {name: float(i) for i, name in enumerate(categories)}
    table = np.array([place.get(value, np.nan) for value in column.values] + [np.nan])
    return table[column.codes]


def codes(column: Words, categories: Sequence[str]) -> Int32:
    """Like `positions`, as int32; -1 for null and for what is none of them."""
    return np.nan_to_num(positions(column, categories), nan=-1.0).astype(np.int32)


def filters(columns: Mapping[str, Words], wheres: Sequence[Where], rows: int) -> UInt64:
    """One bit per filter and row, shape (words, rows): filter i is bit i % 64 of word i // 64."""
    bits = np.zeros((max(1, -(-len(wheres) // 64)), rows), np.uint64)
    bits[:] = ~np.uint64(0)
    for name, column in columns.items():
        for word in range(len(bits)):
            asked = wheres[64 * word : 64 * word + 64]
            if any(name in dict(where) for where in asked):
                bits[word] &= _accepted(name, column, asked)[column.codes]
    return bits


def _accepted(name: str, column: Words, wheres: Sequence[Where]) -> UInt64:
    table = np.zeros(len(column.values) + 1, np.uint64)
    for bit, where in enumerate(wheres):
        accepted = dict(where).get(name)
        for place, value in enumerate((*column.values, None)):
            if accepted is None or value in accepted:
                table[place] |= np.uint64(1 << bit)
    return table


@dataclass(frozen=True)
class Coded:
    """A coded column: systems, codes, and which pairs of them occur."""

    systems: Words
    codes: Words
    occurs: npt.NDArray[np.bool_]

    @property
    def pairs(self) -> Int32:
        """One number per (system, code), the key that distinct codes are told apart by."""
        return self.systems.codes * np.int32(len(self.codes.values)) + self.codes.codes

    def groups(self, code_set: str) -> UInt64:
        """Bits of the code groups each row belongs to; 0 where the code cannot be read."""
        table = np.zeros(self.occurs.shape, np.uint64)
        for place, system in enumerate(self.systems.values):
            if grouping(code_set).reads(system):
                found = np.flatnonzero(self.occurs[place])
                table[place, found] = _bits(code_set, system, [self.codes.values[i] for i in found])
        return table[self.systems.codes, self.codes.codes]

    def readable(self, code_set: str) -> Words:
        """YES for each row whose code the set can read, itself or by a crosswalk, else NO."""
        table = np.zeros(self.occurs.shape, np.int32)
        for place, system in enumerate(self.systems.values):
            found = np.flatnonzero(self.occurs[place])
            named = [self.codes.values[i] for i in found]
            table[place, found] = grouping(code_set).reads_codes(system, named)
        return Words((NO, YES), table[self.systems.codes, self.codes.codes])


def coded(systems: Words, codes: Words) -> Coded:
    occurs = np.zeros((len(systems.values), len(codes.values)), np.bool_)
    occurs[systems.codes, codes.codes] = True
    return Coded(systems, codes, occurs)


MOST_KNOWN = 500_000
_KNOWN: dict[tuple[str, str, Crosswalks], dict[str, int]] = {}


def _bits(code_set: str, system: str, wanted: list[str]) -> UInt64:
    """Bits of distinct codes, each grouped once per process."""
    held = grouping(code_set)
    known = _KNOWN.setdefault((code_set, system, held.crosswalks), {})
    if len(known) > MOST_KNOWN:
        known.clear()
    fresh = [code for code in wanted if code not in known]
    if fresh:
        known.update(zip(fresh, held.bits(system, fresh).tolist(), strict=True))
    return np.array([known[code] for code in wanted], np.uint64)
