"""A code set: groups of codes, read by prefix, with published weights and hierarchy.

Codes are in capitals without dots, as the History holds them; a code belongs to every group that
has a prefix of it, and may belong to two on purpose (I110: heart failure and hypertension). A code
system that a set cannot read says nothing about its groups: ask `reads` first. Codes shorter than
the prefixes of a family match nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from features.codes.crosswalks import NONE, Crosswalk, Crosswalks
from features.codes.systems import SYSTEMS

Bools = npt.NDArray[np.bool_]
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

WORD = 64
"""Groups that one number of a bit set holds."""
SEVERAL = " / "
"""Between the ingredients of one product, as RxNorm writes it; no code of ICD has it."""


@dataclass(frozen=True)
class CodeSet:
    """Groups of codes; bit i % 64 of word i // 64 of a bit set stands for groups[i].

    labels     group -> words
    weights    scheme -> group -> weight
    hierarchy  pairs (stronger, weaker): beside the stronger the weaker does not count
    prefixes   family -> prefix -> bits
    exact      whole codes are compared, not prefixes; "A / B" is of the groups of A and of B
    closed     only the codes listed can be read (0 bits: a "no"); a code of a later edition is
               unreadable, as nobody has said what it is
    divisors   scheme -> what the sum of its weights is divided by, 1 where none is stated: weights
               in whole tenths add up exactly, tenths as fractions do not
    crosswalks what else may be read by way of another code system
    """

    name: str
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    weights: Mapping[str, Mapping[str, float]]
    hierarchy: tuple[tuple[str, str], ...]
    prefixes: Mapping[str, Mapping[str, int]]
    exact: bool = False
    closed: bool = False
    divisors: Mapping[str, float] = field(default_factory=dict)
    crosswalks: Crosswalks = NONE

    @property
    def words(self) -> int:
        """Numbers that a bit set takes: 1 for up to 64 groups."""
        return max(1, -(-len(self.groups) // WORD))

    def reads(self, system: str) -> bool:
        """Whether codes of this system can be read; if not, nothing is known of the groups."""
        return self._family(system) is not None or system in self.crossings

    @property
    def reads_by_code(self) -> bool:
        """Whether some system is read code by code, so that `reads` alone says too much."""
        return self.closed or bool(self.crossings)

    def reads_codes(self, system: str, codes: Sequence[str]) -> Bools:
        """Which codes can be read: all of a system that the set lists, else those of a crosswalk.

        Meant for distinct codes. A code that can be read and has no group is a "no". A closed set
        reads the codes it lists alone.
        """
        family = self._family(system)
        if family is not None:
            if not self.closed:
                return np.ones(len(codes), np.bool_)
            return np.array([code in self.prefixes[family] for code in codes], np.bool_)
        if system not in self.crossings:
            return np.zeros(len(codes), np.bool_)
        walk = self.crossings[system]
        return np.array([self._reads_all(walk, code) for code in codes], np.bool_)

    def bits(self, system: str, codes: Sequence[str]) -> UInt64:
        """Groups of each code as bits; 0 for a code of no group.

        Shape (codes,) for a set of one word, (codes, words) for a larger one. Meant for distinct
        codes. All 0 for a system that cannot be read, and for a code that cannot: ask
        `reads_codes`.
        """
        united = self._united(system, codes)
        if self.words == 1:
            return np.array(united, np.uint64)
        size = WORD // 8 * self.words
        packed = b"".join(bits.to_bytes(size, "little") for bits in united)
        return np.frombuffer(packed, "<u8").reshape(len(codes), self.words).astype(np.uint64)

    @cached_property
    def crossings(self) -> Mapping[str, Crosswalk]:
        """Code system -> the crosswalk by which the set reads it."""
        return MappingProxyType(
            {
                source: walk
                for source, walk in self.crosswalks.by_source.items()
                if self._family(source) is None and self._family(walk.target) is not None
            }
        )

    def _family(self, system: str) -> str | None:
        """The family whose prefixes read a system."""
        families = SYSTEMS[system].families if system in SYSTEMS else ()
        return next((family for family in families if family in self.prefixes), None)

    def _reads_all(self, walk: Crosswalk, code: str) -> bool:
        """Whether a crosswalk has the code, and everything it means can be read."""
        ends = walk.table.get(code, ())
        return bool(ends) and bool(self.reads_codes(walk.target, ends).all())

    def _united(self, system: str, codes: Sequence[str]) -> list[int]:
        """Bits of each code in one number, however many groups there are."""
        family = self._family(system)
        if family is None and system in self.crossings:
            return self._crossed(self.crossings[system], codes)
        listed = self.prefixes.get(family or "", {})
        if self.exact:
            return [_whole(listed, code) for code in codes]
        lengths = sorted({len(prefix) for prefix in listed})
        return [_by_prefix(listed, lengths, code) for code in codes]

    def _crossed(self, walk: Crosswalk, codes: Sequence[str]) -> list[int]:
        """Groups of everything that each code means."""
        ends = [walk.table.get(code, ()) for code in codes]
        distinct = list(dict.fromkeys(end for each in ends for end in each))
        found = dict(zip(distinct, self._united(walk.target, distinct), strict=True))
        return [_union([found[end] for end in each]) for each in ends]

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Group -> its place; they run on from one word to the next."""
        return MappingProxyType({group: bit for bit, group in enumerate(self.groups)})

    def place(self, group: str) -> tuple[int, int]:
        """Word and bit of a group."""
        return divmod(self.positions[group], WORD)

    def holds(self, bits: UInt64, group: str) -> Bools:
        """Which bit sets hold a group; `bits` as of `bits`, shape (...,) or (..., words)."""
        word, bit = self.place(group)
        asked = bits if self.words == 1 else bits[..., word]
        return np.asarray(asked >> np.uint64(bit) & np.uint64(1) != 0)

    def without_weaker(self, bits: UInt64) -> UInt64:
        """`bits` with the weaker group of each pair left out beside its stronger one."""
        kept = bits.copy()
        words = kept[..., None] if self.words == 1 else kept
        for stronger, weaker in self.hierarchy:
            word, bit = self.place(weaker)
            words[self.holds(bits, stronger), word] &= ~np.uint64(1 << bit)
        return kept

    def divisor(self, scheme: str) -> float:
        """What the sum of a scheme's weights is divided by."""
        return self.divisors.get(scheme, 1.0)

    def index(self, scheme: str, bits: UInt64, *, hierarchy: bool = True) -> Floats:
        """Sum of the scheme's weights over the groups of each bit set, over its divisor."""
        counted = self.without_weaker(bits) if hierarchy else bits
        total = np.zeros(counted.shape if self.words == 1 else counted.shape[:-1])
        for group, weight in self.weights[scheme].items():
            total += weight * self.holds(counted, group)
        return np.asarray(total / self.divisor(scheme))


def _union(bits: Sequence[int]) -> int:
    united = 0
    for each in bits:
        united |= each
    return united


def _whole(listed: Mapping[str, int], code: str) -> int:
    return _union([listed.get(part, 0) for part in code.split(SEVERAL)])


def _by_prefix(prefixes: Mapping[str, int], lengths: Sequence[int], code: str) -> int:
    return _union([prefixes.get(code[:length], 0) for length in lengths if length <= len(code)])
