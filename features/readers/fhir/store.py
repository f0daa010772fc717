"""Rows of resources on disk: parsed block by block, then brought together in parts of some people.

    FOLDER/NAME/PART/BLOCK.arrow    NAME a resource, or list of a resource, as in paths.csv

Memory holds a few blocks, or one block while it is parted. It keeps rows for one run and no longer.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc

from features.readers.fhir.arrow import here, text
from features.readers.fhir.join import SUBJECTS
from features.readers.fhir.parse import DELETED, Block, Parsed, Reject, parse
from features.readers.fhir.paths import schemas
from features.readers.fhir.people import People
from features.tables.order import SLICES, slices

MUCH = 64 << 20
"""Bytes from which on a process for each core is worth its start."""
COMPRESSED = ipc.IpcWriteOptions(compression="lz4")


@dataclass
class Stored:
    """What parsing found, besides the rows that lie in `folder`."""

    folder: Path
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)

    def all(self, name: str, part: int = 0) -> pa.Table:
        """Every row of one resource or list in a part."""
        found = [_taken_up(path) for path in _files(self.folder / name / str(part))]
        return pa.concat_tables(found) if found else _schema(name).empty_table()

    def part(self, number: int) -> Mapping[str, pa.Table]:
        """All rows of a part; resources of no person are in every part."""
        return {
            path.name: self.all(path.name, number)
            for path in sorted(self.folder.iterdir())
            if (path / str(number)).exists()
        }

    def bring_together(self, known: People, parts: int) -> None:
        """Moves all rows of a person to one part of 0 to `parts` - 1."""
        blocks = self.folder.rename(self.folder.with_name(f"{self.folder.name}_blocks"))
        names = sorted(path.name for path in blocks.iterdir())
        for name in (n for n in names if "." not in n):
            lists = [n for n in names if n.startswith(name + ".")]
            for path in _files(blocks / name / "0"):
                rows = _taken_up(path)
                part = _part_of(name, rows, known, parts)
                below = {n: blocks / n / "0" / path.name for n in lists}
                entries = {n: _taken_up(file) for n, file in below.items() if file.exists()}
                for number in range(parts):
                    mine = rows if part is None else rows.filter(pa.array(part == number))
                    self._set_down(name, number, path.name, mine)
                    for child, found in entries.items():
                        own = found.filter(pc.is_in(found["row"], value_set=_row(mine)))
                        self._set_down(child, number, path.name, own)
        shutil.rmtree(blocks)

    def _set_down(self, name: str, part: int, block: str, rows: pa.Table) -> None:
        _set_down(self.folder / name / str(part) / block, rows)


def store(blocks: Iterator[Block], found: Stored) -> Iterator[int]:
    """Parses every block into the folder and account of `found`; yields how many are done."""
    found.folder.mkdir(parents=True)
    for done, (rows, parsed) in enumerate(_each(blocks, found.folder), 1):
        found.rows += rows
        found.counts += parsed.counts
        found.left_out += parsed.left_out
        found.rejects += parsed.rejects
        yield done


def _each(blocks: Iterator[Block], folder: Path) -> Iterator[tuple[int, Parsed]]:
    """Blocks parsed in order: here where they are few, else by processes, some blocks ahead."""
    start: list[Block] = []
    cores = os.cpu_count() or 1
    for block in blocks:
        start.append(block)
        if sum(len(one.data) for one in start) > MUCH:
            break
    else:
        cores = 1
    if cores == 1:
        yield from (_stored(block, folder) for block in chain(start, blocks))
        return
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[tuple[int, Parsed]]] = deque()
        for block in chain(start, blocks):
            waiting.append(pool.submit(_stored, block, folder))
            if len(waiting) > 3 * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _stored(block: Block, folder: Path) -> tuple[int, Parsed]:
    """The block parsed and its rows set down; what is handed back holds none."""
    parsed = parse(block)
    for name, rows in parsed.tables.items():
        _set_down(folder / name / "0" / f"{block.number:08}.arrow", rows)
    number = sum(len(rows) for rows in parsed.tables.values())
    parsed.tables = {}
    return number, parsed


def _part_of(name: str, rows: pa.Table, known: People, parts: int) -> npt.NDArray[np.int64] | None:
    """The part of each row, by its person; None for rows that belong to nobody."""
    if name != "Patient" and name not in SUBJECTS:
        return None
    person = known.of(text(rows, "id" if name == "Patient" else "person"))
    part = np.zeros(len(rows), np.int64)
    part[here(person)] = slices(person.drop_null()).astype(np.int64) * parts // SLICES
    return part


def _row(rows: pa.Table) -> pa.Array:
    return rows["row"].combine_chunks()


def _schema(name: str) -> pa.Schema:
    return DELETED if name == "deleted" else schemas()[name]


def _set_down(path: Path, rows: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ipc.new_file(str(path), rows.schema, options=COMPRESSED) as writer:
        writer.write_table(rows)


def _taken_up(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as file:
        return ipc.open_file(file).read_all()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.arrow"))
