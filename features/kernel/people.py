"""Which rows are whose: every table as one range of rows per person.

Tables come in canonical order (people together, each person's rows by time). A table that does not
is put into that order first, so that no order of rows can change a feature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.kernel.columns import Frame, Words, filled
from features.tables.buffers import text_parts
from features.tables.order import canonical
from features.tables.schema import TABLES
from features.windows import Int32, Int64, kept

FEW = 16
"""Up to so many texts a dictionary of Python finds them sooner than Arrow does."""


@dataclass(frozen=True)
class Rows:
    """A table in canonical order.

    ranges  (people, 2): rows [start, end) of each person
    person  person of each row (-1: none of ours)
    """

    frame: Frame
    ranges: Int64
    person: Int64

    def find(self, own: Words, wanted: Words, person: Int64) -> Int64:
        """Row that holds the wanted word among `own` and is of that person; -1 for none."""
        place = places(wanted.values, own.values)
        return _found(own.codes, self.ranges, np.append(place, -1)[wanted.codes], person)


def places(values: tuple[str, ...], among: tuple[str, ...]) -> Int64:
    """Place of each text among others; -1 for none."""
    if len(values) <= FEW:
        known = {text: place for place, text in enumerate(among)}
        return np.array([known.get(text, -1) for text in values], np.int64)
    found = pc.index_in(pa.array(values, pa.string()), value_set=pa.array(among, pa.string()))
    return filled(found, -1).astype(np.int64)


@dataclass(frozen=True)
class People:
    """The people of some moments.

    ids     each person once
    ranges  (people, 2): moments [start, end) of each person, as places in `order`
    order   moments person by person
    person  person of each moment
    """

    ids: tuple[str, ...]
    ranges: Int64
    order: Int64
    person: Int64

    @classmethod
    def of(cls, moments: Frame) -> People:
        who = moments.words("person_id")
        person = who.codes.astype(np.int64)
        order = np.argsort(person, kind="stable")
        bounds = np.searchsorted(person[order], np.arange(len(who.values) + 1))
        return cls(who.values, np.column_stack([bounds[:-1], bounds[1:]]), order, person)

    def rows(self, name: str, table: pa.Table) -> Rows:
        """The rows of a canonical table by person."""
        found = self._grouped(name, table)
        if found is None:
            found = self._grouped(name, canonical(TABLES[name], table))
        assert found is not None, "canonical order keeps people together"
        return found

    def _grouped(self, name: str, table: pa.Table) -> Rows | None:
        frame = Frame(table)
        ids = frame.array("person_id")
        starts = _runs(ids)
        ends = np.append(starts[1:], len(ids))
        person = places(_heads(ids, starts), self.ids)
        time = TABLES[name].time
        at = frame.times(time) if time else np.zeros(len(ids), np.int64)
        ranges, whose, sound = _ranged(starts, ends, person, at, len(self.ids))
        return Rows(frame, ranges, whose) if sound else None


def _heads(ids: pa.Array, starts: Int64) -> tuple[str, ...]:
    """The id of each run."""
    if len(starts) <= FEW:
        return tuple(ids[row].as_py() for row in starts.tolist())
    heads = ids.take(pa.array(starts))
    return tuple((heads.dictionary_decode() if _coded(ids) else heads).to_pylist())


def _coded(ids: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(ids.type))


def _runs(ids: pa.Array) -> Int64:
    """First row of each run of equal ids."""
    if _coded(ids):
        return _runs_of_numbers(ids.indices.to_numpy(zero_copy_only=False).astype(np.int32))
    return _runs_of_texts(*text_parts(ids))


@kept
def _runs_of_numbers(ids: Int32) -> Int64:
    found = np.empty(len(ids), np.int64)
    runs = 0
    for i in range(len(ids)):
        if i == 0 or ids[i] != ids[i - 1]:
            found[runs] = i
            runs += 1
    return found[:runs].copy()


@kept
def _runs_of_texts(data: npt.NDArray[np.uint8], bounds: Int64) -> Int64:
    found = np.empty(len(bounds), np.int64)
    runs = 0
    for i in range(len(bounds) - 1):
        size = bounds[i + 1] - bounds[i]
        same = i > 0 and size == bounds[i] - bounds[i - 1]
        for k in range(size if same else 0):
            if data[bounds[i] + k] != data[bounds[i - 1] + k]:
                same = False
                break
        if not same:
            found[runs] = i
            runs += 1
    return found[:runs].copy()


@kept
def _ranged(
    starts: Int64, ends: Int64, person: Int64, at: Int64, people: int
) -> tuple[Int64, Int64, bool]:
    """Rows of each person, whose each row is, and whether people are together and by time."""
    ranges = np.zeros((people, 2), np.int64)
    whose = np.empty(len(at), np.int64)
    for run in range(len(starts)):
        p = person[run]
        if p >= 0 and ranges[p, 1] > 0:
            return ranges, whose, False
        if p >= 0:
            ranges[p, 0], ranges[p, 1] = starts[run], ends[run]
        for row in range(starts[run], ends[run]):
            whose[row] = p
            if row > starts[run] and at[row] < at[row - 1]:
                return ranges, whose, False
    return ranges, whose, True


@kept
def _found(ids: Int32, ranges: Int64, wanted: Int64, person: Int64) -> Int64:
    rows = np.full(len(wanted), -1, np.int64)
    last = 0
    for i in range(len(wanted)):
        p = person[i]
        if p < 0 or wanted[i] < 0:
            continue
        if ranges[p, 0] <= last < ranges[p, 1] and ids[last] == wanted[i]:
            rows[i] = last
            continue
        for row in range(ranges[p, 0], ranges[p, 1]):
            if ids[row] == wanted[i]:
                rows[i] = row
                last = row
                break
    return rows
