"""One file of a History: a canonical table of one bucket, with a small index of who is where.

Values lie as they are soonest read. Rows are mostly one group, for texts of several groups have to
be put under one dictionary. The rows of a long table are cut, and the file's metadata hold the
slice and id of the person each group begins with, so that one person is found by reading a group
or two.
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

ROW_GROUP = 131_072
"""Rows of a group: one or two are read for one person, all of them for a whole bucket."""
REPEATS = 4
"""A column lies under a dictionary where each of its values comes so often, on average."""
COMPRESSION = "lz4"
"""Of texts without a dictionary: all else is read sooner, and is hardly larger, without."""
STARTS = b"caseload:starts"
"""Metadata key: JSON list of [slice, person_id] of each row group's first row."""


def file_of(folder: Path, table: str, bucket: int) -> Path:
    """Where the rows of that table and bucket lie."""
    return folder / f"{table}/bucket={bucket:03d}.parquet"


def write_file(path: Path, rows: pa.Table, slices: npt.NDArray[np.uint8]) -> None:
    """Write canonical `rows`, whose people are in `slices`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = np.arange(0, rows.num_rows, ROW_GROUP)
    ids = rows["person_id"].take(pa.array(first)).to_pylist()
    starts = [[int(number), person] for number, person in zip(slices[first], ids, strict=True)]
    repeated = [name for name in rows.column_names if _repeats(rows[name])]
    plain = [f.name for f in rows.schema if pa.types.is_string(f.type) and f.name not in repeated]
    with pq.ParquetWriter(
        path,
        rows.schema,
        use_dictionary=repeated or False,
        compression={name: COMPRESSION if name in plain else "none" for name in rows.column_names},
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.write_table(rows, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata({STARTS: json.dumps(starts)})


def _repeats(column: pa.ChunkedArray) -> bool:
    return bool(REPEATS * pc.count_distinct(column).as_py() <= len(column))


def read_file(path: Path, table: Table) -> pa.Table | None:
    """Rows of the file; None where its columns are not the table's.

    Raises OSError or pa.ArrowInvalid where the file cannot be read.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        if not file.schema_arrow.equals(table.schema, check_metadata=False):
            return None
        rows = file.read()
    return rows.replace_schema_metadata(None)


def read_columns(path: Path, table: Table, columns: Sequence[str], coded: bool) -> pa.Table | None:
    """Some columns of the whole file; None where its columns are not the table's.

    coded  texts as numbers under a dictionary
    Raises OSError or pa.ArrowInvalid where the file cannot be read.
    """
    texts, schema = (table.texts, table.coded) if coded else ((), table.schema)
    with (
        pa.OSFile(str(path)) as source,
        pq.ParquetFile(source, read_dictionary=texts, pre_buffer=False) as file,
    ):
        if not file.schema_arrow.equals(schema, check_metadata=False):
            return None
        rows = file.read(columns=list(columns), use_threads=False)
    if any(column.num_chunks != 1 for column in rows.columns):
        rows = rows.unify_dictionaries().combine_chunks()
    return rows.replace_schema_metadata(None)


def read_person(path: Path, table: Table, person_id: str) -> pa.Table | None:
    """Rows of one person in the file; None where its columns are not the table's.

    Raises OSError, pa.ArrowInvalid or LookupError (no index) where the file cannot be read.
    """
    held = pq.read_metadata(path)
    if not held.schema.to_arrow_schema().equals(table.schema, check_metadata=False):
        return None
    groups = _groups((held.metadata or {})[STARTS], person_id)
    if not groups:
        return table.schema.empty_table()
    coded = _coded(table, held.row_group(groups[0]))
    with pq.ParquetFile(path, metadata=held, read_dictionary=coded, pre_buffer=False) as file:
        found = [_of_group(file, group, person_id).cast(table.schema) for group in groups]
    return pa.concat_tables(found).combine_chunks()


def _coded(table: Table, group: pq.RowGroupMetaData) -> list[str]:
    """Texts that lie under a dictionary: they are read sooner as numbers."""
    columns = (group.column(place) for place in range(group.num_columns))
    under = {column.path_in_schema for column in columns if column.has_dictionary_page}
    return [name for name in table.texts if name in under]


def _of_group(file: pq.ParquetFile, group: int, person_id: str) -> pa.Table:
    """Rows of one person in a group, which is unpacked no further than to the last of them."""
    ids = file.read_row_group(group, columns=["person_id"], use_threads=False)["person_id"]
    own = _places(ids.chunk(0), person_id)
    first, end = (own[0], own[-1] + 1) if len(own) else (0, 1)
    rows = next(file.iter_batches(batch_size=end, row_groups=[group], use_threads=False))
    return pa.Table.from_batches([rows.slice(first).take(pa.array(own - first))])


def _places(texts: pa.Array, text: str) -> npt.NDArray[np.int64]:
    """Where a text stands among others, which may lie under a dictionary."""
    if isinstance(texts, pa.DictionaryArray):
        return np.flatnonzero(texts.indices.to_numpy() == texts.dictionary.index(text).as_py())
    return np.flatnonzero(pc.equal(texts, text).to_numpy(zero_copy_only=False))


def _groups(starts: bytes, person_id: str) -> list[int]:
    """Row groups that may hold the person: texts compare by their UTF-8 bytes."""
    keys = [(number, person.encode()) for number, person in json.loads(starts)]
    key = (slice_of(person_id), person_id.encode())
    return list(range(max(bisect_left(keys, key) - 1, 0), bisect_right(keys, key)))
