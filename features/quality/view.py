"""One bucket of a History as checks look at it: columns as numbers, each made once.

Days are calendar days since 1970, NO_DAY where null. People are numbered by their row in the
person table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.readable import unreadable
from features.observed import days
from features.tables.buffers import valid, whole
from features.tables.contract import Tables
from features.tables.find import find_among
from features.tables.manifest import Manifest
from features.tables.schema import TABLES
from features.windows import NEVER, NO_DAY

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LIFELONG = ("person", "registration", "coverage")
EVENTS: Mapping[str, str] = MappingProxyType(
    {name: table.time for name, table in TABLES.items() if table.time and name not in LIFELONG}
)
"""Tables whose rows happen on a day -> the column that says when."""
CARE = tuple(name for name in EVENTS if name != "programme")
"""Tables of care received."""
SPANS: Mapping[str, str] = MappingProxyType({"month": "M", "year": "Y"})
"""Precision of a date -> the unit whose last day stands for it."""


class View:
    """The tables of a bucket and what several checks share of them."""

    def __init__(self, tables: Tables, manifest: Manifest) -> None:
        self.tables, self.manifest = tables, manifest
        self._owner: dict[str, Int64] = {}
        self._days: dict[tuple[str, str], Int32] = {}
        self._codes: dict[str, tuple[pa.Array, pa.Array, Int64]] = {}
        self._why: dict[tuple[str, tuple[str, ...]], pa.Array] = {}
        self._tied: dict[tuple[str, str], Int64] = {}

    def rows(self, table: str) -> int:
        return int(self.tables[table].num_rows)

    def owner(self, table: str) -> Int64:
        """Person of each row, as a number."""
        if table not in self._owner:
            runs = pc.run_end_encode(whole(self.tables[table]["person_id"]))
            ends = np.asarray(runs.run_ends.to_numpy(zero_copy_only=False), dtype=np.int64)
            place = pc.index_in(runs.values, value_set=whole(self.tables["person"]["person_id"]))
            lengths = np.diff(np.r_[np.int64(0), ends])
            self._owner[table] = np.repeat(place.to_numpy(zero_copy_only=False), lengths).astype(
                np.int64
            )
        return self._owner[table]

    def day(self, table: str, column: str) -> Int32:
        if (table, column) not in self._days:
            self._days[table, column] = days(self.tables[table][column])
        return self._days[table, column]

    def null(self, table: str, column: str) -> Bools:
        return ~valid(whole(self.tables[table][column]))

    def is_(self, table: str, column: str, *values: str) -> Bools:
        """Whether the column holds one of the values; a null does not."""
        found = pc.is_in(whole(self.tables[table][column]), value_set=pa.array(values, pa.string()))
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)

    def is_true(self, table: str, column: str) -> Bools:
        """Whether a flag is set; a null is not."""
        told = pc.fill_null(whole(self.tables[table][column]), False)
        return np.asarray(told.to_numpy(zero_copy_only=False), dtype=np.bool_)

    def micros(self, table: str, column: str) -> Int64:
        """Microseconds since 1970; NEVER where null."""
        filled = pc.fill_null(whole(self.tables[table][column]).cast(pa.int64()), NEVER)
        return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)

    @cached_property
    def people(self) -> int:
        return self.rows("person")

    @cached_property
    def born(self) -> Int32:
        """Day of birth by person."""
        return self.day("person", "birth_date")

    @cached_property
    def died(self) -> Int32:
        """Last day that may be that of death, by person: the month's end where months are told."""
        day = self.day("person", "death_date")
        unit = SPANS.get(self.manifest.precision.get("person", "day"))
        if unit is None:
            return day
        told = np.where(day == NO_DAY, 0, day).astype("datetime64[D]")
        last = (told.astype(f"datetime64[{unit}]") + 1).astype("datetime64[D]").astype(np.int64) - 1
        return np.where(day == NO_DAY, NO_DAY, last).astype(np.int32)

    @cached_property
    def last_day(self) -> int:
        """Last day of which the extract can speak."""
        return int(np.datetime64(self.manifest.last_known, "D").astype(np.int64))

    @cached_property
    def acute(self) -> Bools:
        """Whether each stay is one in an acute hospital."""
        return self.is_("stay", "setting", "acute")

    @cached_property
    def coded(self) -> Bools:
        """Whether each stay has a diagnosis tied to it."""
        return self.diagnoses > 0

    @cached_property
    def diagnoses(self) -> Int64:
        """Number of diagnoses tied to each stay."""
        tied = self.tied("diagnosis", "stay")
        return np.bincount(tied[tied >= 0], minlength=self.rows("stay"))

    def tied(self, table: str, to: str) -> Int64:
        """Row of the stay or visit each row is tied to; -1: none is there, -2: it names none."""
        if (table, to) not in self._tied:
            ids, target = whole(self.tables[table][f"{to}_id"]), self.tables[to]
            named = np.flatnonzero(valid(ids))
            place = np.full(len(ids), -2, np.int64)
            place[named] = find_among(
                self.owner(to), whole(target[f"{to}_id"]),
                self.owner(table)[named], ids.take(pa.array(named)),
            )  # fmt: skip
            self._tied[table, to] = place
        return self._tied[table, to]

    def codes(self, table: str) -> tuple[pa.Array, pa.Array, Int64]:
        """Distinct (code system, code) of a table, and how many rows have each."""
        if table not in self._codes:
            self._codes[table] = self._pairs(table)
        return self._codes[table]

    def unreadable(self, table: str, sets: tuple[str, ...]) -> pa.Array:
        """Why each of `codes` cannot be read (`features.codes.readable`); null where it can."""
        if (table, sets) not in self._why:
            system, code, _ = self.codes(table)
            self._why[table, sets] = unreadable(system, code, by=sets)
        return self._why[table, sets]

    def _pairs(self, table: str) -> tuple[pa.Array, pa.Array, Int64]:
        rows = self.tables[table]
        kinds, texts = (pc.dictionary_encode(whole(rows[c])) for c in ("code_system", "code"))
        width = len(texts.dictionary)
        place = kinds.indices.to_numpy().astype(np.int64) * width + texts.indices.to_numpy()
        pairs, counts = np.unique(place, return_counts=True)
        kind, text = (pa.array(part) for part in np.divmod(pairs, max(width, 1)))
        return kinds.dictionary.take(kind), texts.dictionary.take(text), counts
