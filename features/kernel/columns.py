"""Canonical columns as plain arrays: times and numbers with their nulls filled, texts as numbers.

Whatever depends on a text is worked out once per distinct text, then looked up by row. Nothing here
knows of index moments; what is in view is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.kernel.texts import numbered
from features.kernel.vocabulary import Vocabulary
from features.windows import DAY, NEVER, NO_DAY, Int32, Int64, compiled, kept

READABLE, YES, NO = "readable by ", "yes", "no"
"""A filter over no column: whether a code set can read a row's code (`READABLE` + its name)."""
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
N = TypeVar("N", bound=np.generic)


class Frame:
    """A canonical table's columns as arrays, each made when first asked for."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.rows: int = table.num_rows
        batches = table.to_batches()
        self._arrays: dict[str, pa.Array] = {}
        if len(batches) == 1:
            self._arrays = dict(zip(table.schema.names, batches[0].columns, strict=True))
        self._made: dict[tuple[str, str], npt.NDArray[np.generic]] = {}
        self._numbered: dict[str, tuple[Int32, int]] = {}

    def __contains__(self, column: str) -> bool:
        return bool(self.table.schema.get_field_index(column) >= 0)

    def array(self, column: str) -> pa.Array:
        """The column in one piece, under one dictionary where it has any."""
        if column not in self._arrays:
            self._arrays[column] = whole(self.table, column)
        return self._arrays[column]

    def times(self, column: str) -> Int64:
        """Microseconds since 1970; NEVER for null."""
        if ("time", column) not in self._made:
            values = stored(self.array(column), np.int64)
            self._made["time", column] = nulled(values, self.array(column), NEVER)
        return self._made["time", column]  # type: ignore[return-value]

    def days(self, column: str) -> Int32:
        """Calendar day of a time (days since 1970); NO_DAY for null."""
        if ("day", column) not in self._made:
            self._made["day", column] = day_of(self.times(column))
        return self._made["day", column]  # type: ignore[return-value]

    def dates(self, column: str) -> Int32:
        """Days since 1970 of a date; NO_DAY for null."""
        values = stored(self.array(column), np.int32)
        return nulled(values, self.array(column), NO_DAY)

    def numbers(self, column: str) -> Floats:
        """The column as float64; NaN for null."""
        if ("number", column) not in self._made:
            self._made["number", column] = self._numbers(column)
        return self._made["number", column]  # type: ignore[return-value]

    def _numbers(self, column: str) -> Floats:
        array = self.array(column)
        kind = KINDS.get(array.type)
        if kind is None and len(array) <= FEW:
            return np.array([np.nan if v is None else v for v in array.to_pylist()], np.float64)
        if kind is None:
            return pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
        return nulled(stored(array, kind).astype(np.float64), array, np.nan)

    def ids(self, column: str, vocabulary: Vocabulary) -> Int32:
        """Number of each text among those of a vocabulary; -1 for null, and for what it lacks."""
        if ("id", column) not in self._made:
            self._made["id", column] = vocabulary.ids(self.array(column))
        return self._made["id", column]  # type: ignore[return-value]

    def numbered(self, column: str) -> tuple[Int32, int]:
        """Texts numbered as they come, -1 for null; and how many numbers there are."""
        if column not in self._numbered:
            self._numbered[column] = numbered(self.array(column))
        return self._numbered[column]


FEW = 8
"""Up to so many values Python takes them one by one sooner than Arrow casts them."""
KINDS: Mapping[pa.DataType, type[np.generic]] = {
    pa.float64(): np.float64,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
}


def whole(rows: pa.Table, column: str) -> pa.Array:
    """The column in one piece, under one dictionary where it has any."""
    chunks = rows.column(column)
    if chunks.num_chunks == 1:
        return chunks.chunk(0)
    return chunks.unify_dictionaries().combine_chunks()


def stored(array: pa.Array, kind: type[N]) -> npt.NDArray[N]:
    """What a column of fixed width holds, whatever that is where it is null."""
    data = array.buffers()[1]
    if not len(array) or data is None:
        return np.zeros(len(array), kind)
    width = np.dtype(kind).itemsize
    return np.frombuffer(data, kind, len(array), array.offset * width).copy()


def nulled(values: npt.NDArray[N], array: pa.Array, null: float) -> npt.NDArray[N]:
    """`values`, with `null` where the column is null; changed in place."""
    if array.null_count:
        valid = array.buffers()[0]
        if valid is None:  # a column of nothing but nulls
            values[:] = null
        else:
            _fill(values, np.frombuffer(valid, np.uint8), array.offset, values.dtype.type(null))
    return values


@kept
def _fill(values: npt.NDArray[N], valid: Bytes, offset: int, null: N) -> None:
    for i in range(len(values)):
        at = i + offset
        if not valid[at >> 3] >> (at & 7) & 1:
            values[i] = null


@kept
def day_of(times: Int64) -> Int32:
    """Calendar day of each time (days since 1970); NO_DAY where the time is NEVER."""
    day = np.empty(len(times), np.int32)
    for i in range(len(times)):
        day[i] = NO_DAY if times[i] == NEVER else times[i] // DAY
    return day


@kept
def ages(births: Int32, on: Int32) -> Floats:
    """Completed years of life on a day; NaN where the birth is unknown or later than the day."""
    found = np.empty(len(births))
    for i in range(len(births)):
        found[i] = age_on(births[i], on[i])
    return found


@compiled
def age_on(birth: int, day: int) -> float:
    """Completed years of life on a day; NaN where the birth is unknown or later than the day."""
    if birth == NO_DAY or birth > day:
        return np.nan
    born, then = _dated(birth), _dated(day)
    return float(then[0] - born[0] - int(then[1:] < born[1:]))


@compiled
def _dated(day: int) -> tuple[int, int, int]:
    """Year, month and day of month of a day since 1970, in the Gregorian calendar.

    By eras of 400 years that begin on 1 March (Fliegel and van Flandern's idea, CACM 1968;11:657).
    """
    shifted = np.int64(day) + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # from March on
    first = (153 * month + 2) // 5
    ahead = 1 if month >= 10 else 0
    return int(year + era * 400 + ahead), int(month + 3 - 12 * ahead), int(of_year - first + 1)


def categories(ids: Int32) -> Floats:
    """Places among the values of a category as numbers; NaN for -1."""
    values = ids.astype(np.float64)
    values[ids < 0] = np.nan
    return values
