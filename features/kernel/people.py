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
from features.kernel.columns import Frame
from features.kernel.texts import Bools, Bytes, indices, texts_of
from features.kernel.vocabulary import Vocabulary
from features.tables.order import canonical
from features.tables.schema import TABLES
from features.windows import Int32, Int64, kept

MOMENTS = pa.schema(
    [
        pa.field(name, pa.timestamp("us") if name == "index_at" else pa.string())
        for name in ("person_id", "index_at", "stay_id", "moment")
    ]
)
"""What is read of index moments."""


def refuse_types(where: str, given: pa.Schema, wanted: pa.Schema) -> None:
    """Raises InputError where a column is of another type than it is to be."""
    if given.equals(wanted):
        return
    for field in wanted:
        place = given.get_field_index(field.name)
        if place < 0 or given.field(place).type.equals(field.type):
            continue
        held = given.field(place).type
        if not (pa.types.is_dictionary(held) and held.value_type.equals(field.type)):
            raise InputError(
                f"{field.name} is of type {held}, not {field.type}",
                where=f"{where}, column {field.name}",
                cure="cast it, or make the tables with features.tables.memory.tables_of",
            )


@dataclass(frozen=True)
class Rows:
    """A table in canonical order.

    ranges  (people, 2): rows [start, end) of each person
    person  person of each row (-1: none of ours)
    """

    frame: Frame
    ranges: Int64
    person: Int64

    def find(self, column: str, wanted: pa.Array, person: Int64) -> Int64:
        """Row of the person whose text in `column` is the wanted one; -1 for none."""
        own = self.frame.array(column)
        if isinstance(own, pa.DictionaryArray) or isinstance(wanted, pa.DictionaryArray):
            return _find_numbers(*_alike(own, wanted), self.ranges, person)
        return _find_texts(*texts_of(own), *texts_of(wanted), self.ranges, person)


def _alike(own: pa.Array, wanted: pa.Array) -> tuple[Int32, Int32]:
    """Two text columns by the same numbers."""
    words, numbers = Vocabulary.of(own)
    return numbers, words.ids(wanted)


@dataclass(frozen=True)
class People:
    """The people of some moments.

    ids     each person once, by number
    ranges  (people, 2): moments [start, end) of each person, as places in `order`
    order   moments person by person
    person  person of each moment
    """

    ids: Vocabulary
    ranges: Int64
    order: Int64
    person: Int64

    @classmethod
    def of(cls, moments: Frame) -> People:
        """Raises InputError as `rows` does."""
        refuse_types("the index moments", moments.table.schema, MOMENTS)
        ids, own = Vocabulary.of(moments.array("person_id"))
        person = own.astype(np.int64)
        return cls(ids, *_ordered(person, len(ids)), person)

    def rows(self, name: str, table: pa.Table) -> Rows:
        """The rows of a canonical table by person. Raises InputError for a column of another type
        than the contract's; texts may lie under a dictionary."""
        refuse_types(f"table {name}", table.schema, TABLES[name].schema)
        found = self._grouped(name, table)
        if found is None:
            found = self._grouped(name, canonical(TABLES[name], table))
        assert found is not None, "canonical order keeps people together"
        return found

    def _grouped(self, name: str, table: pa.Table) -> Rows | None:
        frame = Frame(table)
        time, ids = TABLES[name].time, frame.array("person_id")
        at = frame.times(time) if time else np.zeros(frame.rows, np.int64)
        if isinstance(ids, pa.DictionaryArray):
            own = indices(ids)
            starts = _runs(own)
            person = self.ids.ids(ids.dictionary)[own[starts]]
            ranges, whose, sound = _ranged(starts, person, at, len(self.ids))
        else:
            ranges, whose, sound = self.ids.owned(ids, at)
        return Rows(frame, ranges, whose) if sound else None


@kept
def _ordered(person: Int64, people: int) -> tuple[Int64, Int64]:
    """Places of each person's moments in an order person by person, and that order."""
    ranges = np.zeros((people, 2), np.int64)
    for p in person:
        ranges[p, 1] += 1
    for p in range(1, people):
        ranges[p, 0] = ranges[p - 1, 0] + ranges[p - 1, 1]
    ranges[:, 1] = ranges[:, 0]
    order = np.empty(len(person), np.int64)
    for i in range(len(person)):
        order[ranges[person[i], 1]] = i
        ranges[person[i], 1] += 1
    return ranges, order


@kept
def _runs(ids: Int32) -> Int64:
    """First row of each run of equal numbers."""
    found = np.empty(len(ids), np.int64)
    runs = 0
    for i in range(len(ids)):
        if i == 0 or ids[i] != ids[i - 1]:
            found[runs] = i
            runs += 1
    return found[:runs].copy()


@kept
def _ranged(starts: Int64, person: Int32, at: Int64, people: int) -> tuple[Int64, Int64, bool]:
    """Rows of each person, whose each row is, and whether people are together and by time."""
    ranges = np.zeros((people, 2), np.int64)
    whose = np.empty(len(at), np.int64)
    for run in range(len(starts)):
        p = np.int64(person[run])
        end = starts[run + 1] if run + 1 < len(starts) else len(at)
        if p >= 0 and ranges[p, 1] > 0:
            return ranges, whose, False
        if p >= 0:
            ranges[p, 0], ranges[p, 1] = starts[run], end
        for row in range(starts[run], end):
            whose[row] = p
            if row > starts[run] and at[row] < at[row - 1]:
                return ranges, whose, False
    return ranges, whose, True


@kept
def _find_numbers(own: Int32, wanted: Int32, ranges: Int64, person: Int64) -> Int64:
    rows = np.full(len(wanted), -1, np.int64)
    last = 0
    for i in range(len(wanted)):
        p = person[i]
        if p < 0 or wanted[i] < 0:
            continue
        if ranges[p, 0] <= last < ranges[p, 1] and own[last] == wanted[i]:
            rows[i] = last
            continue
        for row in range(ranges[p, 0], ranges[p, 1]):
            if own[row] == wanted[i]:
                rows[i] = row
                last = row
                break
    return rows


@kept
def _find_texts(
    own: Bytes, own_bounds: Int32, _own_valid: Bools, wanted: Bytes, bounds: Int32, valid: Bools,
    ranges: Int64, person: Int64,
) -> Int64:  # fmt: skip
    rows = np.full(len(bounds) - 1, -1, np.int64)
    last = 0
    for i in range(len(rows)):
        p = person[i]
        if p < 0 or (len(valid) and not valid[i]):
            continue
        begin, end = ranges[p, 0], ranges[p, 1]
        first = last if begin <= last < end else begin
        for step in range(end - begin):  # from the row found last, once around
            row = first + step if first + step < end else first + step - (end - begin)
            size = own_bounds[row + 1] - own_bounds[row]
            if size != bounds[i + 1] - bounds[i]:
                continue
            same = True
            for k in range(size):
                if own[own_bounds[row] + k] != wanted[bounds[i] + k]:
                    same = False
                    break
            if same:
                rows[i], last = row, row
                break
    return rows
