"""Which rows are whose: every table as one range of rows per person.

Tables come in canonical order. One in which a person's rows lie apart or not by time is put into
that order first; rows of the same time are taken as they stand (`memory.tables_of` and a History
have them in order). It refuses columns of other types than the contract's: their memory would be
read as something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.errors import InputError
from features.kernel.columns import Frame, Layout
from features.kernel.memory import (
    CODED,
    Column,
    Held,
    Memory,
    column,
    entry_at,
    reading,
    same_text,
    text_at,
)  # fmt: skip
from features.kernel.texts import Table, owned, table_of
from features.tables.order import canonical
from features.tables.schema import TABLES
from features.windows import Int32, Int64, compiled, kept

MOMENTS = pa.schema(
    [
        pa.field(name, pa.timestamp("us") if name == "index_at" else pa.string())
        for name in ("person_id", "index_at", "stay_id", "moment")
    ]
)
"""What is read of index moments."""
NO_ORDER = np.zeros(0, np.int64)


def refuse_types(where: str, given: Layout, wanted: pa.Schema) -> None:
    """Raises InputError where a column is of another type than it is to be."""
    if given.accepted:
        return
    for name, place in given.places.items():
        if (at := wanted.get_field_index(name)) < 0:
            continue
        held, asked = given.schema.field(place).type, wanted.field(at).type
        if held.equals(asked):
            continue
        if not (pa.types.is_dictionary(held) and held.value_type.equals(asked)):
            raise InputError(
                f"{name} is of type {held}, not {asked}",
                where=f"{where}, column {name}",
                cure="cast it, or make the tables with features.tables.memory.tables_of",
            )
    given.accepted = True


@dataclass(frozen=True)
class Rows:
    """A table in canonical order.

    ranges  (people, 2): rows [start, end) of each person
    """

    frame: Frame
    ranges: Int64

    def find(self, column: str, wanted: Held, ranges: Int64, found: Int32) -> None:
        """Row of the person whose text in `column` is the wanted one, into `found`; -1 for none.

        ranges  rows [start, end) of each person among the wanted; rows of nobody find none
        """
        own = self.frame
        _find(
            own.memory, own.places[column], self.ranges, wanted.memory, wanted.place, ranges,
            NO_ORDER, found,
        )  # fmt: skip

    def of_moments(self, column: str, wanted: Held, people: People) -> Int32:
        """The same for the moments of people."""
        own, found = self.frame, np.empty(wanted.rows, np.int32)
        _find(
            own.memory, own.places[column], self.ranges, wanted.memory, wanted.place,
            people.ranges, people.order, found,
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class People:
    """The people of some moments.

    table   each person once, by number, where the moments hold them
    ranges  (people, 2): moments [start, end) of each person, as places in `order`
    order   moments person by person
    person  person of each moment
    """

    table: Table
    ranges: Int64
    order: Int64
    person: Int32

    @classmethod
    def of(cls, moments: Frame) -> People:
        """Raises InputError as `rows` does. `moments` must outlive these."""
        refuse_types("the index moments", moments.layout, MOMENTS)
        table, person = table_of(moments.memory, moments.places["person_id"], moments.rows)
        return cls(table, *_ordered(person, len(table.texts)), person)

    def rows(self, name: str, table: pa.Table, ranges: Int64) -> Rows:
        """The rows of a canonical table by person, told in `ranges`. Texts may lie under a
        dictionary. Raises InputError for a column of another type than the contract's."""
        frame = Frame(table, name)
        refuse_types(f"table {name}", frame.layout, TABLES[name].schema)
        if not self._grouped(name, frame, ranges):
            frame = Frame(canonical(TABLES[name], table), name)
            sound = self._grouped(name, frame, ranges)
            assert sound, "canonical order keeps people together"
        return Rows(frame, ranges)

    def _grouped(self, name: str, frame: Frame, ranges: Int64) -> bool:
        time, places = TABLES[name].time, frame.places
        at = places[time] if time else -1
        return owned(*self.table, frame.memory, places["person_id"], at, frame.rows, ranges)


@kept
def _ordered(person: Int32, people: int) -> tuple[Int64, Int64]:
    """Places of each person's moments in an order person by person, and that order."""
    ranges = np.zeros((people, 2), np.int64)
    for p in person:
        if p >= 0:
            ranges[p, 1] += 1
    for p in range(1, people):
        ranges[p, 0] = ranges[p - 1, 0] + ranges[p - 1, 1]
    ranges[:, 1] = ranges[:, 0]
    order = np.empty(len(person), np.int64)
    for i in range(len(person)):
        if person[i] >= 0:
            order[ranges[person[i], 1]] = i
            ranges[person[i], 1] += 1
    return ranges, order


@reading
def _find(
    own: Memory, own_place: int, own_ranges: Int64, memory: Memory, place: int,
    ranges: Int64, order: Int64, found: Int32,
) -> None:  # fmt: skip
    """`Rows.find`, of the rows in `order` where there is one."""
    among, wanted = column(own, own_place), column(memory, place)
    found[:] = -1
    once = wanted.kind == CODED
    told = np.full(wanted.size + 1 if once else 0, -1, np.int32)
    for p in range(len(ranges)):
        begin, end = own_ranges[p, 0], own_ranges[p, 1]
        last = begin
        for at in range(ranges[p, 0], ranges[p, 1] if end > begin else 0):
            row = order[at] if len(order) else at
            entry = entry_at(wanted, row)
            known = told[entry] if once else np.int32(-1)
            found[row] = known
            if int(entry < 0) | int(begin <= known) & int(known < end):
                continue
            found[row] = -1
            text, size = text_at(wanted, entry)
            own_row = find_row(among, begin, end, last, text, size)
            if own_row < 0:
                continue
            found[row], last = own_row, own_row
            if once:
                told[entry] = own_row


@compiled
def find_row(among: Column, begin: int, end: int, first: int, text: int, size: int) -> int:
    """Row of [begin, end) whose text it is, from row `first` on, once around; -1 for none."""
    for step in range(end - begin):
        row = first + step if first + step < end else first + step - (end - begin)
        entry = entry_at(among, row)
        if entry >= 0:
            held, length = text_at(among, entry)
            if length == size and same_text(held, text, size):
                return int(row)
    return -1
