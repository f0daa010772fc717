"""Cells of a flat table as numbers: values, bands, categories, days and places in an order.

Null stays null. It refuses a text where a number or a day belongs, and says at which row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.flat.read import Read, located
from features.flat.table import Band

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BAND = re.compile(r"[\[(]?\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*[\])]?")
MOST_CATEGORIES = 1000
DAY = 86_400_000_000
"""Microseconds of a day."""


def numbers(read: Read, column: str) -> Floats:
    """A column of numbers; NaN where null."""
    cure = "name it among categories, bands or leave_out, or its word for no value in null"
    return _by_text(read, column, _number, "here is no number", cure)


def banded(read: Read, column: str, band: Band) -> Floats:
    """A column of bands: the middle of "[60-70)", or each band's place in the given order."""
    if band == "middle":
        cure = 'write bands like "[60-70)" or 60-70, or list them in order'
        return _by_text(read, column, _middle, "here is no band with two ends", cure)
    places = {text: float(place) for place, text in enumerate(band)}
    return _by_text(read, column, places.get, "here is a band that is not listed", "list it")


def categorised(values: pa.Array, categories: Sequence[str]) -> Floats:
    """The place of each value among `categories`; NaN for null and for any other value."""
    found = pc.index_in(values, value_set=pa.array(categories, pa.string()))
    return _floats(found)


def categories_of(read: Read, column: str) -> tuple[str, ...]:
    """The values of a category column, sorted. Raises InputError for more than one may have."""
    values = pc.unique(read.column(column)).drop_null().to_pylist()
    if len(values) > MOST_CATEGORIES:
        raise InputError(
            f"{len(values)} different values are no categories; the most are {MOST_CATEGORIES}",
            where=f"{read.path}, column {column}",
            cure="name it among numbers or leave_out, or group its values",
        )
    return tuple(sorted(values))


def matches(values: pa.Array, wanted: Sequence[str]) -> Floats:
    """1 where a value is one of `wanted`, 0 where another, NaN where null."""
    found = _floats(pc.is_in(values, value_set=pa.array(wanted, pa.string())))
    found[np.asarray(values.is_null())] = np.nan
    return found


def outcomes(read: Read) -> Floats:
    """1 for an event, 0 for none, NaN where the outcome is not known.

    Raises InputError for a value that is neither an event nor among the others that are listed.
    """
    asked = read.spec.outcome
    values = read.column(asked.column)
    if asked.others:
        known = pc.is_in(values, value_set=pa.array([*asked.events, *asked.others]))
        bad = _bools(pc.and_(pc.invert(known), pc.is_valid(values)))
        if bad.any():
            what = "here is an outcome that the recipe does not know"
            raise located(
                read, asked.column, bad, what, "add it to outcome.events or outcome.others"
            )
    return matches(values, asked.events)


def days(read: Read, column: str) -> pa.Array:
    """A column of days or times as timestamps. Raises InputError, for a null too."""
    values = read.column(column)
    for kind in (pa.timestamp("us"), pa.date32()):
        try:
            found = values.cast(kind).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            continue
        return _never_null(read, column, found)
    bad = np.asarray(_by_distinct(values, _is_day) == 0)
    raise located(read, column, bad, "here is no day", "write days as YYYY-MM-DD")


def places(read: Read, column: str) -> Floats:
    """What a column of numbers or days orders by. Raises InputError, for a null too.

    Numbers beyond 2**53 would not be told apart and are refused.
    """
    values = read.column(column)
    _never_null(read, column, values)
    found = np.asarray(_by_distinct(values, _number), dtype=np.float64)
    if np.isnan(found).any():
        return np.asarray(days(read, column).cast(pa.int64()).to_numpy(), dtype=np.float64)
    if np.abs(found).max(initial=0) >= 2**53:
        bad = np.abs(found) >= 2**53
        raise located(read, column, bad, "this number is too long to order by", "use fewer digits")
    return found


def _never_null(read: Read, column: str, values: pa.Array) -> pa.Array:
    if values.null_count:
        bad = _bools(pc.is_null(values))
        raise located(read, column, bad, "here is no value", f"give every row its {column}")
    return values


def _by_text(
    read: Read, column: str, of: Callable[[str], float | None], what: str, cure: str
) -> Floats:
    """What `of` makes of each cell; None is refused."""
    values = read.column(column)
    found = np.asarray(_by_distinct(values, of), dtype=np.float64)
    bad = np.isnan(found) & _bools(pc.is_valid(values))
    if bad.any():
        raise located(read, column, bad, what, cure)
    return found


def _by_distinct(values: pa.Array, of: Callable[[str], float | None]) -> npt.NDArray[np.float64]:
    """What `of` makes of each value, asked once for each distinct one; NaN for null and None."""
    coded = values.dictionary_encode()
    told = np.array([_known(of(text)) for text in coded.dictionary.to_pylist()] + [math.nan])
    return np.asarray(told[np.asarray(pc.fill_null(coded.indices, len(told) - 1))])


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _middle(text: str) -> float | None:
    ends = BAND.fullmatch(text)
    return None if ends is None else (float(ends[1]) + float(ends[2])) / 2


def _is_day(text: str) -> float:
    try:
        pa.scalar(text).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return 0.0
    return 1.0


def _floats(values: pa.Array) -> Floats:
    return np.array(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _bools(values: pa.Array) -> Bools:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
