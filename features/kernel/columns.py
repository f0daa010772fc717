"""A canonical table as compiled code reads it: where its columns lie, and its texts as numbers.

Whatever depends on a text is worked out once per distinct text, then looked up by row. Nothing here
knows of index moments; what is in view is the kernel's matter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.kernel.memory import (
    Held,
    Memory,
    column,
    kinds,
    memory_of,
    number_at,
    one_batch,
    reading,
)  # fmt: skip
from features.kernel.vocabulary import Vocabulary
from features.windows import NO_DAY, Int32, compiled, kept

READABLE, YES, NO = "readable by ", "yes", "no"
"""A filter over no column: whether a code set can read a row's code (`READABLE` + its name)."""
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
MOST_SCHEMAS = 16
"""Schemas remembered at most for each name of a table."""


class Layout:
    """What a schema says of every table that has it: places and kinds of its columns.

    places    by name; not those of a name that stands more than once
    accepted  whether its types have been found right
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema, self.kinds = schema, kinds(schema)
        places = {name: schema.get_field_index(name) for name in schema.names}
        self.places = {name: place for name, place in places.items() if place >= 0}
        self.accepted = False


_LAYOUTS: dict[str, tuple[Layout, ...]] = {}


def layout_of(name: str, schema: pa.Schema) -> Layout:
    """The layout of a schema, remembered under the name of a table."""
    known = _LAYOUTS.get(name, ())
    for layout in known:
        if layout.schema.equals(schema):
            return layout
    layout = Layout(schema)
    _LAYOUTS[name] = (layout, *known)[:MOST_SCHEMAS]
    return layout


class Frame:
    """A canonical table.

    memory  where the columns lie (`memory.py`)
    """

    def __init__(self, table: pa.Table, name: str = "") -> None:
        self.table = table
        self.rows: int = table.num_rows
        self.layout = layout_of(name, table.schema)
        self.places = self.layout.places
        self.batch = one_batch(table)
        self.memory: Memory = memory_of(self.batch, self.layout.kinds)
        self._ids: dict[str, Int32] = {}

    def __contains__(self, column: str) -> bool:
        return column in self.places

    def held(self, column: str) -> Held:
        """The column where it lies. Raises KeyError for one that the table lacks."""
        return Held(self.memory, self.places[column], self.rows, self.batch)

    def ids(self, column: str, vocabulary: Vocabulary) -> Int32:
        """Number of each text among those of a vocabulary; -1 for null, and for what it lacks."""
        if column not in self._ids:
            self._ids[column] = vocabulary.of(self.held(column))
        return self._ids[column]


@reading
def fill_numbers(memory: Memory, place: int, found: Floats) -> None:
    """Numbers or flags as float64; NaN for null."""
    of = column(memory, place)
    for row in range(len(found)):
        found[row] = number_at(of, row)


@reading
def most_of(memory: Memory, place: int, rows: int) -> int:
    """The largest of some numbers, without its fraction; 0 where none is above."""
    of, most = column(memory, place), 0.0
    for row in range(rows):
        most = max(most, number_at(of, row))  # NaN is not above
    return int(most)


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
