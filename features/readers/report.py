"""What became of every row of a source, counted by canonical table, and the file of rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from features.tables.check import REJECTS


@dataclass
class Count:
    """Rows of one table: read = kept + merged + sum(rejected)."""

    read: int = 0
    kept: int = 0
    merged: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def reject(self, rows: pa.Table) -> None:
        for pair in pc.value_counts(rows["reason"]).to_pylist():
            self.rejected[pair["values"]] += pair["counts"]

    def to_json(self) -> dict[str, object]:
        rejected = dict(sorted(self.rejected.items()))
        return {"read": self.read, "kept": self.kept, "merged": self.merged, "rejected": rejected}


@dataclass(frozen=True)
class IngestReport:
    """The answer of `caseload ingest`.

    tables     canonical table -> its counts
    inputs     kind of file of the source -> rows in it
    conflicts  table -> column -> rows made of source rows that disagree in it
    left_out   table -> what -> values of the source that are not carried
    """

    source: str
    people: int
    tables: Mapping[str, Count]
    rejects_file: Path | None
    inputs: Mapping[str, int]
    conflicts: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, object]:
        return {
            "source": self.source,
            "people": self.people,
            "tables": {name: count.to_json() for name, count in self.tables.items()},
            "rejects_file": None if self.rejects_file is None else str(self.rejects_file),
            "inputs": dict(self.inputs),
            "conflicts": {name: dict(found) for name, found in self.conflicts.items()},
            "left_out": {name: dict(found) for name, found in self.left_out.items()},
        }


class Rejects:
    """Rejected rows written down as they are found."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._writer = pv.CSVWriter(str(path), REJECTS)

    def add(self, rows: pa.Table) -> None:
        if len(rows):
            self.rows += len(rows)
            self._writer.write_table(rows)

    def close(self) -> None:
        self._writer.close()
