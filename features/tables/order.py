"""Canonical order of rows, and the slice a person is in.

A person's slice is the first byte of sha256(person_id); rows stand by slice, person, time and then
every other column, so that the order of a table is total and the same for any order of input.
Texts compare by their UTF-8 bytes, null comes last.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.tables.buffers import numbers, text_parts, valid, whole
from features.tables.contract import Table
from features.tables.sha256 import first_bytes
from features.tables.typed import typed

SLICES = 256

Integers = npt.NDArray[np.int64]
LAST = np.iinfo(np.int64).max


def slice_of(person_id: str) -> int:
    """The slice of one person."""
    return hashlib.sha256(person_id.encode("utf-8")).digest()[0]


def slices(person_ids: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """The slice of each row's person, uint8, row by row."""
    encoded = whole(person_ids).dictionary_encode()
    return _first_bytes(encoded.dictionary)[np.asarray(numbers(encoded.indices))]


def _first_bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """First byte of the sha256 of each text: the same on every machine and in every version."""
    return first_bytes(*text_parts(texts))


def canonical(table: Table, rows: pa.Table) -> pa.Table:
    """`rows` in canonical types, columns and order; nullable columns that are absent become null.

    Raises InputError where a column that must be there is absent or a value does not fit its type.
    """
    read = typed(table, rows)
    for name in read.unreadable:
        raise InputError(
            f"values of {table.name}.{name} do not fit the type {table.column(name).kind}",
            where=f"table {table.name}, column {name}",
            cure="give values of the type that docs/reference/history.md names",
        )
    return sort_rows(table, read.rows)


def sort_rows(table: Table, rows: pa.Table) -> pa.Table:
    """Typed `rows` in canonical order, each column in one chunk."""
    rows = rows.combine_chunks()
    if len(rows) < 2:
        return rows
    order = _order(table, rows)
    already = bool(np.all(order[1:] > order[:-1]))
    return rows if already else rows.take(pa.array(order)).combine_chunks()


def _order(table: Table, rows: pa.Table) -> Integers:
    """Row numbers in canonical order: by person and time, then column by column where rows tie."""
    rest = list(table.sort[1:])
    keys = [_people(whole(rows["person_id"]))]
    if table.time is not None:
        keys.append(ranks(whole(rows[rest.pop(0)])))
    key = packed(keys)
    order = _sorted(key)
    tied, group = _ties(key[order])
    for name in rest:
        if not len(tied):
            break
        finer = _within(whole(rows[name].take(pa.array(order[tied]))), group)
        if finer is None:
            continue
        among = _sorted(finer)
        order[tied] = order[tied][among]
        left, group = _ties(finer[among])
        tied = tied[left]
    return order


def _sorted(key: Integers) -> Integers:
    """Row numbers in the order of the key; rows that tie stand in any order."""
    if bool(np.all(key[1:] >= key[:-1])):
        return np.arange(len(key))
    return np.argsort(key)


def _ties(key: Integers) -> tuple[Integers, Integers]:
    """Positions of a sorted key that share their value with a neighbour, and a number per value."""
    same = key[1:] == key[:-1]
    tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    return tied, np.cumsum(np.r_[True, ~same])[tied]


def _within(values: pa.Array, group: Integers) -> Integers | None:
    """A key by group, then value; None where no group holds two different values."""
    if values.null_count == len(values):
        return None
    own = ranks(values)
    if bool(np.all((own[1:] == own[:-1]) | (group[1:] != group[:-1]))):
        return None
    return packed([group, own])


def packed(keys: list[Integers]) -> Integers:
    """One number per row that orders as the keys do one after the other.

    Keys count from their least value; where they do not fit 62 bits so, from rank to rank.
    """
    least = [int(key.min()) if len(key) else 0 for key in keys]
    spread = [int(key.max()) - low if len(key) else 0 for key, low in zip(keys, least, strict=True)]
    if sum(map(int.bit_length, spread)) > 62:
        keys = [np.unique(key, return_inverse=True)[1].astype(np.int64) for key in keys]
        least, spread = [0] * len(keys), [int(key.max()) for key in keys]
    total = np.zeros(len(keys[0]), dtype=np.int64)
    for key, low, high in zip(keys, least, spread, strict=True):
        total = total * (high + 1) + (key - low)
    return total


def _people(ids: pa.Array) -> Integers:
    """A number per row that orders people by (slice, id)."""
    encoded = ids.dictionary_encode()
    people = encoded.dictionary
    order = np.lexsort((ranks(people), _first_bytes(people)))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    return position[numbers(encoded.indices)] if len(order) else np.zeros(len(ids), dtype=np.int64)


def ranks(column: pa.Array) -> Integers:
    """Numbers that order as the values do in canonical order; equal ones for equal values."""
    if pa.types.is_string(column.type):
        encoded = column.dictionary_encode()
        order = pc.sort_indices(encoded.dictionary).to_numpy()
        position = np.empty(len(order) + 1, dtype=np.int64)
        position[order] = np.arange(len(order))
        position[-1] = LAST
        indices = numbers(encoded.indices).astype(np.int64)
        return position[np.where(valid(column), indices, len(order))]
    stored = numbers(column)
    found = _ordered_bits(stored) if stored.dtype == np.float64 else stored.astype(np.int64)
    return np.where(valid(column), found, LAST)


def _ordered_bits(values: npt.NDArray[np.generic]) -> Integers:
    """Floats as integers of the same order."""
    bits = values.view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits - 1, bits)
