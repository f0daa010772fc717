"""Writes a History: buckets into a folder beside the target, then one rename.

Buckets may be written by several processes (`write_bucket`), their summaries handed to the writer.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import InputError
from features.tables.contract import Table, Tables
from features.tables.digest import slice_digests, table_digest
from features.tables.history import bucket_file
from features.tables.manifest import NAME, Manifest, Part
from features.tables.order import SLICES
from features.tables.schema import CONTRACT, TABLES

LIFELONG = ("person", "registration", "coverage")
KNOWN = ("known_at", "death_known", "admitted_known", "discharged_known", "coded_known")
ROW_GROUP = 65_536


@dataclass(frozen=True)
class BucketSummary:
    """What a written bucket adds to the manifest; picklable."""

    bucket: int
    rows: Mapping[str, int]
    digests: Mapping[str, Mapping[int, str]]
    first: datetime | None
    last: datetime | None
    last_known: datetime | None


def write_bucket(folder: Path, bucket: int, tables: Tables) -> BucketSummary:
    """Write the canonical tables of one bucket under `folder`; tables that are absent are empty."""
    whole = {name: tables.get(name, table.schema.empty_table()) for name, table in TABLES.items()}
    for name, rows in whole.items():
        _write(bucket_file(folder, name, bucket), TABLES[name], rows)
    times = [
        _range(whole[name].column(table.time))
        for name, table in TABLES.items()
        if table.time and name not in LIFELONG
    ]
    known = [
        _range(rows.column(name))[1]
        for rows in whole.values()
        for name in KNOWN
        if name in rows.column_names
    ]
    return BucketSummary(
        bucket,
        {name: rows.num_rows for name, rows in whole.items()},
        {name: slice_digests(rows) for name, rows in whole.items()},
        min((low for low, _ in times if low), default=None),
        max((high for _, high in times if high), default=None),
        max((high for high in known if high), default=None),
    )


def _write(path: Path, table: Table, rows: pa.Table) -> None:
    if not rows.schema.equals(table.schema):
        raise TypeError(f"rows of {table.name} are not canonical")
    for column in table.columns:
        if not column.nullable and rows.column(column.name).null_count:
            raise TypeError(f"{table.name}.{column.name} must not be null")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd", row_group_size=ROW_GROUP, store_schema=False)


def _range(times: pa.ChunkedArray) -> tuple[datetime | None, datetime | None]:
    ends = pc.min_max(times)
    return ends["min"].as_py(), ends["max"].as_py()


class HistoryWriter:
    """Context manager for a History at `out`; an output that is there stays until all is written.

    buckets     a power of two up to 256
    last        end of observation; by default the day of the last fact
    last_known  the latest moment the extract can speak of; by default the latest known time
    Raises InputError when `out` exists and is no History, or when no person was written.
    """

    def __init__(
        self,
        out: Path,
        *,
        source: str,
        buckets: int,
        precision: Mapping[str, str],
        delays: Mapping[str, object],
        last: date | None = None,
        last_known: datetime | None = None,
    ) -> None:
        if buckets < 1 or SLICES % buckets:
            raise ValueError("buckets must be a power of two up to 256")
        self.out, self.buckets, self.source = Path(out), buckets, source
        self.precision, self.delays = precision, delays
        self.last, self.last_known = last, last_known
        self.folder = self.out.with_name(f".{self.out.name}.writing")
        self.summaries: dict[int, BucketSummary] = {}

    def __enter__(self) -> HistoryWriter:
        if self.out.exists() and not (self.out / NAME).exists() and any(self.out.iterdir()):
            raise InputError(
                "the output exists and is no History",
                where=str(self.out),
                cure="name a folder that does not exist yet",
            )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return self

    def write(self, bucket: int, tables: Tables) -> None:
        self.add(write_bucket(self.folder, bucket, tables))

    def add(self, summary: BucketSummary) -> None:
        """Take over a bucket that `write_bucket(writer.folder, ...)` wrote, here or elsewhere."""
        self.summaries[summary.bucket] = summary

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _finish(self) -> None:
        for bucket in range(self.buckets):
            if bucket not in self.summaries:
                self.write(bucket, {})
        self._manifest().write(self.folder)
        old = self.out.with_name(f".{self.out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.out.exists():
            self.out.rename(old)
        self.folder.rename(self.out)
        shutil.rmtree(old, ignore_errors=True)

    def _manifest(self) -> Manifest:
        done = [self.summaries[bucket] for bucket in range(self.buckets)]
        people = sum(summary.rows["person"] for summary in done)
        if not people:
            raise InputError(
                "there is no person to write", where=self.source, cure="check the source has rows"
            )
        last_fact = max((s.last for s in done if s.last), default=None)
        last = self.last or (last_fact.date() if last_fact else date.min)
        known = [s.last_known for s in done if s.last_known]
        end = datetime.combine(last, datetime.min.time()) + timedelta(days=1)
        return Manifest(
            contract=CONTRACT,
            source=self.source,
            people=people,
            buckets=self.buckets,
            first=min((s.first.date() for s in done if s.first), default=last),
            last=last,
            last_known=self.last_known or max([end, *known]),
            precision=dict(self.precision),
            delays=dict(self.delays),
            tables={
                name: Part(
                    rows=sum(s.rows[name] for s in done),
                    sha256=table_digest(s.digests[name] for s in done),
                )
                for name in TABLES
            },
        )
