"""The code sets of data/, each read once per process under the crosswalks that are set.

Sources, editions and checksums: data/SOURCES.md.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from features.codes.ahrq import BODY, CHRONIC, body_systems, indicated
from features.codes.crosswalks import Crosswalks, configured
from features.codes.frailty import tenths
from features.codes.groups import CodeSet, Floats

DATA = Path(__file__).parent / "data"

FILES = (
    "charlson", "charlson_deyo", "elixhauser", "gagne", "uk19", "pqi", "social", "medicines",
    "anticholinergic",
)  # fmt: skip
"""Code sets that are a file of data/ with the columns group, label, family and prefix."""

HIERARCHY: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        # Quan 2005: the graver of two stages stands for both.
        "charlson": (("diabwc", "diab"), ("msld", "mld"), ("metacanc", "canc")),
        "charlson_deyo": (("diabwc", "diab"), ("msld", "mld"), ("metacanc", "canc")),
        "elixhauser": (("hypc", "hypunc"), ("diabc", "diabunc"), ("metacanc", "solidtum")),
    }
)


def code_set(name: str) -> CodeSet:
    """The code set of that name, one of `NAMES`.

    Raises KeyError for another name, InputError where the crosswalks that are set cannot be used.
    """
    if name not in NAMES:
        raise KeyError(name)
    return _made(name, configured())


@cache
def _made(name: str, crosswalks: Crosswalks) -> CodeSet:
    return _of_file(name, crosswalks) if name in FILES else MADE[name](crosswalks)


def _of_file(name: str, crosswalks: Crosswalks) -> CodeSet:
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


def _hfrs(crosswalks: Crosswalks) -> CodeSet:
    """A group for each code of the Hospital Frailty Risk Score, its label the code itself.

    Weights in whole tenths of a point and the divisor 10, so that the index is in points and exact.
    """
    points = tenths()
    return CodeSet(
        "hfrs",
        tuple(points),
        MappingProxyType({code: code for code in points}),
        MappingProxyType({"hfrs": MappingProxyType({c: float(p) for c, p in points.items()})}),
        (),
        MappingProxyType({"ICD-10": {code: 1 << place for place, code in enumerate(points)}}),
        divisors=MappingProxyType({"hfrs": 10.0}),
        crosswalks=crosswalks,
    )


def _chronic(crosswalks: Crosswalks) -> CodeSet:
    """One group: what AHRQ calls a chronic condition, by whole codes of its editions."""
    return CodeSet(
        "chronic",
        ("chronic",),
        MappingProxyType({"chronic": "Chronic condition"}),
        MappingProxyType({}),
        (),
        MappingProxyType({system: indicated(system) for system in CHRONIC}),
        exact=True,
        closed=True,
        crosswalks=crosswalks,
    )


def _chronic_systems(crosswalks: Crosswalks) -> CodeSet:
    """Chronic conditions by the body system of each CCSR category that AHRQ gives their code."""
    return CodeSet(
        "chronic_systems",
        tuple(system.lower() for system in BODY),
        MappingProxyType({system.lower(): words for system, words in BODY.items()}),
        MappingProxyType({}),
        (),
        MappingProxyType({"ICD-10-CM": body_systems()}),
        exact=True,
        closed=True,
        crosswalks=crosswalks,
    )


def _classes(name: str, crosswalks: Crosswalks) -> CodeSet:
    """Classes that cut across the groups of medicines.csv.

    Each line of their file names a member: an ingredient in capitals, or a whole group.
    """
    rows = _rows(DATA / f"{name}.csv")
    labels = {row["group"]: row["label"] for row in rows}
    ingredients: dict[str, list[str]] = {}
    for row in _rows(DATA / "medicines.csv"):
        ingredients.setdefault(row["group"], []).append(row["prefix"])
    bit = {group: 1 << position for position, group in enumerate(labels)}
    bits: dict[str, int] = {}
    for row in rows:
        for one in ingredients.get(row["member"], [row["member"]]):
            bits[one] = bits.get(one, 0) | bit[row["group"]]
    return CodeSet(
        name,
        tuple(labels),
        MappingProxyType(labels),
        MappingProxyType({}),
        (),
        MappingProxyType({"INGREDIENT": bits}),
        exact=True,
        crosswalks=crosswalks,
    )


MADE: Mapping[str, Callable[[Crosswalks], CodeSet]] = MappingProxyType(
    {
        "medicine_classes": partial(_classes, "medicine_classes"),
        "medicine_risks": partial(_classes, "medicine_risks"),
        "hfrs": _hfrs,
        "chronic": _chronic,
        "chronic_systems": _chronic_systems,
    }
)
"""Code sets made of a table of another form."""
NAMES = (*FILES, *MADE)


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
