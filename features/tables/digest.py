"""sha256 over canonical rows, slice by slice, so that buckets can be hashed apart and merged.

A slice's digest runs over each column in order: name, type and number of rows, then which rows have
a value, then the lengths and bytes of its texts or its numbers (little-endian, zero where null).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.tables.buffers import numbers, text_parts, valid, whole
from features.tables.order import SLICES

EMPTY = ""
SliceDigests = Mapping[int, str]
Piece = npt.NDArray[np.generic]


def slice_digests(rows: pa.Table, slice_of: npt.NDArray[np.uint8]) -> dict[int, str]:
    """Digest of each slice that has rows; `rows` are canonical, `slice_of` is their slice."""
    if not rows.num_rows:
        return {}
    edges = np.flatnonzero(np.diff(slice_of.astype(np.int16))) + 1
    bounds = [0, *edges.tolist(), rows.num_rows]
    hashes = [hashlib.sha256() for _ in bounds[1:]]
    for field in rows.schema:
        _add_column(field, whole(rows.column(field.name)), bounds, hashes)
    starts = zip(bounds, hashes, strict=False)
    return {int(slice_of[start]): hasher.hexdigest() for start, hasher in starts}


def _add_column(
    field: pa.Field, column: pa.Array, bounds: list[int], hashes: list[hashlib._Hash]
) -> None:
    there = valid(column)
    text = pa.types.is_string(field.type)
    data, offsets = text_parts(column) if text else (numbers(column), np.empty(0, np.int64))
    lengths = np.diff(offsets).astype("<i4")
    for (start, end), hasher in zip(pairwise(bounds), hashes, strict=True):
        hasher.update(f"{field.name}:{field.type}:{end - start}\n".encode())
        hasher.update(_bytes(there[start:end]))
        if text:
            hasher.update(_bytes(lengths[start:end]))
            hasher.update(_bytes(data[offsets[start] : offsets[end]]))
        else:
            hasher.update(_bytes(data[start:end]))


def _bytes(values: Piece) -> memoryview:
    """The values as little-endian bytes."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return memoryview(little.view(np.uint8).data)


def table_digest(parts: Iterable[SliceDigests]) -> str:
    """Digest of a table from the slice digests of its buckets."""
    every: dict[int, str] = {}
    for part in parts:
        every |= part
    lines = "\n".join(every.get(number, EMPTY) for number in range(SLICES))
    return hashlib.sha256(lines.encode()).hexdigest()


def history_digest(tables: Mapping[str, str]) -> str:
    """Digest of a History from its tables' digests by name."""
    lines = "\n".join(f"{name} {tables[name]}" for name in sorted(tables))
    return hashlib.sha256(lines.encode()).hexdigest()
