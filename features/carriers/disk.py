"""Files that are there whole or not at all, and one process at a time in a folder of work.

What the machine refuses (a full disk, a folder that may not be written) is said once, with a cure.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from uuid import uuid4

from features.errors import InputError

LOCK = "lock"
UNFINISHED = ".unfinished"


class Sink(Protocol):
    def fileno(self) -> int: ...
    def flush(self) -> None: ...


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Raises InputError where the machine does not let us write for `out`."""
    try:
        yield
    except OSError as refused:
        why = os.strerror(refused.errno) if refused.errno else "the machine refuses"
        raise InputError(
            f"the matrix cannot be written: {why}",
            where=str(out),
            cure="make room or give a file elsewhere; the same command goes on with what is done",
        ) from None


def put(path: Path, write: Callable[[IO[bytes]], None], *, folder: Path | None = None) -> None:
    """A file of what `write` writes, by a rename once all of it is on the disk.

    Two machines may make the same file at once: each has a name of its own for it until then.
    folder  where it is until then, on the same file system; None: beside it
    """
    scratch = (folder or path.parent) / f"{path.name}.{uuid4().hex}{UNFINISHED}"
    try:
        with scratch.open("wb") as sink:
            write(sink)
            settle(sink)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def settle(sink: Sink) -> None:
    """Waits until what was written would outlast a loss of power."""
    sink.flush()
    os.fsync(sink.fileno())


def hold(folder: Path, out: Path) -> IO[bytes]:
    """The lock of a folder of work, which it makes; closing it lets go, as does any end of ours.

    Raises InputError where another process holds it.
    """
    while True:
        folder.mkdir(exist_ok=True)
        try:
            held = (folder / LOCK).open("wb")
        except FileNotFoundError:  # whoever held it has just finished and taken the folder away
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            raise InputError(
                "another process is making this matrix",
                where=str(out),
                cure="wait until it has finished, or give another file",
            ) from None
        if _same(held, folder / LOCK):
            return held
        held.close()


def _same(held: IO[bytes], path: Path) -> bool:
    """Whether the file is still the one of that name, and not of a folder that was taken away."""
    try:
        return os.path.samestat(os.fstat(held.fileno()), path.stat())
    except FileNotFoundError:
        return False
