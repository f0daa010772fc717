"""Finds the files of a source and looks at their header lines before anything is read.

Refuses a file that is empty, that lacks a column, or that no text editor could read; the message
names the file and the column, never a value.
"""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

from features.errors import InputError

SUFFIXES = (".csv", ".csv.gz")
TABLE_SUFFIXES = (*SUFFIXES, ".parquet")
BROKEN = (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error)
OPENED: Mapping[str, Callable[..., IO[str]]] = MappingProxyType({".gz": gzip.open})
GZIPPED = b"\x1f\x8b"


def existing(source: Path) -> Path:
    """`source`, which must be a folder or a file that is there."""
    if not source.exists():
        raise InputError("the source does not exist", where=str(source), cure="check the path")
    return source


def below(source: Path) -> list[Path]:
    """The source itself if a file, else every file in it and its folders, in order of name.

    Links to folders are followed, each folder once.
    """
    if source.is_file():
        return [source]
    found: list[Path] = []
    met: set[str] = set()
    for folder, inside, names in os.walk(source, followlinks=True):
        real = os.path.realpath(folder)
        if real in met:
            inside.clear()
            continue
        met.add(real)
        inside.sort()
        found += (Path(folder, name) for name in names)
    return sorted(path for path in found if path.is_file())


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def table_files(source: Path, name: str) -> list[Path]:
    """Files of a table: NAME.csv, .csv.gz or .parquet, or any such in a folder NAME; any case."""

    def is_its(path: Path) -> bool:
        ending = next((e for e in TABLE_SUFFIXES if path.name.lower().endswith(e)), None)
        if ending is None:
            return False
        stem = path.name[: -len(ending)].lower()
        return name.lower() in (stem, path.parent.name.lower() if path != source else stem)

    return [path for path in below(source) if is_its(path)]


def header(path: Path, delimiter: str = ",") -> tuple[str, ...]:
    """Column names of a CSV file, gzipped or not."""
    try:
        _refuse_misnamed(path)
        with _opened(path) as file:
            first = next(csv.reader(file, delimiter=delimiter), [])
    except BROKEN:
        raise unreadable(path) from None
    if not first:
        raise InputError(
            "the file is empty",
            where=str(path),
            cure="give a header line and rows, or leave the file out if there are none",
        )
    return tuple(name.strip() for name in first)


def uneven_line(path: Path, delimiter: str = ",") -> int | None:
    """Number of the first line that has more or fewer cells than the header; None: none found."""
    try:
        with _opened(path) as file:
            rows = csv.reader(file, delimiter=delimiter)
            width = len(next(rows, []))
            return next((rows.line_num for row in rows if row and len(row) != width), None)
    except BROKEN:
        return None


def _opened(path: Path) -> IO[str]:
    opened: Callable[..., IO[str]] = OPENED.get(path.suffix.lower(), open)
    return opened(path, "rt", encoding="utf-8-sig", newline="")


def _refuse_misnamed(path: Path) -> None:
    """Refuses a file that is gzipped and not named so, or named so and is not."""
    with path.open("rb") as file:
        start = file.read(len(GZIPPED))
    named = path.suffix.lower() == ".gz"
    if start and (start == GZIPPED) != named:
        raise InputError(
            "the file cannot be read: it is named .gz and is not gzipped"
            if named
            else "the file cannot be read: it is gzipped and not named .gz",
            where=str(path),
            cure="leave .gz out of its name" if named else "add .gz to its name",
        )


def require(names: Sequence[str], columns: Iterable[str], path: Path) -> None:
    """Raises InputError where `names`, the header of `path`, lacks a column or has one twice."""
    for column in columns:
        if column not in names:
            raise InputError(
                f"the column {column} is missing",
                where=f"{path}, header line",
                cure=f"add the column {column}, or check that this is the right file",
            )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"the column {twice} stands twice", where=f"{path}, header line", cure="drop one"
        )


def unreadable(where: object) -> InputError:
    return InputError(
        "the file cannot be read",
        where=str(where),
        cure="give comma-separated UTF-8 text with one header line, plain or gzipped, or Parquet",
    )


def empty(where: object) -> InputError:
    return InputError(
        "there is a header line and no row",
        where=str(where),
        cure="check the export; leave the file out if the source has no such rows",
    )
