"""sha256 over canonical rows, slice by slice, so that buckets can be hashed apart and merged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.order import SLICES, slices

EMPTY = ""
SliceDigests = Mapping[int, str]


def slice_digests(rows: pa.Table) -> dict[int, str]:
    """Digest of each slice that has rows; `rows` are canonical."""
    if not rows.num_rows:
        return {}
    slice_of = slices(rows.column("person_id"))
    edges = np.flatnonzero(np.diff(slice_of.astype(np.int16))) + 1
    bounds = [0, *edges.tolist(), rows.num_rows]
    hashes = [hashlib.sha256() for _ in bounds[1:]]
    for field in rows.schema:
        for hasher, pieces in zip(hashes, _column_pieces(rows, field, bounds), strict=True):
            hasher.update(f"{field.name}:{field.type}".encode())
            for piece in pieces:
                hasher.update(piece)
    starts = zip(bounds, hashes, strict=False)
    return {int(slice_of[start]): hasher.hexdigest() for start, hasher in starts}


def _column_pieces(rows: pa.Table, field: pa.Field, bounds: list[int]) -> list[tuple[bytes, ...]]:
    """Bytes of a column per run of rows: which are there, then lengths and text, or the values."""
    values = rows.column(field.name).combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks else pa.array([], field.type)
    there = pc.is_valid(values).to_numpy(zero_copy_only=False).astype(np.uint8)
    spans = list(pairwise(bounds))
    if pa.types.is_string(field.type):
        text = pc.fill_null(values, "")
        offsets = np.frombuffer(text.buffers()[1], dtype="<i4", count=len(text) + text.offset + 1)
        offsets = offsets[text.offset :]
        data = memoryview(text.buffers()[2]) if text.buffers()[2] is not None else memoryview(b"")
        lengths = np.diff(offsets)
        return [
            (there[a:b].tobytes(), lengths[a:b].tobytes(), bytes(data[offsets[a] : offsets[b]]))
            for a, b in spans
        ]
    filled = pc.fill_null(values, _zero(values.type))
    fixed = np.ascontiguousarray(filled.to_numpy(zero_copy_only=False))
    return [(there[a:b].tobytes(), fixed[a:b].tobytes()) for a, b in spans]


def _zero(kind: pa.DataType) -> pa.Scalar:
    """What stands for a null among values of a fixed width; which are null is hashed apart."""
    if pa.types.is_boolean(kind):
        return pa.scalar(False)
    return pa.scalar(0, pa.int32() if pa.types.is_date32(kind) else pa.int64()).cast(kind)


def table_digest(parts: Iterable[SliceDigests]) -> str:
    """Digest of a table from the slice digests of its buckets."""
    whole: dict[int, str] = {}
    for part in parts:
        whole |= part
    lines = "\n".join(whole.get(number, EMPTY) for number in range(SLICES))
    return hashlib.sha256(lines.encode()).hexdigest()


def history_digest(tables: Mapping[str, str]) -> str:
    """Digest of a History from its tables' digests by name."""
    lines = "\n".join(f"{name} {tables[name]}" for name in sorted(tables))
    return hashlib.sha256(lines.encode()).hexdigest()
