"""Work on several things at once, handed over in their order, a bounded number under way.

Arrow, NumPy and our compiled loops let go of the interpreter, so threads share the work and nothing
is copied between processes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

WORKERS = min(4, os.cpu_count() or 1)


def abreast(
    work: Callable[[Item], Made], items: Iterable[Item], workers: int = WORKERS
) -> Iterator[Made]:
    """What `work` makes of each item, in order; at most `workers` are made or wait to be taken.

    What `work` raises is raised here, and what has not begun then never does.
    """
    pool = ThreadPoolExecutor(workers)
    under_way: deque[Future[Made]] = deque()
    try:
        for item in items:
            if len(under_way) == workers:
                yield under_way.popleft().result()
            under_way.append(pool.submit(work, item))
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ahead(items: Iterator[Made]) -> Iterator[Made]:
    """The items, the next one fetched while the last is worked on."""
    nothing = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, nothing)
        while (item := coming.result()) is not nothing:
            coming = pool.submit(next, items, nothing)
            yield item  # type: ignore[misc]
