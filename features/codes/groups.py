"""A code set: groups of codes, read by prefix, with published weights and hierarchy.

Codes are in capitals without dots, as the History holds them; a code belongs to every group that
has a prefix of it, and may belong to two on purpose (I110: heart failure and hypertension). A code
system that a set cannot read says nothing about its groups: ask `reads` first. Codes shorter than
the prefixes of a family match nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

DATA = Path(__file__).parent / "data"

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "ICD-10-CM": "ICD-10",
        "ICD-10": "ICD-10",
        "ICD-9-CM": "ICD-9-CM",
        "INGREDIENT": "INGREDIENT",
    }
)
"""Code system of a History -> family of prefixes that reads it."""

HIERARCHY: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        # Quan 2005: the graver of two stages stands for both.
        "charlson": (("diabwc", "diab"), ("msld", "mld"), ("metacanc", "canc")),
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
    """

    name: str
    groups: tuple[str, ...]
    labels: Mapping[str, str]
    weights: Mapping[str, Mapping[str, float]]
    hierarchy: tuple[tuple[str, str], ...]
    prefixes: Mapping[str, Mapping[str, int]]
    exact: bool = False

    def reads(self, system: str) -> bool:
        """Whether codes of this system can be read; if not, nothing is known of the groups."""
        return FAMILIES.get(system) in self.prefixes

    def bits(self, system: str, codes: Sequence[str]) -> UInt64:
        """Groups of each code as bits, shape (codes,); 0 for a code of no group.

        Meant for distinct codes. All 0 for a system that cannot be read.
        """
        prefixes = self.prefixes.get(FAMILIES.get(system, ""), {})
        find = prefixes.get if self.exact else _by_prefix(prefixes)
        return np.array([find(code, 0) for code in codes], dtype=np.uint64)

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


def _by_prefix(prefixes: Mapping[str, int]):  # type: ignore[no-untyped-def]
    lengths = sorted({len(prefix) for prefix in prefixes})

    def find(code: str, _: int) -> int:
        bits = 0
        for length in lengths:
            if length <= len(code):
                bits |= prefixes.get(code[:length], 0)
        return bits

    return find


@cache
def code_set(name: str) -> CodeSet:
    """The code set of that name: charlson, elixhauser, social or medicines.

    Sources: data/SOURCES.md. Raises KeyError for another name.
    """
    path = DATA / f"{name}.csv"
    if not path.exists() or name == "weights":
        raise KeyError(name)
    rows = _rows(path)
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
