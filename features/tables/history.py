"""A History on disk: Parquet tables in buckets of whole slices, written whole or not at all.

Reading refuses a folder that is no History, another contract, files that are missing, and files
that do not hold the columns and rows the manifest says. `verify` recomputes the digests as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from features.errors import InputError, NotFoundError
from features.tables.check import check_rows
from features.tables.contract import Table, Tables
from features.tables.digest import SliceDigests, history_digest, slice_digests, table_digest
from features.tables.manifest import NAME, Manifest, read_manifest
from features.tables.memory import empty, refuse_rejected
from features.tables.order import SLICES, slice_of, slices
from features.tables.parquet import file_of, read_columns, read_file, read_person
from features.tables.schema import TABLES
from features.tables.write import BucketSummary, HistoryWriter, write_bucket

Reading = Callable[[Path, Table], pa.Table | None]
"""Rows of a file of a table; None where it has other columns."""

__all__ = ["BucketSummary", "History", "HistoryWriter", "bucket_of", "verify", "write_bucket"]


def bucket_of(person_ids: pa.Array | pa.ChunkedArray, buckets: int) -> pa.Array:
    """Bucket of each person when a History has `buckets` of them (a power of two up to 256)."""
    return pa.array(slices(person_ids).astype("int32") * buckets // SLICES)


class History:
    """A checked History, opened with `History.open`; it holds no rows itself and can be pickled."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self._manifest = path / NAME
        self._stamp = _stamp(self._manifest)

    @classmethod
    def open(cls, path: Path | str) -> History:
        """Raises InputError where `path` is no History or a file of it is missing."""
        path = Path(path)
        manifest = read_manifest(path)
        for table in TABLES:
            for bucket in range(manifest.buckets):
                if not file_of(path, table, bucket).exists():
                    raise _damaged(path, f"{table}, bucket {bucket} is missing")
        return cls(path, manifest)

    @property
    def buckets(self) -> int:
        return self.manifest.buckets

    @property
    def digest(self) -> str:
        """sha256 over the canonical rows, whatever the number of buckets."""
        parts = self.manifest.tables.items()
        return history_digest({name: part["sha256"] for name, part in parts})

    @property
    def changed(self) -> bool:
        """Whether another History has taken this one's place since it was opened."""
        return _stamp(self._manifest) != self._stamp

    def bucket(self, number: int, names: Sequence[str] | None = None) -> Tables:
        """The tables `names` (default all ten) of one bucket, in canonical order.

        Raises InputError where a file is missing or holds other columns or rows.
        """
        return {name: self._sound(name, number, read_file) for name in names or TABLES}

    def columns(
        self, number: int, wanted: Mapping[str, Sequence[str]], coded: Collection[str] = ()
    ) -> Tables:
        """Some columns of some tables of one bucket, in canonical order; other tables are empty.

        wanted  table -> columns;  coded: tables whose texts come as numbers under a dictionary
        Raises InputError as `bucket` does.
        """
        found = {name: empty(name) for name in TABLES if name not in wanted}
        for name, columns in wanted.items():
            held = partial(read_columns, columns=columns, coded=name in coded)
            found[name] = self._sound(name, number, held)
        return found

    def person(self, person_id: str) -> Tables:
        """All tables of one person. Raises NotFoundError for someone who is not here."""
        number = slice_of(person_id) * self.buckets // SLICES
        person = self._of("person", number, person_id)
        if not person.num_rows:
            raise NotFoundError(
                "no such person in this History",
                where=str(self.path),
                cure="use a person_id of its person table",
            )
        others = [name for name in TABLES if name != "person"]
        return {"person": person, **{name: self._of(name, number, person_id) for name in others}}

    def _of(self, name: str, number: int, person_id: str) -> pa.Table:
        if not self.manifest.tables[name]["buckets"][number]:
            return empty(name)
        return self._held(name, number, partial(read_person, person_id=person_id))

    def _sound(self, name: str, number: int, read: Reading) -> pa.Table:
        """The rows of a whole bucket, as many as the manifest says."""
        rows = self._held(name, number, read)
        if rows.num_rows != self.manifest.tables[name]["buckets"][number]:
            raise _damaged(self.path, f"{name}, bucket {number} has another number of rows")
        return rows

    def _held(self, name: str, number: int, read: Reading) -> pa.Table:
        if self.changed:
            raise InputError(
                "this History was replaced by another while in use",
                where=str(self.path),
                cure="open it again",
            )
        try:
            rows = read(file_of(self.path, name, number), TABLES[name])
        except (OSError, LookupError, ValueError):  # ArrowInvalid is a ValueError
            raise _damaged(self.path, f"{name}, bucket {number} cannot be read") from None
        if rows is None:
            raise _damaged(self.path, f"{name}, bucket {number} has other columns")
        return rows


def verify(history: History) -> None:
    """Recompute every digest and check every row, a bucket at a time.

    Raises InputError naming the first table that does not hold what the manifest says.
    """
    found: dict[str, list[SliceDigests]] = {name: [] for name in TABLES}
    for number in range(history.buckets):
        tables = history.bucket(number)
        for name, rows in tables.items():
            people = None if name == "person" else tables["person"]["person_id"]
            checked = check_rows(TABLES[name], rows, people)
            refuse_rejected(TABLES[name], checked.rejected, str(history.path), REBUILD)
            found[name].append(slice_digests(rows, slices(rows["person_id"])))
    for name, part in history.manifest.tables.items():
        if table_digest(found[name]) != part["sha256"]:
            raise _damaged(history.path, f"the rows of {name} are not those that were written")


REBUILD = "rebuild it from its source"


def _stamp(manifest: Path) -> tuple[int, int]:
    """What tells this manifest from another in its place."""
    try:
        found = manifest.stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def _damaged(path: Path, what: str) -> InputError:
    return InputError(f"this History is damaged: {what}", where=str(path), cure=REBUILD)
