"""Finds rows that name one thing twice: a copy, a fact told again, or a contradiction.

Keys are hashed first, compiled, and only rows that share a hash are compared exactly: in a sound
table no two do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from features.tables.buffers import numbers, text_parts, valid, whole
from features.tables.contract import Table
from features.tables.order import packed, ranks

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


@dataclass(frozen=True)
class Duplicates:
    """Row numbers: `merged` say nothing new, `conflicting` share a key and differ."""

    merged: Integers
    conflicting: Integers


def duplicates(table: Table, rows: pa.Table) -> Duplicates | None:
    """Rows that share a key with another; None where every key is its row's own."""
    if len(rows) < 2:
        return None
    suspects = _suspects(rows, table.key)
    if not len(suspects):
        return None
    rows = rows.take(pa.array(suspects))
    key = _groups(rows, table.key)
    told = _told(table)
    again = _groups(rows, [c.name for c in table.columns if c.name not in told])
    known = ranks(whole(rows[table.known])) if table.known else np.zeros(len(rows), np.int64)
    order = np.lexsort((_groups(rows, rows.column_names), known, again, key))
    key, again = key[order], again[order]
    merged = np.r_[False, (key[1:] == key[:-1]) & (again[1:] == again[:-1])]
    times = np.bincount(key[~merged], minlength=int(key.max()) + 1)
    conflicting = times[key] > 1
    order = suspects[order]
    return Duplicates(order[merged & ~conflicting], order[conflicting])


def _told(table: Table) -> frozenset[str]:
    """The column in which two tellings of one fact may differ, where the key is all the rest."""
    rest = frozenset(c.name for c in table.columns) - frozenset(table.key)
    return rest if rest == frozenset((table.known,)) else frozenset()


def _groups(rows: pa.Table, names: Sequence[str]) -> Integers:
    """A number per row, equal where all the named columns are equal (null equals null)."""
    group = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        _, group = np.unique(packed([group, ranks(whole(rows[name]))]), return_inverse=True)
        group = group.astype(np.int64)
    return group


def _suspects(rows: pa.Table, names: Sequence[str]) -> Integers:
    """Numbers of the rows whose hash of the named columns another row has too."""
    hashes = np.zeros(len(rows), dtype=np.uint64)
    for name in names:
        column = whole(rows[name])
        there = valid(column)
        if pa.types.is_string(column.type):
            _mix_texts(hashes, there, *text_parts(column))
        else:
            stored = numbers(column)
            wide = stored if stored.dtype.itemsize == 8 else stored.astype(np.int64)
            _mix_numbers(hashes, there, wide.view(np.uint64))
    order = np.argsort(hashes)
    ordered = hashes[order]
    same = ordered[1:] == ordered[:-1]
    found: Integers = order[np.r_[same, False] | np.r_[False, same]]
    return np.sort(found)


@_compiled
def _mix(hashed: np.uint64, word: np.uint64) -> np.uint64:
    """One step of a multiplicative hash (constants of splitmix64)."""
    mixed = (hashed ^ word) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@_compiled
def _mix_numbers(hashes: Hashes, there: npt.NDArray[np.bool_], words: Hashes) -> None:
    for i in range(len(hashes)):
        hashes[i] = _mix(_mix(hashes[i], np.uint64(there[i])), words[i])


@_compiled
def _mix_texts(
    hashes: Hashes, there: npt.NDArray[np.bool_], data: npt.NDArray[np.uint8], offsets: Integers
) -> None:
    for i in range(len(hashes)):
        hashed = _mix(hashes[i], np.uint64(there[i]))
        word = np.uint64(offsets[i + 1] - offsets[i])
        filled = 0
        for j in range(offsets[i], offsets[i + 1]):
            word = (word << np.uint64(8)) | np.uint64(data[j])
            filled += 1
            if filled == 7:
                hashed = _mix(hashed, word)
                word, filled = np.uint64(0), 0
        hashes[i] = _mix(hashed, word)
