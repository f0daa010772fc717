"""One file of a History: a canonical table of one bucket, with a small index of who is where.

Rows are cut into small row groups, and the file's metadata hold the slice and id of the person each
group begins with, so that one person's rows are found by reading a group or two.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.tables.contract import Table
from features.tables.order import slice_of

ROW_GROUP = 16_384
"""Rows of a group: a few of them are read for one person, all of them for a whole bucket."""
COMPRESSION = "lz4"
"""Larger than what others make of it, and the quickest to unpack."""
STARTS = b"caseload:starts"
"""Metadata key: JSON list of [slice, person_id] of each row group's first row."""


def file_of(folder: Path, table: str, bucket: int) -> Path:
    """Where the rows of that table and bucket lie."""
    return folder / table / f"bucket={bucket:03d}.parquet"


def write_file(path: Path, rows: pa.Table, slices: npt.NDArray[np.uint8]) -> None:
    """Write canonical `rows`, whose people are in `slices`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = np.arange(0, rows.num_rows, ROW_GROUP)
    ids = rows["person_id"].take(pa.array(first)).to_pylist()
    starts = [[int(number), person] for number, person in zip(slices[first], ids, strict=True)]
    with pq.ParquetWriter(path, rows.schema, compression=COMPRESSION, store_schema=False) as writer:
        writer.write_table(rows, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata({STARTS: json.dumps(starts)})


def read_file(path: Path, table: Table, person_id: str | None = None) -> pa.Table | None:
    """Rows of the file, or of one person in it; None where its columns are not the table's.

    Raises OSError, pa.ArrowInvalid or KeyError (no index) where the file cannot be read.
    """
    with pq.ParquetFile(path) as file:
        if not file.schema_arrow.equals(table.schema, check_metadata=False):
            return None
        if person_id is None:
            rows = file.read()
        else:
            groups = _groups((file.metadata.metadata or {})[STARTS], person_id)
            if not groups:
                return table.schema.empty_table()
            rows = file.read_row_groups(groups, use_threads=False)
            rows = rows.filter(pc.equal(rows["person_id"], person_id))
    return rows.replace_schema_metadata(None)


def read_columns(path: Path, table: Table, columns: Sequence[str], coded: bool) -> pa.Table | None:
    """Some columns of the whole file; None where its columns are not the table's.

    coded  texts as numbers under a dictionary
    Raises OSError or pa.ArrowInvalid where the file cannot be read.
    """
    texts = [c.name for c in table.columns if c.kind in ("text", "category") and coded]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        if not file.schema_arrow.equals(_coded(table.schema, texts), check_metadata=False):
            return None
        rows = file.read(columns=list(columns), use_threads=False)
    return rows.unify_dictionaries().combine_chunks().replace_schema_metadata(None)


def _coded(schema: pa.Schema, texts: Sequence[str]) -> pa.Schema:
    under = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([f.with_type(under) if f.name in texts else f for f in schema])


def _groups(starts: bytes, person_id: str) -> list[int]:
    """Row groups that may hold the person: texts compare by their UTF-8 bytes."""
    keys = [(number, person.encode()) for number, person in json.loads(starts)]
    key = (slice_of(person_id), person_id.encode())
    return list(range(max(bisect_left(keys, key) - 1, 0), bisect_right(keys, key)))
