"""Folders that a killed process left beside an output.

Work in progress lies in `.NAME.PID.reading` and `.NAME.PID.writing` beside the output NAME. A
process that is killed outright cannot take them away, and they hold rows of patients: whoever
works for the same output next does. Folders of processes that live are left alone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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
