"""Which acute stays were for a condition that good care outside hospital can often prevent.

One answer per stay: a condition of the list, "none", or null with the reason why it cannot be said.
Rules: `sensitive_rules.py`; how they are held: `sensitive_judge.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.rows import grouped
from features.codes.sensitive_judge import (
    DIAGNOSES,
    METHOD,
    NO,
    ORIGIN,
    PRINCIPAL,
    PROCEDURES,
    REASONS,
    UNKNOWN,
    UNSAID,
    YES,
    Rows,
    judge,
    rules_of,
)
from features.codes.sensitive_rules import LISTS
from features.codes.shipped import code_set

__all__ = [
    "DIAGNOSES", "FROM_CARE", "METHOD", "NO_CONDITION", "ORIGIN", "PRINCIPAL", "PROCEDURES",
    "Codes", "Sensitive", "Stays", "sensitive",
]  # fmt: skip

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

NO_CONDITION = "none"
FROM_CARE = ("acute", "nursing_facility", "rehabilitation")
"""Words of `stay.admitted_from` that are a transfer (AHRQ: point of origin 4, 5 and 6)."""


@dataclass(frozen=True)
class Stays:
    """Acute stays, numbered by their place; null where unknown.

    age     completed years at admission, NaN where unknown
    method  `stay.admission_method`
    origin  `stay.admitted_from`
    """

    age: npt.NDArray[np.float64]
    method: pa.Array
    origin: pa.Array


@dataclass(frozen=True)
class Codes:
    """Coded rows: number of the stay, code in History's form, position (0: unknown)."""

    stay: Int64
    systems: pa.Array
    codes: pa.Array
    position: Int64


@dataclass(frozen=True)
class Sensitive:
    """condition: its name, NO_CONDITION or null; reason: why it is null (null where it is not)."""

    condition: pa.Array
    reason: pa.Array


def sensitive(
    name: str, stays: Stays, diagnoses: Codes, procedures: Codes | None, *, direct: bool = False
) -> Sensitive:
    """The condition of the list `name` (uk19 or pqi) that each stay counts for, the first of them.

    procedures  None: the source records none, so rules that ask for them cannot be settled
    direct      take an unknown origin as no transfer, as sources without it force one to
    Raises KeyError for another list.
    """
    words = [
        (m, o) for m, o in zip(stays.method.to_pylist(), stays.origin.to_pylist(), strict=True)
    ]
    found = judge(
        rules_of(name),
        np.asarray(stays.age, np.float64),
        np.array([emergency(method) for method, _ in words], np.int64),
        np.array([straight(method, origin, direct) for method, origin in words], np.int64),
        rows_of(name, diagnoses),
        rows_of(name, procedures),
        procedures is not None,
    )
    return _told(name, found)


def emergency(method: str | None) -> int:
    """Whether an admission was an emergency: YES, NO or UNKNOWN."""
    return {"emergency": YES, "unknown": UNKNOWN, None: UNKNOWN}.get(method, NO)


def straight(method: str | None, origin: str | None, direct: bool = False) -> int:
    """Whether a person came straight from outside care: YES, NO or UNKNOWN."""
    if origin in FROM_CARE or method == "transfer":
        return NO
    return UNKNOWN if origin is None and not direct else YES


def rows_of(name: str, codes: Codes | None) -> Rows:
    """Coded rows as the rules of a list read them; none for None."""
    if codes is None:
        none = pa.array([], pa.string())
        codes = Codes(np.zeros(0, np.int64), none, none, np.zeros(0, np.int64))
    found = grouped(code_set(name), codes.systems, codes.codes)
    chapter = pc.utf8_slice_codeunits(codes.codes, 0, 1)
    refused = pc.is_in(chapter, value_set=pa.array(list(LISTS[name].not_for), pa.string()))
    return Rows(
        codes.stay.astype(np.int64),
        found.bits,
        found.readable,
        codes.position == 1,
        np.array(refused.to_numpy(zero_copy_only=False), np.bool_),
    )


def _told(name: str, found: Int64) -> Sensitive:
    names = [*(rule.name for rule in LISTS[name].rules), NO_CONDITION]
    unsaid = found <= UNSAID
    condition = pa.array(np.where(unsaid, 0, found % len(names)), mask=unsaid)
    reason = pa.array(np.where(unsaid, UNSAID - found, 0), mask=~unsaid)
    return Sensitive(pa.array(names).take(condition), pa.array(REASONS).take(reason))
