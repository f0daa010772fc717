"""How many people each nurse invites now, and whom: places, acceptance, practices served.

About four in ten of those invited accept (904 of 2,391 in the Guided Care trial: 0.378), so more
are invited than there are places. Two ways of saying how many more:

bounded   offers go out in order and stop while more could accept than there are places with a
          chance above a stated bound (0.10); the default
expected  ceil(places / acceptance) over all nurses together, apportioned by largest remainder

It refuses to send a person to a nurse who does not serve the person's practice, and to invite for a
nurse without a free place.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.stats import binom

ACCEPTANCE = 0.378
MOST_OVERFILL = 0.10
PLACES = 55
"""Middle of the 50 to 60 people a Guided Care nurse looks after."""
ANY = "*"


@dataclass(frozen=True)
class Caseload:
    """One nurse's or social worker's places.

    places      people they can look after; held: people they look after now
    open        offers made that were neither accepted nor declined yet
    practices   practices served; "*" for any; localities likewise, empty for any
    languages   languages spoken; they prefer a nurse, they exclude nobody
    acceptance  share of those invited who enrol
    """

    nurse_id: str
    practices: frozenset[str]
    places: int = PLACES
    held: int = 0
    open: int = 0
    role: str = "nurse"
    localities: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    acceptance: float = ACCEPTANCE

    @property
    def free(self) -> int:
        return max(self.places - self.held, 0)

    def serves(self, practice: str, locality: str) -> bool:
        here = ANY in self.practices or practice in self.practices
        return here and (not self.localities or locality in self.localities)

    def speaks(self, language: str) -> bool:
        return language in self.languages


@dataclass(frozen=True)
class Candidate:
    """What decides who may look after a person; "" is unknown."""

    practice: str
    locality: str = ""
    language: str = ""


@dataclass(frozen=True)
class Plan:
    """Who is invited by whom.

    nurse    for each candidate in order, the nurse who invites or None: wait
    invites  invitations by nurse
    overfill the largest chance, over nurses, that more accept than there are free places
    """

    nurse: tuple[str | None, ...]
    invites: Mapping[str, int]
    overfill: float

    @property
    def invited(self) -> int:
        return sum(self.invites.values())


def overfill_chance(offers: int, free: int, acceptance: float) -> float:
    """Chance that more than `free` of `offers` accept, each by itself with `acceptance`."""
    return float(binom.sf(free, offers, acceptance))


def bounded_offers(free: int, acceptance: float, most: float = MOST_OVERFILL) -> int:
    """Most open offers whose chance of overfilling does not exceed `most`; 0 without a place."""
    if free <= 0:
        return 0
    offers = np.arange(free, math.ceil(2 * (free + 10) / acceptance) + 1)
    return int(offers[binom.sf(free, offers, acceptance) <= most][-1])


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """`total` whole units in proportion to `weights` by largest remainder; ties: earlier first."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [math.floor(share + 1e-9) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _bounded(caseloads: Sequence[Caseload], most: float) -> list[int]:
    return [bounded_offers(c.free, c.acceptance, most) for c in caseloads]


def _expected(caseloads: Sequence[Caseload], _most: float) -> list[int]:
    wanted = [c.free / c.acceptance for c in caseloads]
    return apportion(math.ceil(sum(wanted) - 1e-9), wanted)


MODES: Mapping[str, Callable[[Sequence[Caseload], float], list[int]]] = MappingProxyType(
    {"bounded": _bounded, "expected": _expected}
)


def allocate(
    candidates: Sequence[Candidate],
    caseloads: Sequence[Caseload],
    *,
    mode: str = "bounded",
    most_overfill: float = MOST_OVERFILL,
) -> Plan:
    """Give the offers of each caseload to candidates, who stand in order of priority.

    The next candidate whom a nurse with an offer left may look after goes to the one who speaks
    their language, then to the one with most offers left, then by nurse id. Offers already open
    count against the nurse's number. Neither the order of `caseloads` nor ties change the plan.
    """
    caseloads = sorted(caseloads, key=lambda c: c.nurse_id)
    bound = MODES[mode](caseloads, most_overfill)
    left = [max(n - c.open, 0) for n, c in zip(bound, caseloads, strict=True)]
    nurse: list[str | None] = [None] * len(candidates)
    for position, number in _offers(candidates, caseloads, left):
        nurse[position] = caseloads[number].nurse_id
    invites = {c.nurse_id: 0 for c in caseloads}
    for name in filter(None, nurse):
        invites[name] += 1
    chances = (overfill_chance(c.open + invites[c.nurse_id], c.free, c.acceptance)
               for c in caseloads if c.open + invites[c.nurse_id])  # fmt: skip
    return Plan(tuple(nurse), MappingProxyType(invites), max(chances, default=0.0))


def _offers(
    candidates: Sequence[Candidate], caseloads: Sequence[Caseload], left: list[int]
) -> list[tuple[int, int]]:
    """(position of the candidate, number of the caseload) for each offer; empties `left`.

    Candidates alike in practice, locality and language wait in one queue; only the heads of queues
    are looked at, so the work grows with the offers and not with the people.
    """
    queues: dict[Candidate, list[int]] = {}
    for position, candidate in enumerate(candidates):
        queues.setdefault(candidate, []).append(position)
    served = {
        alike: [i for i, c in enumerate(caseloads) if c.serves(alike.practice, alike.locality)]
        for alike in queues
    }
    heads = [(waiting[0], 0, alike) for alike, waiting in queues.items() if served[alike]]
    heapq.heapify(heads)
    made = []
    while heads:
        position, place, alike = heapq.heappop(heads)
        able = [i for i in served[alike] if left[i]]
        if not able:
            continue
        chosen = min(
            able, key=lambda i: (alike.language not in caseloads[i].languages, -left[i], i)
        )
        left[chosen] -= 1
        made.append((position, chosen))
        if place + 1 < len(queues[alike]):
            heapq.heappush(heads, (queues[alike][place + 1], place + 1, alike))
    return made
