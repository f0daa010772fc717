"""Which operations a row belongs to, worked out once for each distinct row of filter columns.

Rows that agree in every column a filter asks of form a class. A class lists the ladders that take
its rows (`ladders.py`), those taken alike together, the one that looks furthest back first, each
with the code groups it unites; so the kernel asks a row of no filter at all. Classes grow as new
values are met and never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import islice
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.catalogue.rules import CODED
from features.catalogue.sets import grouping
from features.codes import CodeSet
from features.kernel.collect import MAY_BE_UNKNOWN
from features.kernel.columns import READABLE, YES
from features.kernel.facets import PAIR, texts
from features.kernel.ladders import ladders_of
from features.kernel.program import SUPPLIES, TABLE_OF, Measure, Op, Program, Source
from features.windows import Int32, Int64, compiled, kept

UInt64 = npt.NDArray[np.uint64]
Entry = tuple[int, int]
"""The operation at the head of a ladder, and the bits it unites (0 where it unites none)."""


class Kind(IntEnum):
    """How a row is taken: those taken alike stand together in a class."""

    COUNTED = 0
    DATED = 1
    UNITED = 2
    SUMMED = 3
    TOLD = 4
    OTHERS = 5
    SUPPLIED = 6


KINDS: Mapping[Measure, Kind] = MappingProxyType(
    {
        Measure.SINCE: Kind.DATED,
        Measure.UNION: Kind.UNITED,
        Measure.SUM: Kind.SUMMED,
        Measure.DISTINCT: Kind.TOLD,
    }
)


def kind_of(op: Op) -> Kind:
    """How the rows of an operation are taken."""
    if op.measure in SUPPLIES:
        return Kind.SUPPLIED
    if op.measure is Measure.COUNT:
        return Kind.COUNTED if op.tallied else Kind.OTHERS
    return KINDS.get(op.measure, Kind.OTHERS) if op.steps else Kind.OTHERS


class Lists(NamedTuple):
    """Operations of every class end to end: class c has those of kind k from starts[c, k] to
    starts[c, k + 1]. Of tallies (COUNTED), their numbers."""

    starts: Int64
    ops: Int32
    bits: UInt64


@dataclass(frozen=True)
class Plan:
    """How a source's rows are told apart.

    columns  filter columns, in the order of a row's key
    plain    operations over a filter alone, which may be empty
    unknown  those over what is not known of a stay: their bit says whether it states no specialty
    united, grouped  those over a code set
    """

    columns: tuple[str, ...]
    plain: tuple[tuple[int, Op], ...]
    unknown: tuple[tuple[int, Op], ...]
    united: tuple[tuple[int, Op], ...]
    grouped: Mapping[tuple[str, str], tuple[tuple[int, Op], ...]]

    @classmethod
    def of(cls, program: Program, source: Source) -> Plan:
        heads = set(ladders_of(program).heads.tolist())
        own = [(p, program.ops[p]) for p in program.places(source) if p in heads]
        asked = {c for _, op in own for c, _ in op.where if not c.startswith(READABLE)}
        if source.name.lower() in CODED or asked & {"code", "code_system"}:
            asked = (asked - {"code_system"}) | {PAIR}
        grouped: dict[tuple[str, str], list[tuple[int, Op]]] = {}
        for place, op in own:
            if op.group:
                grouped.setdefault((op.groups, op.group), []).append((place, op))
        unknown = [(place, op) for place, op in own if op.unknown and source is Source.STAY]
        plain = [each for each in own if not each[1].groups and each not in unknown]
        return cls(
            tuple(sorted(asked)),
            tuple(plain),
            tuple(unknown),
            tuple((place, op) for place, op in own if op.measure is Measure.UNION),
            {key: tuple(ops) for key, ops in grouped.items()},
        )


class Classes:
    """The classes of a program met so far in this process; safe to use from several threads."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._plans = {source: Plan.of(program, source) for source in Source}
        self._known = dict.fromkeys(Source, NO_KEYS)
        self._met: dict[Source, set[int]] = {source: set() for source in Source}
        self._numbers: dict[tuple[Entry, ...], int] = {}
        self._lock = Lock()
        self._lists = Lists(
            np.zeros((0, len(Kind) + 1), np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint64)
        )

    def facets(self, source: Source) -> tuple[str, ...]:
        """Columns that tell the rows of a source apart (`facets.py`)."""
        return self._plans[source].columns

    @property
    def lists(self) -> Lists:
        """The operations of every class found so far."""
        return self._lists

    def find(self, source: Source, keys: Int64) -> Int32:
        """The class of each key (`facets.keys`)."""
        known = self._known[source]
        found, fresh = _look_up(known.slots, known.keys, known.classes, keys)
        if len(fresh):
            self._learn(source, fresh)
            return self.find(source, keys)
        return found

    def fill(self, source: Source, codes: Int32, keys: Int64, found: Int32) -> None:
        """Class of each row into `found`, by the place of its key in `keys`; -1: the last."""
        found[:] = self.find(source, keys)[codes]

    def _learn(self, source: Source, keys: Int64) -> None:
        with self._lock:
            fresh = [key for key in dict.fromkeys(keys.tolist()) if key not in self._met[source]]
            told = list(self._of(source, fresh))  # whole, before anything is numbered
            before = len(self._numbers)
            found = [self._numbers.setdefault(e, len(self._numbers)) for e in told]
            self._append(list(islice(self._numbers, before, None)))
            self._known[source] = self._known[source].grown(fresh, found)
            self._met[source].update(fresh)

    def _append(self, fresh: list[tuple[Entry, ...]]) -> None:
        starts, ops, bits = self._lists
        kinds = [[kind_of(self._program.ops[op]) for op, _ in entries] for entries in fresh]
        sizes = [[kind.count(k) for k in Kind] for kind in kinds]
        ends = len(ops) + np.cumsum(np.array(sizes, np.int64).ravel()).reshape(-1, len(Kind))
        begun = np.concatenate([[len(ops)], ends[:, -1]])[:-1]
        flat = [entry for entries in fresh for entry in entries]
        self._lists = Lists(
            np.concatenate([starts, np.column_stack([begun, ends])]),
            np.concatenate([ops, np.array([self._named(op) for op, _ in flat], np.int32)]),
            np.concatenate([bits, np.array([united for _, united in flat], np.uint64)]),
        )

    def _named(self, head: int) -> int:
        """What a list says of an operation: itself, or the number of its ladder where tallied."""
        op = self._program.ops[head]
        return self._program.tallies[op.ladder] if op.tallied and op.ladder is not None else head

    def _of(self, source: Source, keys: list[int]) -> Iterator[tuple[Entry, ...]]:
        """The operations of each class, kind by kind, furthest look back first."""
        plan, ops = self._plans[source], self._program.ops
        ladders = ladders_of(self._program)
        reach = dict(zip(ladders.heads.tolist(), ladders.reach.tolist(), strict=True))

        def order(entry: Entry) -> tuple[int, int, int]:
            return kind_of(ops[entry[0]]), -reach[entry[0]], entry[0]

        rows = texts(TABLE_OF[source], plan.columns, keys)
        coded = _Coded.of(plan, rows)
        for number, row in enumerate(rows):
            entries = [(p, 0) for p, op in plan.plain if _meets(op, row, coded, number)]
            silent = int(row.get(MAY_BE_UNKNOWN) is None)
            entries += [(p, silent) for p, op in plan.unknown if _meets(op, row, coded, number)]
            entries += coded.entries(plan, row, number)
            yield tuple(sorted(entries, key=order))


class Keys(NamedTuple):
    """Keys by hash: slots hold places among `keys`, -1 where free; classes: of each key."""

    slots: Int32
    keys: Int64
    classes: Int32

    def grown(self, keys: Sequence[int], classes: Sequence[int]) -> Keys:
        """With more keys, none of which is here; this one stays as it is."""
        every = np.concatenate([self.keys, np.array(keys, np.int64)])
        told = np.concatenate([self.classes, np.array(classes, np.int32)])
        return Keys(_slots(self.slots, every, len(self.keys)), every, told)


NO_KEYS = Keys(np.full(8, -1, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int32))


@compiled
def _slot(slots: Int32, held: Int64, key: int) -> int:
    """Slot of a key, or the free one where it belongs."""
    mask = len(slots) - 1
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    slot = int(np.int64((mixed >> np.uint64(32)) & np.uint64(mask)))
    while slots[slot] >= 0 and held[slots[slot]] != key:
        slot = (slot + 1) & mask
    return slot


@kept
def _slots(slots: Int32, keys: Int64, before: int) -> Int32:
    """Slots of keys of which so many have one; slots anew once half are taken."""
    capacity, first = len(slots), before
    while capacity < 2 * len(keys):
        capacity, first = 2 * capacity, 0
    filled = np.full(capacity, -1, np.int32)
    if capacity == len(slots):
        filled[:] = slots
    for place in range(first, len(keys)):
        filled[_slot(filled, keys, keys[place])] = place
    return filled


@kept
def _look_up(slots: Int32, held: Int64, classes: Int32, keys: Int64) -> tuple[Int32, Int64]:
    """Class of each key, and the keys that have none yet."""
    found, fresh = np.empty(len(keys), np.int32), np.empty(len(keys), np.int64)
    count = 0
    for i in range(len(keys)):
        place = slots[_slot(slots, held, keys[i])]
        if place >= 0:
            found[i] = classes[place]
        else:
            fresh[count] = keys[i]
            count += 1
    return found, fresh[:count].copy()


@dataclass(frozen=True)
class _Coded:
    """What each code set says of some rows: their bits by word, and whether it reads them."""

    bits: Mapping[str, UInt64]
    readable: Mapping[str, npt.NDArray[np.bool_]]
    sets: Mapping[str, CodeSet]

    @classmethod
    def of(cls, plan: Plan, rows: Sequence[Mapping[str, str | None]]) -> _Coded:
        asked = {op.groups for _, op in plan.united} | {name for name, _ in plan.grouped}
        read = {
            column.removeprefix(READABLE)
            for _, op in (*plan.plain, *plan.united)
            for column, _ in op.where
            if column.startswith(READABLE)
        }
        sets = {name: grouping(name) for name in asked | read}
        bits = {name: _bits(sets[name], rows) for name in asked}
        return cls(bits, {name: _readable(sets[name], rows) for name in read}, sets)

    def entries(self, plan: Plan, row: Mapping[str, str | None], number: int) -> list[Entry]:
        found = []
        for place, op in plan.united:
            united = int(self.bits[op.groups][number, op.word])
            if united and _meets(op, row, self, number):
                found.append((place, united))
        for (name, group), ops in plan.grouped.items():
            word, bit = self.sets[name].place(group)
            if int(self.bits[name][number, word]) >> bit & 1:
                found += [(p, 0) for p, op in ops if _meets(op, row, self, number)]
        return found


def _by_system(rows: Sequence[Mapping[str, str | None]]) -> Iterator[tuple[str, list[int]]]:
    systems: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        systems.setdefault(row["code_system"] or "", []).append(number)
    yield from systems.items()


def _bits(held: CodeSet, rows: Sequence[Mapping[str, str | None]]) -> UInt64:
    """Groups of each row, shape (rows, words of 64 groups)."""
    found = np.zeros((len(rows), held.words), np.uint64)
    for system, places in _by_system(rows):
        codes = [rows[place]["code"] or "" for place in places]
        found[places] = held.bits(system, codes).reshape(len(places), -1)
    return found


def _readable(held: CodeSet, rows: Sequence[Mapping[str, str | None]]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(rows), np.bool_)
    for system, places in _by_system(rows):
        found[places] = held.reads_codes(system, [rows[place]["code"] or "" for place in places])
    return found


def _meets(op: Op, row: Mapping[str, str | None], coded: _Coded, number: int) -> bool:
    """Whether a row meets the operation's filter."""
    for column, values in op.where:
        if column.startswith(READABLE):
            value: str | None = YES if coded.readable[column.removeprefix(READABLE)][number] else ""
        else:
            value = row[column]
        if value not in values:
            return False
    return True


@lru_cache(maxsize=16)
def classes_of(program: Program) -> Classes:
    """The classes of a program, kept for the process."""
    return Classes(program)
