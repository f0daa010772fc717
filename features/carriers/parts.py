"""The parts of a matrix on its way to one file: one Arrow file per bucket, and all of them as one.

Any process may write a part, in any order; a part is there whole or not at all. It refuses a
feature that is called as a column of the index moments' outcomes is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.carriers.disk import put, settle, writing
from features.carriers.part import Part
from features.errors import InputError
from features.schema import Schema

ROW_GROUP = 32_768
"""Rows of a row group of the file, whatever the buckets: its bytes do not hang on these."""
COUNTS = b"caseload:counts"
"""Metadata key of a part: JSON {of, rows, people, excluded: {reason: n}}."""
FAST = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


@dataclass(frozen=True)
class Summary:
    """What a finished matrix holds; `resumed` parts had been made by an earlier run."""

    rows: int
    people: int
    columns: int
    resumed: int
    excluded: Mapping[str, int]


def part_file(folder: Path, bucket: int) -> Path:
    return folder / f"bucket={bucket:03d}.arrow"


def write_part(folder: Path, bucket: int, part: Part, schema: Schema, of: str) -> None:
    """Puts the part of one bucket into the folder of a build.

    of  which matrix it is a part of (`Build.of`): a task of Spark may outlive its driver, and come
        when the folder is another build's
    Raises InputError where the machine does not let us write there.
    """
    rows = table_of(part, schema)
    counts = {
        "of": of,
        "rows": len(rows),
        "people": pc.count_distinct(rows["person_id"]).as_py(),
        "excluded": dict(part.excluded),
    }
    rows = rows.replace_schema_metadata({COUNTS: json.dumps(counts)})

    def write(sink: IO[bytes]) -> None:
        with pa.ipc.new_file(sink, rows.schema, options=FAST) as writer:
            writer.write_table(rows, max_chunksize=ROW_GROUP)

    with writing(folder):
        put(part_file(folder, bucket), write)


def table_of(part: Part, schema: Schema) -> pa.Table:
    """Index moments, outcomes and features side by side; `moment`, which is both, stands once."""
    before = {**_by_name(part.moments), **_by_name(part.labels)}
    features = schema.told(part.columns)
    return pa.table(before | {name: features[name] for name in features if name not in before})


def _by_name(rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(rows.column_names, rows.columns, strict=True))


def refuse_names(schema: Schema, labels: Sequence[str]) -> None:
    """Raises InputError where a feature has the name of a column of the outcomes."""
    if twice := [name for name in labels if name in schema]:
        raise InputError(
            f"a feature is called {twice[0]}, as a column of the outcomes is",
            where="choice of features",
            cure="give the feature another name",
        )


def readable(folder: Path, bucket: int, of: str) -> bool:
    """Whether the part of a bucket of that matrix is there, to its end."""
    try:
        return counts_of(part_file(folder, bucket))["of"] == of  # type: ignore[no-any-return]
    except (OSError, ValueError, KeyError):  # ArrowInvalid is a ValueError
        return False


def counts_of(path: Path) -> dict[str, Any]:
    """What was counted when a part was made."""
    with pa.memory_map(str(path)) as source:
        told = pa.ipc.open_file(source).schema.metadata
    return dict(json.loads((told or {})[COUNTS]))


def summed(counts: Sequence[Mapping[str, Any]], columns: int, resumed: int) -> Summary:
    excluded: Counter[str] = Counter()
    for each in counts:
        excluded.update(each["excluded"])
    rows, people = (sum(each[key] for each in counts) for key in ("rows", "people"))
    return Summary(rows, people, columns, resumed, dict(sorted(excluded.items())))


def write_whole(sink: IO[bytes], parts: Sequence[Path], metadata: Mapping[bytes, bytes]) -> int:
    """Writes the rows of the parts as one Parquet file; returns the number of its columns."""
    with pa.memory_map(str(parts[0])) as source:
        schema = pa.ipc.open_file(source).schema.with_metadata(metadata)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _groups(_batches(parts), schema):
            writer.write_table(group, row_group_size=ROW_GROUP)
    settle(sink)
    return len(schema)


def _batches(parts: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for path in parts:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


def _groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in groups of `ROW_GROUP`, the last with what is left."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch.replace_schema_metadata(schema.metadata))
        rows += len(batch)
        while rows >= ROW_GROUP:
            table = pa.Table.from_batches(held, schema)
            yield table.slice(0, ROW_GROUP)
            rows -= ROW_GROUP
            held = table.slice(ROW_GROUP).to_batches()
    if rows:
        yield pa.Table.from_batches(held, schema)
