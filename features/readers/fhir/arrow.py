"""Small joins of Arrow columns, the same in bulk and for one bundle.

A lookup gives the place of each key among others, -1 where there is none or the key is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.buffers import whole
from features.tables.calendar import read_time

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def text(rows: pa.Table, name: str) -> pa.Array:
    return whole(rows[name])


def nulls(length: int) -> pa.Array:
    return pa.nulls(length, pa.string())


def always(value: str, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), length)


def places(keys: pa.Array, among: pa.Array) -> Places:
    """Where each key first stands among others."""
    found = pc.index_in(keys, value_set=among)
    at = np.asarray(pc.fill_null(found, -1)).astype(np.int64)
    at[~here(keys)] = -1
    return at


def keyed(persons: pa.Array, ids: pa.Array) -> pa.Array:
    """An id together with whose it is: what one person's resources call each other."""
    return pc.binary_join_element_wise(persons, ids, "\n")


def taken(values: pa.Array, at: Places) -> pa.Array:
    """The value at each place; null at -1."""
    if not len(values):
        return pa.nulls(len(at), values.type)
    return values.take(pa.array(at, mask=at < 0))


def here(values: pa.Array) -> Mask:
    return np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False))


def mask(found: pa.Array) -> Mask:
    """A flag as a mask; null is false."""
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False))


def same(left: pa.Array, right: pa.Array) -> Mask:
    return mask(pc.equal(left, right))


def chosen(rows: pa.Table, keep: Mask) -> pa.Table:
    return rows if keep.all() else rows.filter(pa.array(keep))


def coded(values: pa.Array, table: Mapping[str, str | None]) -> pa.Array:
    """What a table says of each value; null where it says nothing."""
    keys, meanings = pa.array(list(table), pa.string()), pa.array(list(table.values()), pa.string())
    return taken(meanings, places(values, keys))


def first(*values: pa.Array) -> pa.Array:
    return pc.coalesce(*values)


def latest(*values: pa.Array) -> pa.Array:
    """The latest of ISO times in the same form; nulls do not take part."""
    return pc.max_element_wise(*values)


def split(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """ "FIRST REST" of each value as two columns."""
    if not len(values):
        return nulls(0), nulls(0)
    parts = pc.split_pattern(values, " ", max_splits=1)
    return pc.list_element(parts, 0), pc.list_element(parts, 1)


ZONE = r"(Z|[+-]\d\d:?\d\d)$"
SECONDS = r"(T\d\d:\d\d)$"


def wall_clock(times: pa.Array) -> pa.Array:
    """Times without their zone: local time of the facility, as it was written ("Z" too).

    Every time gets the form YYYY-MM-DDTHH:MM:SS[.ffffff], a day stays YYYY-MM-DD, and whatever is
    no such text is handed on as it is, for the contract to refuse.
    """
    if times.null_count == len(times):
        return times
    plain = pc.replace_substring_regex(times, ZONE, "", max_replacements=1)
    timed = pc.match_substring(plain, "T")
    plain = pc.if_else(timed, plain, times)
    return pc.replace_substring_regex(plain, SECONDS, r"\1:00")


OFFSET = r"T.*(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)$"


def instants(times: pa.Array) -> npt.NDArray[np.int64]:
    """Microseconds by which moments can be put in order, whatever offset each is written with.

    A time without an offset is taken as UTC; what is no time comes before all others.
    """
    at = pc.fill_null(read_time(wall_clock(times)).cast(pa.int64()), np.iinfo(np.int64).min // 2)
    parts = pc.extract_regex(times, OFFSET)
    sign, hours, minutes = (pc.struct_field(parts, name) for name in ("sign", "hours", "minutes"))
    ahead = pc.add(pc.multiply(hours.cast(pa.int64()), 60), minutes.cast(pa.int64()))
    ahead = pc.if_else(pc.equal(sign, "-"), pc.negate(ahead), ahead)
    return np.asarray(pc.subtract(at, pc.multiply(pc.fill_null(ahead, 0), 60_000_000)))


def day(times: pa.Array) -> pa.Array:
    """The day of a wall-clock time."""
    timed = pc.match_substring_regex(times, r"^\d{4}-\d\d-\d\dT")
    return pc.if_else(timed, pc.utf8_slice_codeunits(times, 0, 10), times)


LAST_DAYS = {
    **{f"-{n:02}": f"-{n:02}-31" for n in (1, 3, 5, 7, 8, 10, 12)},
    **{f"-{n:02}": f"-{n:02}-30" for n in (4, 6, 9, 11)},
    "-02": "-02-28",
}


def last_day(times: pa.Array) -> pa.Array:
    """A year or month alone as its last day, so that nothing counts before it can have happened.

    February ends on its 28th. Other texts stay as they are.
    """
    length = pc.binary_length(times)
    short = mask(pc.less_equal(length, 7))
    if not short.any():
        return times
    year = pc.match_substring_regex(times, r"^\d{4}$")
    month = pc.match_substring_regex(times, r"^\d{4}-\d\d$")
    end = coded(pc.utf8_slice_codeunits(times, 4, 7), LAST_DAYS)
    ended = pc.binary_join_element_wise(pc.utf8_slice_codeunits(times, 0, 4), end, "")
    made = pc.if_else(year, pc.binary_join_element_wise(times, "-12-31", ""), times)
    return pc.if_else(month, pc.coalesce(ended, times), made)


def first_day(times: pa.Array) -> pa.Array:
    """A year or month alone as its first day."""
    year = pc.match_substring_regex(times, r"^\d{4}$")
    month = pc.match_substring_regex(times, r"^\d{4}-\d\d$")
    made = pc.if_else(year, pc.binary_join_element_wise(times, "-01-01", ""), times)
    return pc.if_else(month, pc.binary_join_element_wise(times, "-01", ""), made)


def later(times: pa.Array, days: int) -> pa.Array:
    """Times some days on, as text; null where the time cannot be read."""
    moved = pc.add(read_time(times), pa.scalar(days * 86_400_000_000, pa.duration("us")))
    return iso(moved)


def iso(times: pa.Array) -> pa.Array:
    """Timestamps as text of the form of `wall_clock`."""
    return pc.replace_substring(times.cast(pa.string()), " ", "T")


def grouped(keys: Sequence[npt.NDArray[np.int64]]) -> tuple[Places, Places]:
    """Order that puts equal keys together, and the starts of their runs in it."""
    order = np.lexsort(tuple(reversed(keys)))
    if not len(order):
        return order, order
    change = np.zeros(len(order), np.bool_)
    change[0] = True
    for key in keys:
        sorted_key = key[order]
        change[1:] |= sorted_key[1:] != sorted_key[:-1]
    return order, np.flatnonzero(change)
