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
from features.tables.buffers import numbers, valid, whole
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
    return first_bytes(encoded.dictionary)[np.asarray(numbers(encoded.indices))]


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
    """Row numbers in canonical order: by person and time first, the rest only where these tie."""
    keys = [_people(whole(rows["person_id"]))]
    rest = list(table.sort[1:])
    if table.time is not None:
        keys.append(ranks(whole(rows[rest.pop(0)])))
    order = np.lexsort(tuple(reversed(keys)))
    same = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    tied = np.r_[False, same] | np.r_[same, False]
    if not tied.any():
        return order
    among = order[tied]
    group = np.cumsum(~np.r_[False, same])[tied]
    subset = rows.select(rest).take(pa.array(among))
    finer = [_dense(ranks(whole(column))) for column in subset.columns]
    order[tied] = among[np.lexsort((*(k for k in reversed(finer) if k is not None), group))]
    return order


def _people(ids: pa.Array) -> Integers:
    """A number per row that orders people by (slice, id)."""
    encoded = ids.dictionary_encode()
    people = encoded.dictionary
    order = np.lexsort((ranks(people), first_bytes(people)))
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


def _dense(key: Integers) -> Integers | None:
    """None for a key that orders nothing."""
    return None if bool(np.all(key == key[0])) else key
