"""Folders that a killed process left beside an output, and how a process told to end leaves none.

Work in progress lies in `.NAME.PID.reading` and `.NAME.PID.writing` beside the output NAME. A
process that is killed outright cannot take them away, and they hold rows of patients: whoever
works for the same output next does. Folders of processes that live are left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

KINDS = ("reading", "writing")


def clear_leftovers(out: Path) -> None:
    """Removes what processes that are gone left of their work for `out`."""
    if not out.parent.is_dir():
        return
    start = f".{out.name}."
    for path in out.parent.iterdir():
        pid, _, kind = path.name.removeprefix(start).partition(".")
        if path.name.startswith(start) and kind in KINDS and pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Within, the signal to end (SIGTERM) unwinds the program as an interrupt does: exit 143.

    Outside the main thread, where signals cannot be met, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
