"""Writes a History: buckets into a folder beside the target, then one rename.

Buckets may be written by several processes (`write_bucket`), their summaries handed to the writer.
It refuses tables that are not canonical, and to take the place of a folder that is no History.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.tables.contract import Table, Tables
from features.tables.digest import slice_digests, table_digest
from features.tables.leftovers import clear_leftovers
from features.tables.manifest import NAME, Manifest, Part
from features.tables.memory import empty
from features.tables.order import SLICES, slices
from features.tables.parquet import file_of, write_file
from features.tables.schema import CONTRACT, TABLES

LIFELONG = ("person", "registration", "coverage")
"""Tables whose times say nothing of the period the source covers."""
ENDS = ("discharged_at",)
KNOWN = ("known_at", "death_known", "admitted_known", "discharged_known", "coded_known")
NEVER = datetime.combine(date.min, time.min)
OURS = frozenset((*TABLES, NAME, "truth"))
"""What a folder may hold to count as a History that may be replaced."""


@dataclass(frozen=True)
class BucketSummary:
    """What a written bucket adds to the manifest; picklable.

    rows     table -> number of rows
    digests  table -> slice -> digest, slices without rows left out
    """

    bucket: int
    rows: Mapping[str, int]
    digests: Mapping[str, Mapping[int, str]]
    first: datetime | None
    last: datetime | None
    last_known: datetime | None


def write_bucket(folder: Path, bucket: int, tables: Tables) -> BucketSummary:
    """Write the canonical tables of one bucket under `folder`; tables that are absent are empty.

    Raises TypeError for a table that is not in canonical types, or whose people are not sorted.
    """
    every = {name: tables.get(name, empty(name)) for name in TABLES}
    digests = {}
    for name, rows in every.items():
        own = _slices(TABLES[name], rows)
        write_file(file_of(folder, name, bucket), rows, own)
        digests[name] = slice_digests(rows, own)
    return BucketSummary(
        bucket,
        {name: rows.num_rows for name, rows in every.items()},
        digests,
        *_span(_columns(every, events=True)),
        _span(_columns(every, events=False))[1],
    )


def _slices(table: Table, rows: pa.Table) -> npt.NDArray[np.uint8]:
    """The slices of canonical rows."""
    if not rows.schema.equals(table.schema):
        raise TypeError(f"rows of {table.name} are not canonical: pass them through `canonical`")
    for column in table.columns:
        if not column.nullable and rows.column(column.name).null_count:
            raise TypeError(f"{table.name}.{column.name} must not be null")
    own = slices(rows.column("person_id"))
    if bool(np.any(own[1:] < own[:-1])):
        raise TypeError(f"rows of {table.name} are not sorted: pass them through `canonical`")
    return own


def _columns(tables: Tables, *, events: bool) -> Iterator[pa.ChunkedArray]:
    """Columns that say when things happened, or when they became known."""
    for name, table in TABLES.items():
        happened = () if name in LIFELONG else (table.time, *ENDS)
        named = happened if events else KNOWN
        yield from (tables[name][c] for c in named if c in tables[name].column_names)


def _span(columns: Iterator[pa.ChunkedArray]) -> tuple[datetime | None, datetime | None]:
    ends = [pc.min_max(column) for column in columns]
    first = [end["min"].as_py() for end in ends if end["min"].is_valid]
    last = [end["max"].as_py() for end in ends if end["max"].is_valid]
    return min(first, default=None), max(last, default=None)


class HistoryWriter:
    """Context manager for a History at `out`; an output that is there stays until all is written.

    buckets     a power of two up to 256
    last        last day of the facts; by default the day of the last one
    last_known  end of observation; by default the latest known time, at least the end of `last`
    folder      where buckets are being written; other files put there become part of the output

    Raises InputError where `out` exists and is no History, or where no person was written.
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
        if not 1 <= buckets <= SLICES or SLICES % buckets:
            raise ValueError("buckets must be a power of two up to 256")
        self.out, self.buckets, self.source = Path(out).absolute(), buckets, source
        self.precision, self.delays = precision, delays
        self.last, self.last_known = last, last_known
        self.folder = self._beside("writing")
        self.summaries: dict[int, BucketSummary] = {}

    def __enter__(self) -> HistoryWriter:
        refuse_other(self.out)
        clear_leftovers(self.out)
        self.folder.mkdir(parents=True)
        return self

    def write(self, bucket: int, tables: Tables) -> None:
        self.add(write_bucket(self.folder, bucket, tables))

    def add(self, summary: BucketSummary) -> None:
        """Take over a bucket that `write_bucket(writer.folder, ...)` wrote, here or elsewhere."""
        width = SLICES // self.buckets
        for name, digests in summary.digests.items():
            if any(number // width != summary.bucket for number in digests):
                raise ValueError(f"{name}: bucket {summary.bucket} holds people of another")
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
        old = self._beside("old")
        if self.out.exists():
            self.out.rename(old)
        try:
            self.folder.rename(self.out)
        except OSError:
            if old.exists():
                old.rename(self.out)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def _beside(self, what: str) -> Path:
        return self.out.with_name(f".{self.out.name}.{os.getpid()}.{what}")

    def _manifest(self) -> Manifest:
        done = [self.summaries[bucket] for bucket in range(self.buckets)]
        people = sum(summary.rows["person"] for summary in done)
        if not people:
            raise InputError(
                "there is no person to write",
                where=self.source,
                cure="give a source that tells of people; rows that cannot be read do not count",
            )
        known = max((s.last_known for s in done if s.last_known), default=NEVER)
        last_fact = max((s.last for s in done if s.last), default=known)
        last = self.last or last_fact.date()
        return Manifest(
            contract=CONTRACT,
            source=self.source,
            people=people,
            buckets=self.buckets,
            first=min((s.first.date() for s in done if s.first), default=last),
            last=last,
            last_known=self.last_known or max(datetime.combine(last, time.max), known),
            precision=dict(self.precision),
            delays=dict(self.delays),
            tables={name: _part([s.rows[name] for s in done], done, name) for name in TABLES},
        )


def _part(rows: list[int], done: list[BucketSummary], name: str) -> Part:
    digest = table_digest(summary.digests[name] for summary in done)
    return Part(rows=sum(rows), sha256=digest, buckets=rows)


def refuse_other(out: Path) -> None:
    """Raises InputError where `out` is there and is anything but a History or an empty folder."""
    if not out.exists():
        return
    found = {path.name for path in out.iterdir()} if out.is_dir() else {out.name}
    if found and (NAME not in found or found - OURS):
        raise InputError(
            "the output exists and is no History" if NAME not in found else
            "the output holds files that are no part of a History",
            where=str(out),
            cure="name a folder that does not exist yet",
        )  # fmt: skip
