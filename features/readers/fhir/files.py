"""Cuts a source into blocks: files, gzipped or not, and the entries of zip archives.

A source is one file or a folder, to any depth: `.ndjson`, `.jsonl`, `.json`, each also as `.gz`,
and `.zip` archives of these. Nothing is unpacked to disk, so names in an archive reach no path.
An archive inside an archive is left alone and counted. Text is cut at line ends, so memory holds a
block; a JSON text of several lines (a Bundle) is one block, up to `LONGEST` bytes.

Refuses what is cut short, locked, no UTF-8 by its first bytes, or longer than `LONGEST` unpacked.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import orjson

from features.errors import InputError
from features.readers.fhir.parse import Block
from features.readers.fhir.paths import lines
from features.readers.files import GZIPPED, below

BLOCK = 4 << 20
LONGEST = 1 << 30
"""Bytes of one line, or of one JSON text of several lines."""
TEXTS = (".ndjson", ".jsonl", ".json")
ENDINGS = tuple(text + packed for text in TEXTS for packed in ("", ".gz"))
NAMED = re.compile(r"^([A-Za-z]+)([._-]?\d+)*$")
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading a damaged file raises; the last two are zipfile's words for a way of packing that it
does not know, and for an archive with a password."""


@dataclass
class Cutter:
    """The blocks of a source, in order of file name.

    skipped  (table, what) -> files and entries that were left alone
    """

    source: Path
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: int = 0
    _number: int = 0

    def blocks(self) -> Iterator[Block]:
        """Raises InputError for a source without such files, and for a file that is broken."""
        for path in below(self.source):
            if path.name.lower().endswith(".zip"):
                yield from self._archive(path)
            elif path.name.lower().endswith(ENDINGS):
                yield from self._file(path.name, path.name, str(path), partial(_opened, path))
        if not self.files:
            raise InputError(
                "there is no FHIR file",
                where=str(self.source),
                cure="give .ndjson or .json files, also as .gz or in a .zip",
            )

    def _archive(self, path: Path) -> Iterator[Block]:
        try:
            archive = zipfile.ZipFile(path)
        except BROKEN:
            raise unreadable(str(path)) from None
        with archive:
            for number, entry in enumerate(archive.infolist(), 1):
                if entry.is_dir():
                    continue
                where = f"{path}, entry {number}"
                if not entry.filename.lower().endswith(ENDINGS):
                    self.skipped[
                        "resources", f"entries of an archive of another kind{_inside(entry)}"
                    ] += 1
                    continue
                name = f"{path.name} entry {number}"
                stem = entry.filename.replace("\\", "/").rpartition("/")[2]
                yield from self._file(stem, name, where, partial(archive.open, entry))

    def _file(
        self, file: str, name: str, where: str, opened: Callable[[], IO[bytes]]
    ) -> Iterator[Block]:
        """Blocks of one text; `name` is what rejects say: no part of a file name in an archive,
        where there may be names of people."""
        self.files += 1
        try:
            with opened() as raw:
                packed = file.lower().endswith(".gz")
                text = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
                yield from self._cut(text, file.lower(), name, where, _type(file))
        except BROKEN:
            raise unreadable(where) from None

    def _cut(
        self, text: IO[bytes], file: str, name: str, where: str, kind: str | None
    ) -> Iterator[Block]:
        start = _unmarked(text.read(BLOCK), where)
        if not file.removesuffix(".gz").endswith((".ndjson", ".jsonl")) and not _is_lines(start):
            data = io.BytesIO()
            data.write(start)
            while more := text.read(BLOCK):
                data.write(more)
                _refuse_longer(data.tell(), where)
            yield self._block(name, data.getvalue(), 1, True, None)
            return
        line, rest = 1, start
        while rest:
            more = text.read(BLOCK)
            end = rest.rfind(b"\n") + 1 if more else len(rest)
            if end:
                yield self._block(name, rest[:end], line, False, kind)
                line += rest.count(b"\n", 0, end)
            rest = rest[end:] + more
            _refuse_longer(len(rest), where)

    def _block(self, name: str, data: bytes, line: int, whole: bool, kind: str | None) -> Block:
        self._number += 1
        return Block(self._number, name, data, line, whole, kind)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def unreadable(where: str) -> InputError:
    return InputError(
        "the file cannot be read: it is cut short, damaged or locked",
        where=where,
        cure="export or copy it again: FHIR JSON or NDJSON in UTF-8, plain, .gz or in a .zip",
    )


def _type(file: str) -> str | None:
    """The resource type a file is named after (Encounter.000.ndjson.gz), if any."""
    stem = file.lower()
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if stem.endswith(ending):
            stem = stem[: -len(ending)]
            break
    named = NAMED.match(stem)
    known = {name.lower(): name for name in lines() if "." not in name}
    return known.get(named[1]) if named else None


def _unmarked(start: bytes, where: str) -> bytes:
    """The text without its byte-order mark. Raises InputError for UTF-16, UTF-32 and gzip."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise InputError(
            "the file is not UTF-8",
            where=where,
            cure="save it as UTF-8; FHIR JSON is always UTF-8",
        )
    if start.startswith(GZIPPED):
        raise InputError(
            "the file is gzipped and not named .gz", where=where, cure="add .gz to its name"
        )
    return start.removeprefix(b"\xef\xbb\xbf")


def _is_lines(start: bytes) -> bool:
    """Whether the first line is a JSON text of its own, with another line after it."""
    first, end, rest = start.lstrip().partition(b"\n")
    if not end or not rest.strip():
        return False
    try:
        orjson.loads(first)
    except ValueError:
        return False
    return True


def _refuse_longer(length: int, where: str) -> None:
    if length > LONGEST:
        raise InputError(
            f"a line or text is longer than {LONGEST >> 20} MiB",
            where=where,
            cure="export one resource a line (NDJSON), or a Bundle a person",
        )


def _inside(entry: zipfile.ZipInfo) -> str:
    return ": archives inside it are not opened" if entry.filename.lower().endswith(".zip") else ""
