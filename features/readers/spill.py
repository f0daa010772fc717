"""Canonical rows set down by bucket while a source streams by, and taken up a bucket at a time.

So memory holds a batch, then a bucket, however large the source.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

from features.tables.contract import Table
from features.tables.history import bucket_of

OPTIONS = ipc.IpcWriteOptions(compression="lz4")


class Spill:
    """Rows of one table, parted by bucket into files of a folder. A context manager."""

    def __init__(self, folder: Path, table: Table, buckets: int) -> None:
        self.folder, self.table, self.buckets = folder / table.name, table, buckets
        self.writers: dict[int, ipc.RecordBatchFileWriter] = {}

    def __enter__(self) -> Spill:
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.writers.values():
            writer.close()

    def add(self, rows: pa.Table) -> None:
        """Set down typed rows of any people."""
        if not len(rows):
            return
        bucket = np.asarray(bucket_of(rows["person_id"], self.buckets))
        order = np.argsort(bucket, kind="stable")
        rows = rows.take(pa.array(order))
        bounds = np.searchsorted(bucket[order], np.arange(self.buckets + 1)).tolist()
        for number in np.unique(bucket).tolist():
            start, end = bounds[number], bounds[number + 1]
            self._writer(number).write_table(rows.slice(start, end - start))

    def _writer(self, number: int) -> ipc.RecordBatchFileWriter:
        if number not in self.writers:
            path = str(_path(self.folder, number))
            self.writers[number] = ipc.new_file(path, self.table.schema, options=OPTIONS)
        return self.writers[number]


def take_up(folder: Path, table: Table, bucket: int) -> pa.Table:
    """The rows of one bucket, in no order."""
    path = _path(folder / table.name, bucket)
    if not path.exists():
        return table.schema.empty_table()
    with pa.OSFile(str(path)) as file:
        return ipc.open_file(file).read_all()


def _path(folder: Path, bucket: int) -> Path:
    return folder / f"{bucket:03d}.arrow"
