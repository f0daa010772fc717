"""Which acute stays were for a condition that good care outside hospital can often prevent.

One answer per stay: a condition of the list, "none", or null with the reason why it cannot be said.
A rule is worked out twice, for what is certain and for what is possible: a stay counts if a rule is
certain, does not if none is possible, and is unknown between. Rules: `sensitive_rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.codes.groups import CodeSet
from features.codes.rows import grouped
from features.codes.sensitive_rules import LISTS, List, Rule
from features.codes.shipped import code_set

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

NO_CONDITION = "none"
AGE = "age is unknown"
PRINCIPAL = "the principal diagnosis is unknown or cannot be read"
DIAGNOSES = "some diagnoses cannot be read"
PROCEDURES = "procedures are not recorded or cannot be read"
METHOD = "how the person was admitted is unknown"
ORIGIN = "where the person was admitted from is unknown"

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


@dataclass(frozen=True)
class _Part:
    """A part of a rule per stay: where it holds for certain, where it may, and what is missing."""

    sure: Bools
    possible: Bools
    missing: str


def sensitive(
    name: str, stays: Stays, diagnoses: Codes, procedures: Codes | None, *, direct: bool = False
) -> Sensitive:
    """The condition of the list `name` (uk19 or pqi) that each stay counts for, the first of them.

    procedures  None: the source records none, so rules that ask for them cannot be settled
    direct      take an unknown origin as no transfer, as sources without it force one to
    Raises KeyError for another list.
    """
    listed = LISTS[name]
    facts = _Facts(code_set(name), stays, diagnoses, procedures)
    common = tuple(_common(listed, facts, direct))
    found = [(rule, (*common, *_parts(rule, facts))) for rule in listed.rules]
    return _told(found, len(stays.age))


class _Facts:
    """Code sets present per stay, in each place that a rule may ask of."""

    def __init__(
        self, held: CodeSet, stays: Stays, diagnoses: Codes, procedures: Codes | None
    ) -> None:
        self.held, self.stays, self.count = held, stays, len(stays.age)
        found = grouped(held, diagnoses.systems, diagnoses.codes)
        bits, read = found.bits, found.readable
        first = diagnoses.position == 1
        self.principal = _united(diagnoses.stay[first], bits[first], self.count)
        self.secondary = _united(diagnoses.stay[~first], bits[~first], self.count)
        self.recorded = self.principal | self.secondary
        self.principal_known = _any(diagnoses.stay[first & read], self.count)
        unread = _any(diagnoses.stay[~read], self.count)
        self.all_read = _any(diagnoses.stay, self.count) & ~unread
        self.chapter = _chapters(diagnoses, first & read, self.count)
        self.done = self.first_done = np.zeros(self.count, np.uint64)
        self.procedures_read = self.first_known = np.zeros(self.count, np.bool_)
        if procedures is not None:
            found = grouped(held, procedures.systems, procedures.codes)
            bits, read = found.bits, found.readable
            first = procedures.position == 1
            self.done = _united(procedures.stay, bits, self.count)
            self.first_done = _united(procedures.stay[first], bits[first], self.count)
            self.procedures_read = ~_any(procedures.stay[~read], self.count)
            self.first_known = _any(procedures.stay[first], self.count)

    def mask(self, sets: Sequence[str]) -> np.uint64:
        return np.uint64(sum(1 << self.held.positions[name] for name in sets))


def _common(listed: List, facts: _Facts, direct: bool) -> Iterator[_Part]:
    """What every rule of a list asks of the admission."""
    method, origin = _words(facts.stays.method), _words(facts.stays.origin)
    if listed.emergency:
        yield _part(method == "emergency", np.isin(method, ("unknown", "")), METHOD)
    if listed.direct:
        came_directly = ~np.isin(origin, FROM_CARE) & (method != "transfer")
        unknown = came_directly & (origin == "") & (not direct)
        yield _part(came_directly & ~unknown, unknown, ORIGIN)
    if listed.not_for:
        yield _part(
            facts.principal_known & ~np.isin(facts.chapter, list(listed.not_for)),
            ~facts.principal_known, PRINCIPAL,
        )  # fmt: skip


def _parts(rule: Rule, facts: _Facts) -> Iterator[_Part]:
    unsure = ~facts.all_read
    unsettled = ~facts.procedures_read
    some_first = ~facts.first_known & (facts.done & facts.mask(rule.without_first) != 0)
    asked = (
        (rule.principal, facts.principal, ~facts.principal_known, PRINCIPAL),
        (rule.recorded, facts.recorded, unsure, DIAGNOSES),
        (rule.secondary, facts.secondary, unsure, DIAGNOSES),
        (rule.done, facts.done, unsettled, PROCEDURES),
    )
    for sets, bits, unknown, missing in asked:
        if sets:
            yield _part(bits & facts.mask(sets) != 0, unknown, missing)
    refused = (
        (rule.without, facts.recorded, unsure, DIAGNOSES),
        (rule.without_secondary, facts.secondary, unsure, DIAGNOSES),
        (rule.without_done, facts.done, unsettled, PROCEDURES),
        (rule.without_first, facts.first_done, unsettled | some_first, PROCEDURES),
    )
    for sets, bits, unknown, missing in refused:
        if sets:
            yield _refused(bits & facts.mask(sets) != 0, unknown, missing)
    if rule.without_both:
        diagnosis, procedure = rule.without_both
        has, done = (
            bits & facts.mask((name,)) != 0
            for name, bits in ((diagnosis, facts.recorded), (procedure, facts.done))
        )
        yield _refused(has & done, has & unsettled, PROCEDURES)
        yield _refused(has & done, unsure & (done | unsettled), DIAGNOSES)
    if rule.ages != (0, 200):
        youngest, oldest = rule.ages
        age = facts.stays.age
        yield _part((age >= youngest) & (age <= oldest), np.isnan(age), AGE)


def _part(holds: Bools, unknown: Bools, missing: str) -> _Part:
    return _Part(holds, holds | unknown, missing)


def _refused(holds: Bools, unknown: Bools, missing: str) -> _Part:
    return _Part(~holds & ~unknown, ~holds, missing)


def _told(found: Sequence[tuple[Rule, tuple[_Part, ...]]], count: int) -> Sensitive:
    """The first certain rule; else what is missing for the first possible one."""
    condition = np.full(count, NO_CONDITION, dtype=object)
    reason = np.full(count, None, dtype=object)
    certain = np.zeros(count, np.bool_)
    for rule, parts in reversed(found):
        sure = np.logical_and.reduce([part.sure for part in parts])
        possible = np.logical_and.reduce([part.possible for part in parts])
        certain |= sure
        open_ = possible & ~certain
        for part in reversed(parts):
            reason[open_ & ~part.sure] = part.missing
        condition[open_] = None
        condition[sure], reason[sure] = rule.name, None
    return Sensitive(pa.array(condition, pa.string()), pa.array(reason, pa.string()))


def _united(stay: Int64, bits: UInt64, count: int) -> UInt64:
    union = np.zeros(count, np.uint64)
    np.bitwise_or.at(union, stay, bits)
    return union


def _any(stay: Int64, count: int) -> Bools:
    return np.bincount(stay, minlength=count) > 0


def _chapters(rows: Codes, chosen: Bools, count: int) -> npt.NDArray[np.str_]:
    """First letter of each stay's chosen code, "" where there is none."""
    letters = np.zeros(count, "U1")
    codes = rows.codes.filter(pa.array(chosen))
    letters[rows.stay[chosen]] = np.array(codes.to_pylist() or [""], "U1")[: len(codes)]
    return letters


def _words(words: pa.Array) -> npt.NDArray[np.str_]:
    return np.array([word or "" for word in words.to_pylist()], np.str_)
