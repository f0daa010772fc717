"""A code set: groups of codes, read by prefix, with published weights and hierarchy.

Codes are in capitals without dots, as the History holds them; a code belongs to every group that
has a prefix of it, and may belong to two on purpose (I110: heart failure and hypertension). A code
system that a set cannot read says nothing about its groups: ask `reads` first. Codes shorter than
the prefixes of a family match nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from features.codes.crosswalks import NONE, Crosswalk, Crosswalks, configured
from features.codes.systems import SYSTEMS

Bools = npt.NDArray[np.bool_]
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

DATA = Path(__file__).parent / "data"

NAMES = ("charlson", "charlson_deyo", "elixhauser", "gagne", "uk19", "pqi", "social", "medicines")
"""Code sets of data/, of at most 64 groups each."""

HIERARCHY: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        # Quan 2005: the graver of two stages stands for both.
        "charlson": (("diabwc", "diab"), ("msld", "mld"), ("metacanc", "canc")),
        "charlson_deyo": (("diabwc", "diab"), ("msld", "mld"), ("metacanc", "canc")),
        "elixhauser": (("hypc", "hypunc"), ("diabc", "diabunc"), ("metacanc", "solidtum")),
    }
)


@dataclass(frozen=True)
class CodeSet:
    """Groups of codes; bit i of a bit set stands for groups[i].

    labels     group -> words
    weights    scheme -> group -> weight
    hierarchy  pairs (stronger, weaker): beside the stronger the weaker does not count
    prefixes   family -> prefix -> bits
    exact      whole codes are compared, not prefixes
    crosswalks what else may be read by way of another code system
    """

    name: str
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    weights: Mapping[str, Mapping[str, float]]
    hierarchy: tuple[tuple[str, str], ...]
    prefixes: Mapping[str, Mapping[str, int]]
    exact: bool = False
    crosswalks: Crosswalks = NONE

    def reads(self, system: str) -> bool:
        """Whether codes of this system can be read; if not, nothing is known of the groups."""
        return self._family(system) is not None or system in self.crossings

    def reads_codes(self, system: str, codes: Sequence[str]) -> Bools:
        """Which codes can be read: all of a system that the set lists, else those of a crosswalk.

        Meant for distinct codes. A code that can be read and has no group is a "no".
        """
        if self._family(system) is not None:
            return np.ones(len(codes), np.bool_)
        known = self.crossings[system].table if system in self.crossings else {}
        return np.array([code in known for code in codes], np.bool_)

    def bits(self, system: str, codes: Sequence[str]) -> UInt64:
        """Groups of each code as bits, shape (codes,); 0 for a code of no group.

        Meant for distinct codes. All 0 for a system that cannot be read, and for a code that its
        crosswalk does not have: ask `reads_codes`.
        """
        if self._family(system) is None and system in self.crossings:
            return self._crossed(self.crossings[system], codes)
        prefixes = self.prefixes.get(self._family(system) or "", {})
        find = prefixes.get if self.exact else _by_prefix(prefixes)
        return np.array([find(code, 0) for code in codes], dtype=np.uint64)

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

    def _crossed(self, walk: Crosswalk, codes: Sequence[str]) -> UInt64:
        """Groups of everything that each code means."""
        ends = [walk.table.get(code, ()) for code in codes]
        distinct = list(dict.fromkeys(end for each in ends for end in each))
        found = dict(zip(distinct, self.bits(walk.target, distinct).tolist(), strict=True))
        return np.array([_union(found[end] for end in each) for each in ends], np.uint64)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        return MappingProxyType({group: bit for bit, group in enumerate(self.groups)})

    def without_weaker(self, bits: UInt64) -> UInt64:
        """`bits` with the weaker group of each pair left out beside its stronger one."""
        kept = bits.copy()
        for stronger, weaker in self.hierarchy:
            both = bits >> np.uint64(self.positions[stronger]) & np.uint64(1) != 0
            kept[both] &= ~np.uint64(1 << self.positions[weaker])
        return kept

    def index(self, scheme: str, bits: UInt64, *, hierarchy: bool = True) -> Floats:
        """Sum of the scheme's weights over the groups of each bit set, shape of `bits`."""
        counted = self.without_weaker(bits) if hierarchy else bits
        total = np.zeros(counted.shape)
        for group, weight in self.weights[scheme].items():
            present = counted >> np.uint64(self.positions[group]) & np.uint64(1)
            total += weight * present.astype(np.float64)
        return total


def _union(bits: Iterable[int]) -> int:
    united = 0
    for each in bits:
        united |= each
    return united


def _by_prefix(prefixes: Mapping[str, int]):  # type: ignore[no-untyped-def]
    lengths = sorted({len(prefix) for prefix in prefixes})

    def find(code: str, _: int) -> int:
        bits = 0
        for length in lengths:
            if length <= len(code):
                bits |= prefixes.get(code[:length], 0)
        return bits

    return find


def code_set(name: str) -> CodeSet:
    """The code set of that name, a file of data/ (see `NAMES`).

    Sources: data/SOURCES.md. Raises KeyError for another name, InputError where the crosswalks that
    are set cannot be used.
    """
    if name not in NAMES:
        raise KeyError(name)
    return _code_set(name, configured())


@cache
def _code_set(name: str, crosswalks: Crosswalks) -> CodeSet:
    rows = _rows(DATA / f"{name}.csv")
    groups = tuple(dict.fromkeys(row["group"] for row in rows))
    bit = {group: 1 << position for position, group in enumerate(groups)}
    prefixes: dict[str, dict[str, int]] = {}
    for row in rows:
        family = prefixes.setdefault(row["family"], {})
        family[row["prefix"]] = family.get(row["prefix"], 0) | bit[row["group"]]
    return CodeSet(
        name,
        groups,
        MappingProxyType({row["group"]: row["label"] for row in rows}),
        _weights(name),
        HIERARCHY.get(name, ()),
        MappingProxyType(prefixes),
        exact="INGREDIENT" in prefixes,
        crosswalks=crosswalks,
    )


def medicines() -> CodeSet:
    """Medicine groups by ingredient (code system INGREDIENT, names in capitals)."""
    return code_set("medicines")


def age_points(age: npt.ArrayLike) -> Floats:
    """Points for age beside the Charlson index: 1 to 4 from 50 on by decade (Charlson 1994)."""
    decades = np.floor((np.asarray(age, dtype=np.float64) - 40) / 10)
    return np.asarray(np.clip(decades, 0, 4), dtype=np.float64)


def _weights(name: str) -> Mapping[str, Mapping[str, float]]:
    schemes: dict[str, dict[str, float]] = {}
    for row in _rows(DATA / "weights.csv"):
        if row["set"] == name:
            schemes.setdefault(row["scheme"], {})[row["group"]] = float(row["weight"])
    return MappingProxyType({scheme: MappingProxyType(w) for scheme, w in schemes.items()})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
