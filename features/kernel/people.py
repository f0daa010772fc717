"""Which rows are whose: every table as one range of rows per person.

Tables come in canonical order (people together, each person's rows by time). A table that does not
is put into that order first, so that no order of rows can change a feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.kernel.columns import filled, times, whole
from features.tables.find import find_among
from features.tables.order import canonical
from features.tables.schema import TABLES
from features.windows import Int64


@dataclass(frozen=True)
class Rows:
    """A table in canonical order.

    ranges  (people, 2): rows [start, end) of each person
    person  person of each row (-1: none of ours)
    """

    table: pa.Table
    ranges: Int64
    person: Int64

    def find(self, column: str, wanted: pa.Array, person: Int64) -> Int64:
        """Row whose `column` holds the wanted value and that is of that person; -1 for none."""
        return find_among(self.person, whole(self.table, column), person, wanted)


@dataclass(frozen=True)
class People:
    """The people of some moments.

    ids     each person once
    ranges  (people, 2): moments [start, end) of each person, as places in `order`
    order   moments person by person
    person  person of each moment
    """

    ids: pa.Array
    ranges: Int64
    order: Int64
    person: Int64

    @classmethod
    def of(cls, moments: pa.Table) -> People:
        coded = pc.dictionary_encode(whole(moments, "person_id"))
        person = filled(coded.indices, -1).astype(np.int64)
        order = np.argsort(person, kind="stable")
        bounds = np.searchsorted(person[order], np.arange(len(coded.dictionary) + 1))
        return cls(coded.dictionary, np.column_stack([bounds[:-1], bounds[1:]]), order, person)

    def rows(self, name: str, table: pa.Table) -> Rows:
        """The rows of a canonical table by person."""
        found = self._grouped(name, table)
        if found is None:
            found = self._grouped(name, canonical(TABLES[name], table))
        assert found is not None, "canonical order keeps people together"
        return found

    def _grouped(self, name: str, table: pa.Table) -> Rows | None:
        runs = pc.run_end_encode(whole(table, "person_id"))
        ends = runs.run_ends.to_numpy(zero_copy_only=False).astype(np.int64)
        starts = np.append(np.zeros(1, np.int64), ends)[: len(ends)]
        person = filled(pc.index_in(runs.values, value_set=self.ids), -1).astype(np.int64)
        ours = person >= 0
        if len(np.unique(person[ours])) < ours.sum() or not _by_time(name, table, starts):
            return None
        ranges = np.zeros((len(self.ids), 2), np.int64)
        ranges[person[ours]] = np.column_stack([starts, ends])[ours]
        return Rows(table, ranges, np.repeat(person, ends - starts))


def _by_time(name: str, table: pa.Table, starts: Int64) -> bool:
    time = TABLES[name].time
    if time is None or not table.num_rows:
        return True
    later = np.diff(times(table, time)) >= 0
    later[starts[1:] - 1] = True
    return bool(later.all())
