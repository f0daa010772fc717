"""Where Arrow keeps the columns of a table, so that compiled code reads them there.

A column is a line of numbers: addresses and an offset, told by Arrow's C data interface. Whoever
reads by them holds the table as long. Types are the caller's to refuse: what lies at an address is
taken for what `Kind` says.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import types
from numba.extending import intrinsic

from features.windows import HERE, NEVER, NO_DAY, Int64, compiled, kept, kept_with

PARTS = (HERE / "windows.py", HERE / "kernel" / "memory.py")
"""Files that functions which read here are made of (`windows.kept_with`)."""
reading = kept_with(*PARTS)


class Kind(IntEnum):
    """How a column's values lie."""

    TEXT = 0
    CODED = 1
    FLOAT64 = 2
    INT64 = 3
    INT32 = 4
    FLAG = 5
    OTHER = 6


class Column(NamedTuple):
    """A column as compiled code takes it from its line.

    kind    a `Kind`;  width: bytes of a number of a dictionary
    offset  rows of the memory before its first
    valid   address of the bits that say which rows are not null, 0 where all are
    values  address of the values, of the bounds of texts, or of the numbers of a dictionary
    data    address of the bytes of texts
    size, its_offset, its_valid, bounds  the dictionary: how many texts, and where they lie
    """

    kind: int
    width: int
    offset: int
    valid: int
    values: int
    data: int
    size: int
    its_offset: int
    its_valid: int
    bounds: int


SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose product spreads bits far."""
FIELDS = len(Column._fields)
TEXT, CODED, FLOAT64, INT64, INT32, FLAG, OTHER = (int(kind) for kind in Kind)
WIDTHS = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4}
"""Bytes of the numbers of a dictionary; eight where the type is none of these."""
FIXED = {
    pa.string(): TEXT,
    pa.float64(): FLOAT64,
    pa.int64(): INT64,
    pa.timestamp("us"): INT64,
    pa.int32(): INT32,
    pa.date32(): INT32,
    pa.bool_(): FLAG,
}
Memory = Int64
"""Lines of `Column`, one a column, shape (columns, FIELDS)."""


class Held(NamedTuple):
    """A column of a batch that is kept as long as this is."""

    memory: Memory
    place: int
    rows: int
    batch: pa.RecordBatch

    def said(self, rows: Int64) -> list[str]:
        """The texts of some rows, none of them null."""
        return self.batch.column(self.place).take(pa.array(rows)).to_pylist()  # type: ignore[no-any-return]


def held(array: pa.Array) -> Held:
    """An array of its own."""
    batch = pa.record_batch([array], ["values"])
    return Held(memory_of(batch, kinds(batch.schema)), 0, len(array), batch)


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """The table in one piece, each column under one dictionary where it has any."""
    batches = table.to_batches()
    if len(batches) > 1:
        batches = table.unify_dictionaries().combine_chunks().to_batches()
    if batches:
        return batches[0]
    return pa.record_batch([pa.array([], field.type) for field in table.schema], table.schema)


def kinds(schema: pa.Schema) -> Int64:
    """Kind and width of each column, shape (columns, 2)."""
    return np.array([_kind(field.type) for field in schema], np.int64).reshape(-1, 2)


def _kind(of: pa.DataType) -> tuple[int, int]:
    if pa.types.is_dictionary(of) and of.value_type.equals(pa.string()):
        return CODED, WIDTHS.get(str(of.index_type), 8)
    return FIXED.get(of, OTHER), 0


_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def memory_of(batch: pa.RecordBatch, kinds: Int64) -> Memory:
    """Where the columns of a batch lie; it must outlive every use of that."""
    _, held = batch.__arrow_c_array__()
    return _told(_address(held, b"arrow_array"), kinds)


def _loading(kind: Any) -> Callable[[int], int]:
    """What reads a number of a type at an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def load(_typing: Any, _address: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            pointer = builder.inttoptr(args[0], context.get_value_type(kind).as_pointer())
            return builder.load(pointer, align=1)

        return kind(types.int64), generate

    made: Callable[[int], int] = load
    return made


_byte, _short, _word, _int, _long, _double = (
    _loading(kind)
    for kind in (
        types.uint8,
        types.uint16,
        types.uint32,
        types.int32,
        types.int64,
        types.float64,
    )
)


@kept
def _told(struct: int, kinds: Int64) -> Memory:
    """The lines of the children of an ArrowArray (its fields have 8 bytes each, in this order:
    length, null_count, offset, n_buffers, n_children, buffers, children, dictionary)."""
    found = np.zeros((len(kinds), FIELDS), np.int64)
    children = _long(struct + 48)
    for c in range(len(kinds)):
        child = _long(children + 8 * c)
        buffers = _long(child + 40)
        line = found[c]
        line[0], line[1] = kinds[c, 0], kinds[c, 1]
        line[2] = _long(child + 16)
        if kinds[c, 0] == OTHER:
            continue
        line[3] = 0 if _long(child + 8) == 0 else _long(buffers)
        line[4] = _long(buffers + 8)
        if kinds[c, 0] == TEXT:
            line[5] = _long(buffers + 16)
        elif kinds[c, 0] == CODED:
            its = _long(child + 56)
            buffers = _long(its + 40)
            line[5], line[6], line[7] = _long(buffers + 16), _long(its), _long(its + 16)
            line[8] = 0 if _long(its + 8) == 0 else _long(buffers)
            line[9] = _long(buffers + 8)
    return found


@compiled
def column(memory: Memory, place: int) -> Column:
    m = memory[place]
    return Column(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9])


@compiled
def _is_null(valid: int, row: int) -> bool:
    return valid != 0 and (_byte(valid + (row >> 3)) >> (row & 7)) & 1 == 0


@compiled
def time_at(of: Column, row: int) -> int:
    """Microseconds since 1970; NEVER for null."""
    at = row + of.offset
    return NEVER if _is_null(of.valid, at) else _long(of.values + 8 * at)


@compiled
def date_at(of: Column, row: int) -> int:
    """Days since 1970 of a date; NO_DAY for null."""
    at = row + of.offset
    return NO_DAY if _is_null(of.valid, at) else _int(of.values + 4 * at)


@compiled
def number_at(of: Column, row: int) -> float:
    """A number or a flag as float64; NaN for null."""
    at = row + of.offset
    if _is_null(of.valid, at):
        return np.nan
    if of.kind == FLOAT64:
        return _double(of.values + 8 * at)
    if of.kind == INT32:
        return float(_int(of.values + 4 * at))
    if of.kind == FLAG:
        return float((_byte(of.values + (at >> 3)) >> (at & 7)) & 1)
    return float(_long(of.values + 8 * at))


@compiled
def entry_at(of: Column, row: int) -> int:
    """Place of a row's text: among those of its dictionary, or the row itself; -1 for null."""
    at = row + of.offset
    if of.width == 4:
        entry = int(_int(of.values + 4 * at))
    elif of.kind == TEXT:
        entry = row
    elif of.width == 1:
        entry = int(_byte(of.values + at))
    elif of.width == 2:
        entry = int(_short(of.values + 2 * at))
    else:
        entry = int(_long(of.values + 8 * at))
    if of.valid != 0:  # no branch on what a bit says, since nulls come as they please
        bit = int(_byte(of.valid + (at >> 3)) >> (at & 7)) & 1
        entry = entry * bit + bit - 1
    if of.its_valid != 0 and entry >= 0 and _is_null(of.its_valid, entry + of.its_offset):
        return -1
    return entry


@compiled
def run_end(of: Column, row: int, rows: int, entry: int) -> int:
    """Where rows of one place in a dictionary end, that hold on from `row`."""
    if of.width == 4 and of.valid == 0 and of.its_valid == 0:
        numbers = of.values + 4 * of.offset
        while row < rows and _int(numbers + 4 * row) == entry:
            row += 1
    elif of.kind == CODED:
        while row < rows and entry_at(of, row) == entry:
            row += 1
    return row


@compiled
def rising(at: Column, begin: int, end: int) -> bool:
    """Whether no time of [begin, end) is before that of the row before it."""
    earlier, before = 0, time_at(at, begin)
    if at.valid == 0:
        times = at.values + 8 * at.offset
        for row in range(begin + 1, end):
            earlier += int(_long(times + 8 * row) < _long(times + 8 * row - 8))
        return earlier == 0
    for row in range(begin + 1, end):
        now = time_at(at, row)
        earlier += int(now < before)
        before = now
    return earlier == 0


@compiled
def text_at(of: Column, entry: int) -> tuple[int, int]:
    """Address and bytes of the text at a place of `entry_at`."""
    bounds, offset = of.values, of.offset
    if of.kind == CODED:
        bounds, offset = of.bounds, of.its_offset
    first = bounds + 4 * (entry + offset)
    start, end = _int(first), _int(first + 4)
    return of.data + start, end - start


@compiled
def same_text(one: int, other: int, size: int) -> bool:
    """Whether so many bytes at two addresses are the same."""
    at = 0
    while at + 8 <= size:
        if _long(one + at) != _long(other + at):
            return False
        at += 8
    while at < size:
        if _byte(one + at) != _byte(other + at):
            return False
        at += 1
    return True


@compiled
def hashed(text: int, size: int, tag: int) -> np.uint64:
    """A number of the bytes at an address and a tag, eight bytes at a time, well mixed."""
    found = np.uint64(tag + 1) * SPREAD ^ np.uint64(size)
    at = 0
    while at + 8 <= size:
        found = (found ^ np.uint64(_long(text + at))) * SPREAD
        found ^= found >> np.uint64(32)
        at += 8
    left, rest = size - at, np.uint64(0)
    if left >= 4:
        rest = np.uint64(_word(text + at)) | np.uint64(_word(text + size - 4)) << np.uint64(32)
    elif left > 0:
        middle = np.uint64(_byte(text + at + left // 2)) << np.uint64(8)
        rest = np.uint64(_byte(text + at)) | middle
        rest |= np.uint64(_byte(text + size - 1)) << np.uint64(16)
    found = (found ^ rest) * SPREAD
    return found ^ (found >> np.uint64(29))
