"""The hash table by which compiled code numbers texts, straight from Arrow's memory.

Nothing here is kept: what a process knows of texts is `vocabulary.py`'s. Texts come in runs and in
the order they were met, so the number found last and the one after it are tried before any hash.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.kernel.memory import (
    CODED,
    TEXT,
    Column,
    Memory,
    column,
    entry_at,
    hashed,
    reading,
    rising,
    run_end,
    same_text,
    text_at,
)  # fmt: skip
from features.windows import Int32, Int64, compiled

Bytes = npt.NDArray[np.uint8]
UInt64 = npt.NDArray[np.uint64]

NULL, NEW, UNASKED = -1, -2, -3
"""Number of a null, of a text that the table does not hold, and of one not looked for yet."""
NO_TAGS, NO_BYTES = np.zeros(0, np.int32), np.zeros(0, np.uint8)


class Table(NamedTuple):
    """Entries by hash: `slots` hold entry numbers, -1 where free; entry i is sizes[i] bytes at the
    address texts[i], under tags[i]; data: the bytes, where the table holds them itself."""

    slots: Int32
    hashes: UInt64
    tags: Int32
    texts: Int64
    sizes: Int64
    data: Bytes


EMPTY = Table(
    np.full(8, -1, np.int32), np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.int64),
    np.zeros(0, np.int64), np.zeros(0, np.uint8),
)  # fmt: skip


@compiled
def _is(
    tags: Int32, texts: Int64, sizes: Int64, entry: int, text: int, size: int, tag: int
) -> bool:
    return bool(sizes[entry] == size and tags[entry] == tag and same_text(texts[entry], text, size))


@compiled
def slot_of(
    slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64, text: int, size: int,
    tag: int, hashed: np.uint64,
) -> int:  # fmt: skip
    """Slot of a text: of its entry, or the free one where it belongs."""
    mask = len(slots) - 1
    slot = int(np.int64(hashed & np.uint64(mask)))
    while slots[slot] >= 0:
        entry = slots[slot]
        if hashes[entry] == hashed and _is(tags, texts, sizes, entry, text, size, tag):
            return slot
        slot = (slot + 1) & mask
    return slot


@compiled
def sought(
    slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64, text: int, size: int,
    tag: int, last: int,
) -> int:  # fmt: skip
    """Number of one text, or NEW; last: the number found last."""
    for entry in range(max(last, 0), min(last + 2, len(texts))):
        if _is(tags, texts, sizes, entry, text, size, tag):
            return int(entry)
    slot = slot_of(slots, hashes, tags, texts, sizes, text, size, tag, hashed(text, size, tag))
    return int(slots[slot] if slots[slot] >= 0 else NEW)


@reading
def look_up(
    slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64, _data: Bytes,
    memory: Memory, place: int, rows: int, tagged: Int32,
) -> tuple[Int32, bool]:  # fmt: skip
    """Number of each row's text, NULL or NEW, and whether any is NEW; a text of a dictionary is
    looked up once.

    tagged  a number beside each row, by which equal texts are told apart
    """
    of = column(memory, place)
    found = np.empty(rows, np.int32)
    once = of.kind == CODED and len(tagged) == 0
    told = np.full(of.size + 1 if once else 1, UNASKED, np.int32)
    told[-1] = NULL
    new, last, row = False, -1, 0
    while row < rows:
        entry = entry_at(of, row)
        while once and told[entry] != UNASKED:
            found[row] = told[entry]
            row += 1
            if row == rows:
                return found, new
            entry = entry_at(of, row)
        if entry < 0:
            found[row] = NULL
        else:
            tag = tagged[row] if len(tagged) else 0
            text, size = text_at(of, entry)
            number = sought(slots, hashes, tags, texts, sizes, text, size, tag, last)
            found[row] = number
            if once:
                told[entry] = number
            new = new or number == NEW
            last = number if number >= 0 else last
        row += 1
    return found, new


@reading
def owned(
    slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64, _data: Bytes,
    memory: Memory, place: int, time: int, rows: int, ranges: Int64,
) -> bool:  # fmt: skip
    """Fills in rows [start, end) of each entry; whether its rows are together and by time.

    place, time  columns of the texts and of the times; -1: there is no time
    """
    ranges[:] = 0
    of, at = column(memory, place), column(memory, max(time, 0))
    last, row = -1, 0
    while row < rows:
        begin, entry = row, entry_at(of, row)
        text, size = text_at(of, entry) if entry >= 0 else (0, -1)
        row = run_end(of, row + 1, rows, entry)
        while of.kind == TEXT and row < rows and _again(of, row, entry, text, size):
            row += 1
        p = NULL
        if entry >= 0:
            p = sought(slots, hashes, tags, texts, sizes, text, size, 0, last)
        if p >= 0:
            if ranges[p, 1] > 0 or (time >= 0 and not rising(at, begin, row)):
                return False
            last, ranges[p, 0], ranges[p, 1] = p, begin, row
    return True


@compiled
def _again(of: Column, row: int, entry: int, text: int, size: int) -> bool:
    """Whether a row has the text of the row before."""
    own = entry_at(of, row)
    if own < 0 or entry < 0:
        return own == entry
    its, length = text_at(of, own)
    return length == size and same_text(its, text, size)


@reading
def distinct(memory: Memory, place: int, rows: int) -> tuple[Int32, Int32, UInt64, Int64, Int64]:
    """Texts numbered as they are first met, NULL for null; and slots, hashes, texts and sizes of a
    table of them."""
    of = column(memory, place)
    capacity = 8
    while capacity < 2 * rows:
        capacity *= 2
    slots, found = np.full(capacity, -1, np.int32), np.empty(rows, np.int32)
    texts, sizes, hashes = (
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.uint64),
    )
    tags = np.zeros(rows, np.int32)
    count, last = 0, -1
    for row in range(rows):
        entry = entry_at(of, row)
        if entry < 0:
            found[row] = NULL
            continue
        text, size = text_at(of, entry)
        if last >= 0 and _is(tags, texts, sizes, last, text, size, 0):
            found[row] = last
            continue
        own = hashed(text, size, 0)
        slot = slot_of(slots, hashes, tags, texts, sizes, text, size, 0, own)
        if slots[slot] < 0:
            slots[slot] = count
            texts[count], sizes[count], hashes[count] = text, size, own
            count += 1
        last = slots[slot]
        found[row] = last
    return found, slots, hashes[:count], texts[:count], sizes[:count]


@reading
def numbered(memory: Memory, place: int, found: Int32) -> int:
    """Numbers each row's text, -1 for null, and returns how many numbers there are.

    Texts under a dictionary keep its numbers, others are numbered as they are first met.
    """
    of = column(memory, place)
    if of.kind == CODED:
        for row in range(len(found)):
            found[row] = entry_at(of, row)
        return of.size
    capacity = 8
    while capacity < 2 * len(found):
        capacity *= 2
    slots = np.full(capacity, -1, np.int32)
    texts, sizes = np.empty(len(found), np.int64), np.empty(len(found), np.int64)
    count, number = 0, -1
    for row in range(len(found)):
        entry = entry_at(of, row)
        if entry < 0:
            found[row] = NULL
            continue
        text, size = text_at(of, entry)
        if number < 0 or sizes[number] != size or not same_text(texts[number], text, size):
            slot = np.int64(hashed(text, size, 0) & np.uint64(capacity - 1))
            number = slots[slot]
            while number >= 0 and not (
                sizes[number] == size and same_text(texts[number], text, size)
            ):
                slot = (slot + 1) & (capacity - 1)
                number = slots[slot]
            if number < 0:
                slots[slot] = number = count
                texts[count], sizes[count] = text, size
                count += 1
        found[row] = number
    return count


def table_of(memory: Memory, place: int, rows: int) -> tuple[Table, Int32]:
    """The distinct texts of a column as a table that reads them where they lie, and each row's
    number; NULL for null."""
    found, slots, hashes, texts, sizes = distinct(memory, place, rows)
    return Table(slots, hashes, np.zeros(len(texts), np.int32), texts, sizes, NO_BYTES), found


def grown(table: Table, tags: Int32, sizes: Int64, data: Bytes) -> Table:
    """The table, which holds its bytes itself, with more entries; the old one stays as it is."""
    held = np.concatenate([table.data, data])
    every = np.concatenate([table.sizes, sizes])
    texts = np.cumsum(every) - every + held.ctypes.data
    told = np.concatenate([table.tags, tags])
    slots, hashes = _filled(table.slots, table.hashes, told, texts, every)
    return Table(slots, hashes, told, texts, every, held)


@reading
def _filled(
    slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64
) -> tuple[Int32, UInt64]:
    """Slots and hashes with the entries beyond those hashed; slots anew once half are taken."""
    before = len(hashes)
    known = np.empty(len(tags), np.uint64)
    known[:before] = hashes
    for entry in range(before, len(tags)):
        known[entry] = hashed(texts[entry], sizes[entry], tags[entry])
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
