"""Times two functions in turn and says how they compare.

In turn (ours, peer, ours, peer, ...) because a machine's speed drifts; medians because it hiccups.
A figure without a peer in the same run is refused: seconds of one machine say little on another.
What is large runs in processes of their own (`Contest`), so that memory is told for each.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import nan
from typing import Any

from benchmarks.apart import Ran
from benchmarks.memory import peak

Work = Callable[[], object]
Apart = Callable[[], Ran]
WARM = 20
"""Calls before the first that counts."""


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
class Contest:
    """Ours beside several peers, each time in a process of its own that tells its seconds.

    check  called with a peer's name, our value and the peer's; it raises where they differ
    other  another number of units in one call, and their name: (events, "events")
    """

    name: str
    ours: Apart
    peers: Mapping[str, Apart]
    per: int
    unit: str
    runs: int = 1
    check: Callable[[str, Any, Any], None] | None = None
    other: tuple[int, str] | None = None


@dataclass(frozen=True)
class Calls:
    """Two short calls in turn, each timed by itself: what is told are percentiles of a call."""

    name: str
    peer_name: str
    ours: Work
    peer: Work
    calls: int = 3_000


@dataclass(frozen=True)
class Figure:
    """Median seconds of ours and of the peer, and the median of the paired ratios ours / peer.

    tails   99th percentile of a call, ours and the peer's, in seconds (None: not short calls)
    memory  MiB before the work, at the peak of ours, at the peak of the peer's (None: not measured)
    why     why the peer has no time ("": it has one)
    other   as of a contest
    """

    name: str
    peer_name: str
    ours: float
    peer: float
    ratio: float
    per_second: float
    unit: str
    memory: tuple[float, float, float] | None = None
    why: str = ""
    other: tuple[int, str] | None = None
    tails: tuple[float, float] | None = None

    def to_json(self) -> dict[str, object]:
        told = asdict(self)
        return {name: None if value != value else value for name, value in told.items()}

    def line(self) -> str:
        if self.tails is not None:
            return self._short(*self.tails)
        return (
            f"{self.name:28} {self.ours:9.4f} s  {self.per_second:12,.0f} {self.unit}/s  "
            f"{self._other()}{self._peer()}{self._memory()}"
        )

    def _short(self, ours: float, peer: float) -> str:
        return (
            f"{self.name:28} median {self.ours * 1e3:.3f} ms, 99th percentile {ours * 1e3:.3f} ms  "
            f"{self.ratio:7.2f} x {self.peer_name} "
            f"(median {self.peer * 1e3:.3f} ms, 99th percentile {peer * 1e3:.3f} ms)"
        )

    def _peer(self) -> str:
        if self.why:
            return f"{self.peer_name} {self.why}"
        return f"{self.ratio:7.2f} x {self.peer_name} ({self.peer:.4f} s)"

    def _other(self) -> str:
        if self.other is None:
            return ""
        number, unit = self.other
        return f"{number / self.ours:12,.0f} {unit}/s  "

    def _memory(self) -> str:
        if self.memory is None:
            return ""
        before, ours, peer = self.memory
        held = f" ({before:,.0f} before)" if before else ""
        return f"  peak {ours:,.0f} MiB, peer {peer:,.0f} MiB{held}"


def measured(bench: Bench | Calls | Contest) -> list[Figure]:
    """The figures of a benchmark: one for each peer."""
    if isinstance(bench, Contest):
        return _contested(bench)
    return [in_turn(bench) if isinstance(bench, Calls) else measure(bench)]


def measure(bench: Bench) -> Figure:
    """One uncounted call of each, then `runs` pairs."""
    memory = _memory(bench)
    pairs = [(_seconds(bench.ours), _seconds(bench.peer)) for _ in range(bench.runs)]
    ours, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Figure(
        bench.name, bench.peer_name, ours, peer, ratio, bench.per / ours, bench.unit, memory
    )  # fmt: skip


def in_turn(bench: Calls) -> Figure:
    """Some uncounted calls of each, then as many pairs as are asked for."""
    for work in (bench.ours, bench.peer) * WARM:
        work()
    pairs = [(_seconds(bench.ours), _seconds(bench.peer)) for _ in range(bench.calls)]
    columns = tuple(zip(*pairs, strict=True))
    ours, peer = (statistics.median(column) for column in columns)
    tails = tuple(statistics.quantiles(column, n=100)[98] for column in columns)
    ratio = statistics.median(a / b for a, b in pairs)
    return Figure(
        bench.name, bench.peer_name, ours, peer, ratio, 1 / ours, "calls",
        tails=(tails[0], tails[1]),
    )  # fmt: skip


def _contested(contest: Contest) -> list[Figure]:
    """Ours and each peer in turn, `runs` times; a peer that did not end once is left out after."""
    ours: list[Ran] = []
    theirs: dict[str, list[Ran]] = {name: [] for name in contest.peers}
    for _ in range(contest.runs):
        ours.append(_ended(contest.ours()))
        for name, peer in contest.peers.items():
            if not any(ran.why for ran in theirs[name]):
                theirs[name].append(_checked(contest, name, ours[-1], peer()))
    return [_beside(contest, name, ours, rans) for name, rans in theirs.items()]


def _ended(ran: Ran) -> Ran:
    if ran.why:
        raise RuntimeError(f"ours {ran.why}")
    return ran


def _checked(contest: Contest, name: str, ours: Ran, theirs: Ran) -> Ran:
    if contest.check is not None and not theirs.why:
        contest.check(name, ours.value, theirs.value)
    return theirs


def _beside(contest: Contest, name: str, ours: list[Ran], theirs: list[Ran]) -> Figure:
    pairs = [(a.seconds, b.seconds) for a, b in zip(ours, theirs, strict=False) if not b.why]
    took = statistics.median(ran.seconds for ran in ours)
    peaks = max(ran.peak for ran in ours), max(ran.peak for ran in theirs)
    return Figure(
        contest.name, name, took,
        statistics.median(b for _, b in pairs) if pairs else nan,
        statistics.median(a / b for a, b in pairs) if pairs else nan,
        contest.per / took, contest.unit, (0.0, *peaks),
        next((ran.why for ran in theirs if ran.why), ""), contest.other,
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
