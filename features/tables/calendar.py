"""Dates and times read from ISO 8601 text, many at once.

Reads 2024-02-29, 20240229, and either with a time of day. Refuses (null) what is no day of the
calendar, and any text with a zone: History holds local time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PATTERN = (
    r"^(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?)?$"
)
LARGEST = (("hour", 23), ("minute", 59), ("second", 59))
MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}

Integers = npt.NDArray[np.int64]


def read_date(texts: pa.Array) -> pa.Array:
    """date32 of each text, null where it is no date; a time of day is left out."""
    return _read(texts, pa.date32())


def read_time(texts: pa.Array) -> pa.Array:
    """timestamp[us] of each text, null where it is no time; a date alone is its midnight."""
    return _read(texts, pa.timestamp("us"))


def _read(texts: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        return texts.cast(target)  # quick, and refuses the whole column for one bad value
    except pa.ArrowInvalid:
        return _one_by_one(texts).cast(target, safe=False)


def _one_by_one(texts: pa.Array) -> pa.Array:
    found = pc.extract_regex(texts, PATTERN)
    matched = pc.is_valid(found).to_numpy(zero_copy_only=False)

    def part(name: str) -> Integers:
        digits = pc.struct_field(found, name)
        if name == "part":
            digits = pc.utf8_slice_codeunits(pc.utf8_rpad(digits, 9, "0"), 0, 6)
        known = pc.and_(pc.fill_null(pc.greater(pc.binary_length(digits), 0), False), matched)
        return np.asarray(pc.if_else(known, digits, "0").cast(pa.int64()).to_numpy())

    year, month, day = part("year"), part("month"), part("day")
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    date = first.astype("datetime64[D]") + (day - 1)
    good = (
        matched
        & (month >= 1)
        & (month <= 12)
        & (date.astype("datetime64[M]") == first)
        & (day >= 1)
    )
    time = date.astype("datetime64[us]").astype(np.int64) + part("part")
    for name, largest in LARGEST:
        value = part(name)
        good &= value <= largest
        time += value * MICROSECONDS[name]
    return pa.array(time, mask=~good).cast(pa.timestamp("us"))
