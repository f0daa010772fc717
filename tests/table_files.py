"""Small extracts drawn as text, with the mapping that reads them.

    read(folder, mapping, claims='''
        id  from        to
        A   2020-03-01  2020-03-05
    ''')

A dash is an empty cell. Columns are parted by blanks, or by `|` where a value holds a blank.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from features.readers.ingest import ingest
from features.tables.contract import Tables
from features.tables.history import History
from tests.told import Row, told


def text_of(drawn: str, delimiter: str = ",") -> str:
    """A drawn table as the text of a CSV file."""
    lines = [line.strip() for line in drawn.strip().splitlines()]
    cells = [line.split("|") if "|" in lines[0] else line.split() for line in lines]
    assert len({len(line) for line in cells}) == 1, "a line does not fit the head"
    file = io.StringIO()
    plain = [["" if cell.strip() == "-" else cell.strip() for cell in line] for line in cells]
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(plain)
    return file.getvalue()


@dataclass(frozen=True)
class Loaded:
    """An extract as it was loaded: its canonical tables, and the answer of the load."""

    tables: Tables
    answer: dict[str, object]
    history: History

    def told(self, table: str, *columns: str, person: str = "A") -> list[Row]:
        return told(self.tables, table, *columns, person=person)

    def count(self, table: str) -> dict[str, object]:
        counts: dict[str, dict[str, object]] = self.answer["tables"]  # type: ignore[assignment]
        return counts[table]

    def left_out(self, table: str) -> dict[str, int]:
        left: dict[str, dict[str, int]] = self.answer["left_out"]  # type: ignore[assignment]
        return {k: n for k, n in left.get(table, {}).items() if not k.startswith("columns of")}


def read(folder: Path, mapping: str, *, reject: bool = False, **files: str) -> Loaded:
    """Write the files drawn and the mapping, load them, and say what came of it."""
    source = folder / "in"
    source.mkdir()
    for name, drawn in files.items():
        (source / f"{name}.csv").write_text(text_of(drawn), encoding="utf-8")
    path = folder / "map.toml"
    path.write_text(mapping, encoding="utf-8")
    on_error = "reject" if reject else "stop"
    report = ingest("table", source, folder / "h", mapping=path, on_error=on_error, buckets=1)
    history = History.open(folder / "h")
    return Loaded(history.bucket(0), report.to_json(), history)
