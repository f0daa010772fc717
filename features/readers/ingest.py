"""Reads a source into a History: every row kept, merged with its like, or rejected with a reason.

The source streams by once, table by table: rules of values are held against each batch, and good
rows are set down by bucket. Then each bucket is taken up whole: duplicates are found, rows of
unknown people rejected, and the rest sorted and written. The output is touched only at the end.

`on_error="stop"` is the default, because a load that silently went on would put people's missing
facts before a model as if they had never been: whoever wants that says `reject`, and gets the list.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import ibis
import pyarrow as pa

from features.errors import InputError
from features.readers.abreast import abreast
from features.readers.reader import Reader, Reading
from features.readers.register import reader_of
from features.readers.report import Count, IngestReport, Rejects
from features.readers.source import Source
from features.readers.spill import Spill, take_up
from features.readers.stated import Observed, with_coverage
from features.readers.workshop import Progress, Workshop, counted, readable
from features.tables.check import Checked, check_keys, check_values
from features.tables.contract import Table
from features.tables.history import BucketSummary, HistoryWriter, write_bucket
from features.tables.leftovers import clear_leftovers
from features.tables.memory import refuse_rejected
from features.tables.order import SLICES, sort_rows
from features.tables.schema import TABLES
from features.tables.write import refuse_other

BATCH = 200_000
PEOPLE_A_BUCKET = 4_096
CURE = (
    "correct the rows in the source (docs/reference/history.md says what each column may hold), "
    "or use --on-error reject to load the rest and list the bad rows"
)


def ingest(
    name: str,
    source: Path | str,
    out: Path,
    *,
    mapping: Path | None = None,
    observed: Sequence[Observed] = (),
    on_error: str = "stop",
    progress: Progress | None = None,
    buckets: int | None = None,
) -> IngestReport:
    """Read `source` with the reader `name` into a History at `out`.

    source    a folder, a file, or for some readers the URL of a database
    mapping   file that says which column is what, for a reader that asks for one
    observed  what the user states of when people were observed, where the source does not
    on_error  stop: the first table with a bad row ends the work; reject: bad rows are left out and
              listed in OUT.rejects.csv (table, key, reason, column) beside the History
    buckets   a power of two up to 256 (None: by the number of people); no result depends on it

    Raises InputError for a reader that does not exist, a source that does not have its layout, and,
    with stop, for bad rows; the output is then untouched.
    """
    if on_error not in ("stop", "reject"):
        raise InputError(f"{on_error} is no choice", where="--on-error", cure="use stop or reject")
    reader, out = reader_of(name), Path(out).absolute()
    given = Source(str(source), mapping)
    if reader.takes_mapping != (mapping is not None):
        raise _mapping_fault(reader)
    refuse_other(out)
    tell = progress or (lambda _what, _share: None)
    with _workshop(out, tell) as workshop, readable([Path(str(given))]):
        tell(f"reading {name}", 0.0)
        reading = with_coverage(reader.read(workshop, given), observed)
        return _Ingest(name, given, out, workshop, reading, on_error == "stop", tell).run(buckets)


def _mapping_fault(reader: Reader) -> InputError:
    if reader.takes_mapping:
        return InputError(
            f"the reader {reader.name} needs a mapping",
            where="--mapping",
            cure="name the mapping file; --draft-mapping proposes one from the files",
        )
    return InputError(
        f"the reader {reader.name} takes no mapping", where="--mapping", cure="leave it out"
    )


@contextmanager
def _workshop(out: Path, tell: Progress) -> Iterator[Workshop]:
    """A workshop beside the output, on the same disk, that leaves nothing behind."""
    clear_leftovers(out)
    folder = out.with_name(f".{out.name}.{os.getpid()}.reading")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with (
            _ends_like_an_interrupt(),
            closing(Workshop(folder, tell)) as workshop,
            warnings.catch_warnings(),
            _unfused(),
        ):
            # Ibis calls what DuckDB has since renamed
            warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)
            yield workshop
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of an interrupt
            raise KeyboardInterrupt from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ends_like_an_interrupt() -> Iterator[None]:
    """Within, SIGTERM is an interrupt, so that what is open is closed. Only the main thread may say
    so, and only where nobody else has."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _unfused() -> Iterator[None]:
    """Ibis writes each step as a query within the next: to merge them first, as it does otherwise,
    takes it a fifth of the time of a small load, and DuckDB does it anyway."""
    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


@dataclass
class _Ingest:
    """One run: its source opened, its output not yet written."""

    name: str
    source: Source
    out: Path
    workshop: Workshop
    reading: Reading
    stop: bool
    tell: Progress

    def run(self, buckets: int | None) -> IngestReport:
        self.counts = {table: Count() for table in TABLES}
        self.spilled = self.workshop.folder / "rows"
        self.rejects = Rejects(self.workshop.folder / "rejects.csv")
        self._source_rows()
        number = buckets or _buckets(counted(self.reading.tables["person"]))
        for done, name in enumerate(self.reading.tables):
            self.tell(f"checking {name}", 0.2 + 0.5 * done / len(self.reading.tables))
            self._values(TABLES[name], number)
        people = self._write(number)
        self.tell("done", 1.0)
        return IngestReport(
            source=self.name,
            people=people,
            tables=self.counts,
            rejects_file=self._rejects_file(),
            inputs=self.reading.inputs
            or {kind: loaded.read for kind, loaded in self.workshop.loaded.items()}
            or {name: count.read for name, count in self.counts.items() if count.read},
            conflicts=self.reading.conflicts,
            left_out=self.reading.left_out,
        )

    def _source_rows(self) -> None:
        """Rows that were merged or rejected before they became canonical rows."""
        for loaded in self.workshop.loaded.values():
            count = self.counts[loaded.table]
            count.read += loaded.merged
            count.merged += loaded.merged
            if loaded.rejected is not None:
                count.read += len(loaded.rejected)
                self._reject(TABLES[loaded.table], loaded.rejected)
        for rows in self.reading.rejected:
            if len(rows):
                table = TABLES[rows["table"][0].as_py()]
                self.counts[table.name].read += len(rows)
                self._reject(table, rows)

    def _values(self, table: Table, buckets: int) -> None:
        count, rejected, told = self.counts[table.name], [], 0
        with Spill(self.spilled, table, buckets) as spill:
            for rows in self.workshop.batches(self.reading.tables[table.name], BATCH):
                told += len(rows)
                found = check_values(table, rows, latest=self.reading.latest)
                spill.add(found.kept)
                if self.stop:
                    rejected.append(found.rejected)
                else:
                    self._reject(table, found.rejected)
        of = self.reading.read.get(table.name, told)
        count.read += of
        count.merged += of - told
        if rejected:
            self._reject(table, pa.concat_tables(rejected))

    def _write(self, buckets: int) -> int:
        people = 0
        with HistoryWriter(
            self.out, source=self.reading.source, buckets=buckets,
            precision=self.reading.precision, delays=self.reading.delays,
            last=self.reading.last, last_known=self.reading.last_known,
        ) as writer:  # fmt: skip
            made = abreast(partial(_bucket, self.spilled, writer.folder), range(buckets))
            for number, bucket in enumerate(made):
                self.tell("writing", 0.7 + 0.3 * number / buckets)
                people += self._took(bucket)
                writer.add(bucket.summary)
            self.rejects.close()
        return people

    def _took(self, bucket: _Bucket) -> int:
        """Counts what became of the rows of a bucket; returns its people."""
        for name, rejected in bucket.rejected.items():
            self._reject(TABLES[name], rejected)
            self.counts[name].merged += bucket.merged[name]
            self.counts[name].kept += bucket.summary.rows[name]
        return bucket.summary.rows["person"]

    def _reject(self, table: Table, rows: pa.Table) -> None:
        if self.stop:
            refuse_rejected(table, rows, str(self.source), CURE)
        self.counts[table.name].reject(rows)
        self.rejects.add(rows)

    def _rejects_file(self) -> Path | None:
        """Moves the rejects beside the History; a list of an earlier load goes."""
        path = self.out.with_name(f"{self.out.name}.rejects.csv")
        if not self.rejects.rows:
            path.unlink(missing_ok=True)
            return None
        self.rejects.path.replace(path)
        return path


@dataclass(frozen=True)
class _Bucket:
    """A written bucket, and by table what was merged and rejected in it."""

    summary: BucketSummary
    merged: Mapping[str, int]
    rejected: Mapping[str, pa.Table]


def _bucket(spilled: Path, folder: Path, number: int) -> _Bucket:
    """Takes up one bucket, holds it against the rules of keys, and writes what is good."""
    made: dict[str, pa.Table] = {}
    found: dict[str, Checked] = {}
    for name, table in TABLES.items():
        people = made["person"]["person_id"] if made else None
        found[name] = check_keys(table, take_up(spilled, table, number), people)
        made[name] = sort_rows(table, found[name].kept)
    return _Bucket(
        write_bucket(folder, number, made),
        {name: checked.merged for name, checked in found.items()},
        {name: checked.rejected for name, checked in found.items()},
    )


def _buckets(people: int) -> int:
    """The least power of two that keeps a bucket to PEOPLE_A_BUCKET, up to SLICES."""
    wanted = max(1, -(-people // PEOPLE_A_BUCKET))
    return int(min(SLICES, 1 << (wanted - 1).bit_length()))
