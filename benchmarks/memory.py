"""The most memory a piece of work held, over this process and the processes it starts.

Sampled every 20 ms as resident memory: shorter peaks are missed, shared pages counted once for each
process. What was resident before the work began is told apart, for the caller to subtract.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

EVERY = 0.02
PAGE = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")


def peak(work: Callable[[], object]) -> tuple[float, float]:
    """Resident MiB before `work` and at its peak; it is called once. Needs /proc (Linux)."""
    done = threading.Event()
    before = resident()
    highest = [before]

    def watch() -> None:
        while not done.wait(EVERY):
            highest.append(max(highest.pop(), resident()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        work()
    finally:
        highest.append(max(highest[-1], resident()))
        done.set()
        watcher.join()
    return before, max(highest)


def resident(process: int | None = None) -> float:
    """Resident MiB of a process (by default this one) and everything below it."""
    pages, left = 0, [process or os.getpid()]
    while left:
        own = PROC / str(left.pop())
        try:
            pages += int((own / "statm").read_text().split()[1])
            for task in (own / "task").iterdir():
                left += map(int, (task / "children").read_text().split())
        except OSError:  # it ended while we looked
            continue
    return pages * PAGE / 2**20
