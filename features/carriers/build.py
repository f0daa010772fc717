"""A matrix on its way to one file: a part per bucket beside it, so that a build can go on.

The parts lie in `.FILE.parts` beside FILE, with a note of what they are parts of. FILE comes by a
rename at the end: at no time is there half of one under its name. Whichever carrier makes the
parts, and however often it was interrupted, FILE has the same bytes. It refuses to work beside
another build of the same FILE; parts of another matrix are not gone on with.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import pyarrow.parquet as pq

from features.carriers.disk import LOCK, UNFINISHED, hold, put, writing
from features.carriers.note import KEY, differs, metadata, note_of, to_bytes
from features.carriers.part import Asked
from features.carriers.parts import (
    Summary,
    counts_of,
    part_file,
    readable,
    refuse_names,
    summed,
    write_whole,
)
from features.errors import InputError
from features.labels import COLUMNS as LABELS
from features.tables.history import History

Progress = Callable[[str, float | None], None]
NOTE = "note.json"


class Build:
    """Context manager of a build of the matrix at `out`; it holds the lock on it.

    history, asked  what it is of; `asked` is about this History (`Asked.about`)
    recipe          {"recipe": its name, "recipe_text": sha256 of its text}
    progress        told whether an earlier build is gone on with, or why it is not

    folder   where the parts lie
    of       which matrix they are parts of
    missing  buckets whose parts are not there yet; resumed: how many parts an earlier run left

    Raises InputError where `out` cannot be written, is something else than a matrix, lies in the
    History, or is being built by another process.
    """

    def __init__(
        self,
        out: Path,
        history: History,
        asked: Asked,
        *,
        recipe: Mapping[str, str],
        progress: Progress | None = None,
    ) -> None:
        self.out, self.buckets = Path(out).absolute(), history.buckets
        self.folder = self.out.with_name(f".{self.out.name}.parts")
        self.note = note_of(history, asked, recipe)
        self.of = hashlib.sha256(to_bytes(self.note)).hexdigest()
        self.tell: Progress = progress or (lambda _what, _share: None)
        self.missing: tuple[int, ...] = ()
        self._lock: IO[bytes] | None = None
        refuse_names(asked.schema, LABELS if asked.with_labels else ())
        _refuse_other(self.out, history.path.absolute())

    def __enter__(self) -> Build:
        with writing(self.out):
            self._lock = hold(self.folder, self.out)
            try:
                self._take_over()
            except BaseException:
                self._lock.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._lock is not None, "not entered"
        self._lock.close()

    @property
    def resumed(self) -> int:
        return self.buckets - len(self.missing)

    def _take_over(self) -> None:
        """Keeps the parts that are there where they are of the same matrix."""
        note = self.folder / NOTE
        known = note.exists()
        why = differs(note.read_bytes(), self.note) if known else ""
        self._clear("*" if why or not known else f"*{UNFINISHED}")
        if why or not known:
            put(note, lambda sink: _all_of(sink, to_bytes(self.note)))
        self.missing = tuple(
            b for b in range(self.buckets) if not readable(self.folder, b, self.of)
        )
        if why:
            self.tell(f"starting anew: what is there is of {why}", None)
        if self.resumed:
            self.tell(f"going on: {self.resumed} of {self.buckets} parts are there", None)

    def _take_away(self) -> None:
        """The note goes after the parts: whoever is killed here leaves what can be gone on with."""
        self._clear("bucket=*")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clear(self, which: str) -> None:
        for path in self.folder.glob(which):
            if path.name != LOCK:
                path.unlink()

    def assemble(self) -> Summary:
        """Makes FILE of the parts and takes these away. All parts must be there.

        Raises InputError where one was replaced by a part of another matrix.
        """
        parts = [part_file(self.folder, bucket) for bucket in range(self.buckets)]
        with writing(self.out):
            counts = [counts_of(path) for path in parts]
            if any(each["of"] != self.of for each in counts):
                raise InputError(
                    "an earlier build was still at work on this file",
                    where=str(self.out),
                    cure="give the same command again once no task of it runs",
                )
            columns = 0

            def write(sink: IO[bytes]) -> None:
                nonlocal columns
                columns = write_whole(sink, parts, metadata(self.note))

            put(self.out, write, folder=self.folder)
            self._take_away()
        return summed(counts, columns, self.resumed)


def _all_of(sink: IO[bytes], data: bytes) -> None:
    sink.write(data)


def _refuse_other(out: Path, history: Path) -> None:
    """Raises InputError where a matrix may not come to be at `out`."""
    if out.is_relative_to(history):
        what, cure = "the matrix would lie inside the History, which is only read", "outside it"
    elif not out.parent.is_dir():
        what, cure = "there is no such folder", "in a folder that exists"
    elif out.is_dir():
        what, cure = "there is a folder of that name", "of another name"
    elif out.exists() and not _is_matrix(out):
        what, cure = "there is a file of that name that is no matrix", "of another name"
    else:
        return
    raise InputError(what, where=str(out), cure=f"give a file {cure}")


def _is_matrix(path: Path) -> bool:
    try:
        return KEY in (pq.read_metadata(path).metadata or {})
    except (OSError, ValueError):  # ArrowInvalid is a ValueError
        return False
