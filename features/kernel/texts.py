"""Texts straight from Arrow's memory, and the hash table by which compiled code numbers them.

Nothing here is kept: what a process knows of texts is `vocabulary.py`'s.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.windows import Int32, Int64, compiled, kept

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
UInt64 = npt.NDArray[np.uint64]

NULL, NEW = -1, -2
"""Number of a null, and of a text that the table does not hold."""


def _unwritable(kind: type[np.generic], size: int) -> npt.NDArray[np.generic]:
    """Zeros that are as unwritable as Arrow's memory, so that one compiled version serves both."""
    empty = np.zeros(size, kind)
    empty.setflags(write=False)
    return empty


_NO_BYTES, _NO_BOUNDS = _unwritable(np.uint8, 0), _unwritable(np.int32, 1)
NO_TAGS = np.zeros(0, np.int32)


class Texts(NamedTuple):
    """A text column: text i is data[bounds[i]:bounds[i + 1]]; valid: empty where none is null."""

    data: Bytes
    bounds: Int32
    valid: Bools


_ALL_VALID = np.zeros(0, np.bool_)


def texts_of(array: pa.Array) -> Texts:
    """The memory of an Arrow text column."""
    size = len(array)
    _, bounds, data = array.buffers()
    if not size or bounds is None:
        return Texts(_NO_BYTES, _NO_BOUNDS, _ALL_VALID)  # type: ignore[arg-type]
    valid = _ALL_VALID
    if array.null_count:
        valid = np.array(pc.is_valid(array).to_numpy(zero_copy_only=False), np.bool_)
    content = _NO_BYTES if data is None else np.frombuffer(data, np.uint8)
    ends = np.frombuffer(bounds, np.int32, size + 1, 4 * array.offset)
    return Texts(content, ends, valid)  # type: ignore[arg-type]


class Table(NamedTuple):
    """Entries by hash: `slots` hold entry numbers, -1 where free; entry i is the bytes from
    starts[i] to starts[i + 1] under tags[i]."""

    slots: Int32
    hashes: UInt64
    tags: Int32
    starts: Int64
    data: Bytes


EMPTY = Table(
    np.full(8, -1, np.int32), np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(1, np.int64),
    np.zeros(0, np.uint8),
)  # fmt: skip


@compiled
def _hashed(data: Bytes, start: int, end: int, tag: int) -> np.uint64:
    """FNV-1a, its high bits mixed down."""
    found = np.uint64(14695981039346656037) ^ np.uint64(tag + 1)
    for at in range(start, end):
        found = (found ^ np.uint64(data[at])) * np.uint64(1099511628211)
    return found ^ (found >> np.uint64(29))


@compiled
def _entry(
    slots: Int32, hashes: UInt64, tags: Int32, starts: Int64, held: Bytes, data: Bytes, start: int,
    end: int, tag: int, hashed: np.uint64,
) -> int:  # fmt: skip
    """Slot of a text: of its entry, or the free one where it belongs."""
    mask = len(slots) - 1
    slot = int(np.int64(hashed & np.uint64(mask)))
    while slots[slot] >= 0:
        entry = slots[slot]
        first = starts[entry]
        if (
            hashes[entry] == hashed
            and tags[entry] == tag
            and starts[entry + 1] - first == end - start
        ):
            same = True
            for k in range(end - start):
                if held[first + k] != data[start + k]:
                    same = False
                    break
            if same:
                return slot
        slot = (slot + 1) & mask
    return slot


@compiled
def _sought(
    slots: Int32, hashes: UInt64, tags: Int32, starts: Int64, held: Bytes, data: Bytes, start: int,
    end: int, tag: int,
) -> int:  # fmt: skip
    """Number of one text, or NEW."""
    hashed = _hashed(data, start, end, tag)
    slot = _entry(slots, hashes, tags, starts, held, data, start, end, tag, hashed)
    return int(slots[slot] if slots[slot] >= 0 else NEW)


@kept
def look_up(
    slots: Int32, hashes: UInt64, tags: Int32, starts: Int64, held: Bytes, data: Bytes,
    bounds: Int32, valid: Bools, tagged: Int32,
) -> tuple[Int32, bool]:  # fmt: skip
    """Number of each text, NULL or NEW, and whether any is NEW."""
    found = np.empty(len(bounds) - 1, np.int32)
    new = False
    for i in range(len(found)):
        if len(valid) and not valid[i]:
            found[i] = NULL
            continue
        tag = tagged[i] if len(tagged) else 0
        again = i > 0 and (len(tagged) == 0 or tag == tagged[i - 1])
        if again and _same(data, bounds, i - 1, bounds[i], bounds[i + 1]):
            found[i] = found[i - 1]  # texts often come in runs
            if found[i] != NULL or len(valid) == 0:
                continue
        found[i] = _sought(slots, hashes, tags, starts, held, data, bounds[i], bounds[i + 1], tag)
        new = new or found[i] == NEW
    return found, new


@kept
def _numbered(data: Bytes, bounds: Int32, valid: Bools) -> tuple[Int32, Int32]:
    """Texts numbered as they are first met (NULL for null), and the row each is first met at."""
    size = len(bounds) - 1
    capacity = 8
    while capacity < 2 * size:
        capacity *= 2
    slots = np.full(capacity, -1, np.int32)
    found, firsts = np.empty(size, np.int32), np.empty(size, np.int32)
    count = 0
    for i in range(size):
        if len(valid) and not valid[i]:
            found[i] = NULL
            continue
        start, end = bounds[i], bounds[i + 1]
        slot = np.int64(_hashed(data, start, end, 0) & np.uint64(capacity - 1))
        while slots[slot] >= 0 and not _same(data, bounds, firsts[slots[slot]], start, end):
            slot = (slot + 1) & (capacity - 1)
        if slots[slot] < 0:
            slots[slot] = count
            firsts[count] = i
            count += 1
        found[i] = slots[slot]
    return found, firsts[:count].copy()


@compiled
def _same(data: Bytes, bounds: Int32, row: int, start: int, end: int) -> bool:
    first = bounds[row]
    if bounds[row + 1] - first != end - start:
        return False
    k = 0
    while k < end - start and data[first + k] == data[start + k]:
        k += 1
    return k == end - start


@kept
def owned(
    slots: Int32, hashes: UInt64, tags: Int32, starts: Int64, held: Bytes, data: Bytes,
    bounds: Int32, at: Int64, people: int,
) -> tuple[Int64, Int64, bool]:  # fmt: skip
    """Ranges of rows whose owners are texts, looked up once a run."""
    ranges = np.zeros((people, 2), np.int64)
    whose = np.empty(len(at), np.int64)
    sound, p = True, np.int64(NULL)
    for row in range(len(at)):
        start, end = bounds[row], bounds[row + 1]
        if row == 0 or not _same(data, bounds, row - 1, start, end):
            if row > 0 and p >= 0:
                ranges[p, 1] = row
            p = np.int64(_sought(slots, hashes, tags, starts, held, data, start, end, 0))
            p = max(p, np.int64(NULL))
            if p >= 0:
                sound = sound and ranges[p, 1] == 0
                ranges[p, 0] = row
        elif at[row] < at[row - 1]:
            sound = False
        whose[row] = p
    if len(at) > 0 and p >= 0:
        ranges[p, 1] = len(at)
    return ranges, whose, sound


def numbered(array: pa.Array) -> tuple[Int32, int]:
    """Texts numbered as they are first met, -1 for null; and how many numbers there are.

    Texts under a dictionary keep its numbers.
    """
    if isinstance(array, pa.DictionaryArray):
        return indices(array), len(array.dictionary)
    found, firsts = _numbered(*texts_of(array))
    return found, len(firsts)


def indices(array: pa.DictionaryArray) -> Int32:
    """The numbers of a dictionary column; -1 for null."""
    held = array.indices
    filled = pc.fill_null(held, NULL) if held.null_count else held
    return np.array(filled.to_numpy(zero_copy_only=False), np.int32)


def table_of(array: pa.Array) -> tuple[Table, Int32]:
    """The distinct texts of a column without a dictionary as a table, and each row's number."""
    held = texts_of(array)
    found, firsts = _numbered(*held)
    return grown(
        EMPTY, np.zeros(len(firsts), np.int32), *_cut(held.data, held.bounds, firsts)
    ), found


def grown(table: Table, tags: Int32, starts: Int64, data: Bytes) -> Table:
    """The table with more entries, whose starts count from 0; the old one stays as it is."""
    held = Table(
        table.slots,
        table.hashes,
        np.concatenate([table.tags, tags]),
        np.concatenate([table.starts, table.starts[-1] + starts[1:]]),
        np.concatenate([table.data, data]),
    )
    slots, hashes = _filled(*held)
    return held._replace(slots=slots, hashes=hashes)


@kept
def _filled(
    slots: Int32, hashes: UInt64, tags: Int32, starts: Int64, data: Bytes
) -> tuple[Int32, UInt64]:
    """Slots and hashes with the entries beyond those hashed; slots anew once half are taken."""
    before = len(hashes)
    known = np.empty(len(tags), np.uint64)
    known[:before] = hashes
    for entry in range(before, len(tags)):
        known[entry] = _hashed(data, starts[entry], starts[entry + 1], tags[entry])
    capacity, first = len(slots), before
    while capacity < 2 * len(tags):
        capacity, first = 2 * capacity, 0
    filled = np.full(capacity, -1, np.int32)
    if capacity == len(slots):
        filled[:] = slots
    for entry in range(first, len(tags)):
        slot = np.int64(known[entry] & np.uint64(capacity - 1))
        while filled[slot] >= 0:
            slot = (slot + 1) & (capacity - 1)
        filled[slot] = entry
    return filled, known


@kept
def _cut(data: Bytes, bounds: Int32, rows: Int32) -> tuple[Int64, Bytes]:
    """Some rows' texts end to end."""
    starts = np.zeros(len(rows) + 1, np.int64)
    for place in range(len(rows)):
        starts[place + 1] = starts[place] + bounds[rows[place] + 1] - bounds[rows[place]]
    cut = np.empty(starts[-1], np.uint8)
    for place in range(len(rows)):
        first = bounds[rows[place]]
        for k in range(starts[place + 1] - starts[place]):
            cut[starts[place] + k] = data[first + k]
    return starts, cut
