"""Arrow columns from NumPy arrays, without a Python object per row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.synthetic.compiled import Bools, Floats, Ints, Words
from features.tables.contract import Table

HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
ID_BITS = 60
Ids = npt.NDArray[np.bytes_]


def keys(seed: int, bucket: int, kind: int, count: int) -> Words:
    """Opaque 60-bit keys, unlike for each seed, bucket and kind, that do not grow with the rows."""
    stream = np.random.SeedSequence([seed, bucket, kind]).generate_state(1, np.uint64)[0]
    z = stream + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((z ^ (z >> np.uint64(31))) >> np.uint64(64 - ID_BITS))


def hex_ids(prefix: str, key: Words) -> Ids:
    """Ids of 16 characters that sort as their keys do."""
    shifts = np.arange(ID_BITS - 4, -4, -4, dtype=np.uint64)
    text = np.empty((key.size, 16), dtype=np.uint8)
    text[:, 0] = ord(prefix)
    text[:, 1:] = HEX[((key[:, None] >> shifts) & np.uint64(15)).astype(np.uint8)]
    return text.reshape(-1).view("S16")


def id_column(ids: Ids, rows: Ints, there: Bools | None = None) -> pa.Array:
    """The ids at these rows; null where not `there`."""
    count = rows.size
    if there is None:
        lengths, chosen, valid = np.full(count, 16, dtype=np.int32), ids[rows], None
    else:
        lengths = np.where(there, 16, 0).astype(np.int32)
        chosen = ids[rows[there]]
        valid = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    offsets = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(chosen))]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def text_column(words: tuple[str | None, ...], codes: Ints) -> pa.Array:
    """One of a few words a row; null where the word is None or the code is below zero."""
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words, pa.string())).cast(pa.string())


def constant(word: str | None, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(word, pa.string()), count) if word else pa.nulls(count, pa.string())


def time_column(days: Floats) -> pa.Array:
    """Days since 1970 as times to the minute; null where not finite."""
    there = np.isfinite(days)
    stamps = np.round(np.where(there, days, 0.0) * 1440.0).astype(np.int64) * 60_000_000
    mask = None if there.all() else ~there
    return pa.array(stamps, mask=mask).cast(pa.timestamp("us"))


def date_column(days: Floats) -> pa.Array:
    there = np.isfinite(days)
    return pa.array(np.where(there, days, 0).astype(np.int32), mask=~there).cast(pa.date32())


def number_column(values: Floats) -> pa.Array:
    """Numbers; null where nan."""
    return pa.array(values, mask=np.isnan(values))


def table(contract: Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """A table of the contract's schema from its columns."""
    return pa.table([columns[name] for name in contract.schema.names], schema=contract.schema)
