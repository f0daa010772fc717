"""A History on disk: Parquet tables in buckets of whole slices, written whole or not at all.

Reading refuses a folder that is no History, another contract, and files that do not hold what the
manifest says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import InputError, NotFoundError
from features.tables.contract import Tables
from features.tables.digest import history_digest
from features.tables.manifest import Manifest, read_manifest
from features.tables.order import SLICES, slices
from features.tables.schema import TABLES


def bucket_file(folder: Path, table: str, bucket: int) -> Path:
    return folder / table / f"bucket={bucket:03d}.parquet"


def bucket_of(person_ids: pa.Array, buckets: int) -> pa.Array:
    """Bucket of each person when a History has `buckets` of them (a power of two up to 256)."""
    return pa.array(slices(person_ids).astype("int32") * buckets // SLICES)


class History:
    """A checked History, opened with `History.open`; it holds no rows itself."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest

    @classmethod
    def open(cls, path: Path | str) -> History:
        """Raises InputError where `path` is no History or a file of it is missing."""
        path = Path(path)
        manifest = read_manifest(path)
        for table in TABLES:
            for bucket in range(manifest.buckets):
                if not bucket_file(path, table, bucket).exists():
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

    def bucket(self, number: int, names: Sequence[str] | None = None) -> Tables:
        """The tables `names` (default all ten) of one bucket, in canonical order."""
        return {name: self._read(name, number) for name in names or TABLES}

    def person(self, person_id: str) -> Tables:
        """All tables of one person. Raises NotFoundError for someone who is not here."""
        number = bucket_of(pa.array([person_id]), self.buckets)[0].as_py()
        only = pc.field("person_id") == person_id
        tables = {name: self._read(name, number, only) for name in TABLES}
        if not tables["person"].num_rows:
            raise NotFoundError(
                "no such person in this History",
                where=str(self.path),
                cure="use a person_id of its person table",
            )
        return tables

    def _read(self, name: str, number: int, only: pc.Expression | None = None) -> pa.Table:
        path = bucket_file(self.path, name, number)
        try:
            rows = pq.read_table(path, filters=only, partitioning=None)
        except (OSError, pa.ArrowInvalid):
            raise _damaged(self.path, f"{name}, bucket {number} cannot be read") from None
        if not rows.schema.equals(TABLES[name].schema):
            raise _damaged(self.path, f"{name}, bucket {number} has other columns")
        return rows.replace_schema_metadata(None)


def _damaged(path: Path, what: str) -> InputError:
    return InputError(
        f"this History is damaged: {what}",
        where=str(path),
        cure="rebuild it from its source",
    )
