"""Times two functions in turn and says how they compare.

In turn (ours, peer, ours, peer, ...) because a machine's speed drifts; medians because it hiccups.
A figure without a peer in the same run is refused: seconds of one machine say little on another.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.memory import peak

Work = Callable[[], object]


@dataclass(frozen=True)
class Bench:
    """What is compared.

    ours, peer  each does the whole work once; what they need is made before
    per         units of work in one call, and `unit` their name ("rows", "people")
    memory      the peak of each is measured too, in the uncounted calls
    """

    name: str
    peer_name: str
    ours: Work
    peer: Work
    per: int
    unit: str
    runs: int = 5
    memory: bool = False


@dataclass(frozen=True)
class Figure:
    """Median seconds of ours and of the peer, and the median of the paired ratios ours / peer.

    memory  MiB before the work, at the peak of ours, at the peak of the peer's (None: not measured)
    """

    name: str
    peer_name: str
    ours: float
    peer: float
    ratio: float
    per_second: float
    unit: str
    memory: tuple[float, float, float] | None = None

    def to_json(self) -> dict[str, object]:
        return vars(self)

    def line(self) -> str:
        return (
            f"{self.name:28} {self.ours:9.4f} s  {self.per_second:12,.0f} {self.unit}/s  "
            f"{self.ratio:7.2f} x {self.peer_name} ({self.peer:.4f} s){self._memory()}"
        )

    def _memory(self) -> str:
        if self.memory is None:
            return ""
        before, ours, peer = self.memory
        return f"  peak {ours:,.0f} MiB, peer {peer:,.0f} MiB ({before:,.0f} before)"


def measure(bench: Bench) -> Figure:
    """One uncounted call of each, then `runs` pairs."""
    memory = _memory(bench)
    pairs = [(_seconds(bench.ours), _seconds(bench.peer)) for _ in range(bench.runs)]
    ours, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Figure(
        bench.name, bench.peer_name, ours, peer, ratio, bench.per / ours, bench.unit, memory
    )  # fmt: skip


def _memory(bench: Bench) -> tuple[float, float, float] | None:
    """The uncounted calls, the peer's first: what it leaves resident is little."""
    if not bench.memory:
        bench.ours()
        bench.peer()
        return None
    before, peers = peak(bench.peer)
    return before, peak(bench.ours)[1], peers


def _seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
