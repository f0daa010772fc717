"""Finds rows that name one thing twice: a copy, a fact told again, or a contradiction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.tables.buffers import whole
from features.tables.contract import Table
from features.tables.order import ranks

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Duplicates:
    """Row numbers: `merged` say nothing new, `conflicting` share a key and differ."""

    merged: Integers
    conflicting: Integers


def duplicates(table: Table, rows: pa.Table) -> Duplicates | None:
    """Rows that share a key with another; None where every key is its row's own."""
    if len(rows) < 2 or _all_different(table, rows):
        return None
    key = _groups(rows, table.key)
    again = _groups(rows, [c.name for c in table.columns if c.name not in _told(table)])
    finest = _groups(rows, rows.column_names)
    known = ranks(whole(rows[table.known])) if table.known else np.zeros(len(rows), np.int64)
    order = np.lexsort((finest, known, again, key))
    key, again = key[order], again[order]
    merged = np.r_[False, (key[1:] == key[:-1]) & (again[1:] == again[:-1])]
    left = ~merged
    times = np.bincount(key[left], minlength=int(key.max()) + 1)
    conflicting = times[key] > 1
    return Duplicates(order[merged & ~conflicting], order[conflicting])


def _told(table: Table) -> frozenset[str]:
    """The column in which two tellings of one fact may differ, where the key is all the rest."""
    rest = frozenset(c.name for c in table.columns) - frozenset(table.key)
    return rest if rest == frozenset((table.known,)) else frozenset()


def _all_different(table: Table, rows: pa.Table) -> bool:
    keys = rows.select(list(table.key)).append_column("one", pa.nulls(len(rows), pa.int8()))
    return len(keys.group_by(list(table.key)).aggregate([("one", "count")])) == len(rows)


def _groups(rows: pa.Table, names: list[str] | tuple[str, ...]) -> Integers:
    """A number per row, equal where all the named columns are equal (null equals null)."""
    group = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        _, own = np.unique(ranks(whole(rows[name])), return_inverse=True)
        _, group = np.unique(group * (int(own.max()) + 1) + own, return_inverse=True)
    return group.astype(np.int64)
