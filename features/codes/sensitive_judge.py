"""Holds stays against the rules of a list of sensitive conditions, in compiled code.

A rule is worked out for what is certain and for what is possible: a stay counts for the first rule
that is certain; for none if no rule is possible; between these it cannot be said, for the first
reason that stands against the first possible rule. Rules: `sensitive_rules.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.codes.sensitive_rules import LISTS, Rule
from features.codes.shipped import code_set
from features.windows import Int64, compiled, compiled_maker, kept

Bools = npt.NDArray[np.bool_]
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

AGE = "age is unknown"
PRINCIPAL = "the principal diagnosis is unknown or cannot be read"
DIAGNOSES = "some diagnoses cannot be read"
PROCEDURES = "procedures are not recorded or cannot be read"
METHOD = "how the person was admitted is unknown"
ORIGIN = "where the person was admitted from is unknown"
REASONS = (AGE, PRINCIPAL, DIAGNOSES, PROCEDURES, METHOD, ORIGIN)
NO_AGE, NO_PRINCIPAL, NO_DIAGNOSES, NO_PROCEDURES, NO_METHOD, NO_ORIGIN = range(len(REASONS))

NONE, UNSAID = -1, -2
"""A stay counts for no rule; it cannot be said for reason k: UNSAID - k."""
YES, NO, UNKNOWN = range(3)
"""Whether an admission was an emergency, or came straight from outside care."""
EVERY_AGE = (0, 200)


class Rules(NamedTuple):
    """A list of rules as the compiled code reads it.

    masks   (rules, parts of a rule): groups that a part asks for; 0 where the rule lacks the part
    ages    (rules, 2);  common: which of emergency, direct, not_for the list asks
    """

    masks: UInt64
    ages: Int64
    common: Bools


class Rows(NamedTuple):
    """Coded rows: place of the stay, groups of the list, whether the code can be read, whether it
    is the principal one, and whether its chapter keeps a stay out of the list."""

    stay: Int64
    bits: UInt64
    read: Bools
    first: Bools
    refused: Bools


Coded = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
"""Groups of a stay: of the principal diagnosis, of others, of procedures, of the principal one."""

PARTS = ("principal", "recorded", "secondary", "done",
         "without", "without_secondary", "without_done", "without_first")  # fmt: skip
BOTH = len(PARTS)
EMERGENCY, DIRECT, NOT_FOR = range(3)


@cache
def rules_of(name: str) -> Rules:
    """The rules of a list. Raises KeyError for a list that does not exist."""
    listed, held = LISTS[name], code_set(name)

    def mask(groups: Sequence[str]) -> int:
        return sum(1 << held.positions[group] for group in groups)

    def parts(rule: Rule) -> list[int]:
        both = rule.without_both or ()
        return [mask(getattr(rule, part)) for part in PARTS] + [
            mask(both[at : at + 1]) for at in range(2)
        ]

    return Rules(
        np.array([parts(rule) for rule in listed.rules], np.uint64),
        np.array([rule.ages for rule in listed.rules], np.int64),
        np.array([listed.emergency, listed.direct, bool(listed.not_for)]),
    )


@kept
def judge(
    rules: Rules, age: Floats, emergency: Int64, direct: Int64, diagnoses: Rows, procedures: Rows,
    recorded: bool,
) -> Int64:  # fmt: skip
    """What each stay counts for: place of the rule, NONE, or UNSAID less the reason.

    age        completed years at admission, NaN where unknown
    emergency, direct  YES, NO or UNKNOWN;  recorded: procedures are recorded at all
    """
    return judged(rules, age, emergency, direct, diagnoses, procedures, recorded)


@compiled_maker
def judged(
    rules: Rules, age: Floats, emergency: Int64, direct: Int64, diagnoses: Rows, procedures: Rows,
    recorded: bool,
) -> Int64:  # fmt: skip
    """`judge`, for compiled code to call."""
    found = np.empty(len(age), np.int64)
    bits = np.zeros((len(age), 4), np.uint64)  # principal, secondary, done, first done
    flags = np.zeros(len(age), np.int64)
    _unite_diagnoses(diagnoses, bits, flags)
    _unite_procedures(procedures, bits, flags)
    for i in range(len(age)):
        said = flags[i] if recorded else flags[i] | UNREAD_DONE
        coded = bits[i, 0], bits[i, 1], bits[i, 2], bits[i, 3]
        found[i] = _judged(rules, age[i], emergency[i], direct[i], coded, said)
    return found


SOME, UNREAD, PRINCIPAL_READ, REFUSED, UNREAD_DONE, FIRST_DONE = 1, 2, 4, 8, 16, 32
"""What is known of a stay's codes: diagnoses are recorded; one cannot be read; the principal one
can; its chapter keeps the stay out; procedures cannot all be read; there is a principal one."""


@compiled
def _unite_diagnoses(rows: Rows, bits: UInt64, flags: Int64) -> None:
    for row in range(len(rows.stay)):
        stay = rows.stay[row]
        said = SOME
        if not rows.read[row]:
            said |= UNREAD
        if rows.first[row]:
            bits[stay, 0] |= rows.bits[row]
            if rows.read[row]:
                said |= PRINCIPAL_READ
                flags[stay] &= ~REFUSED
                if rows.refused[row]:
                    said |= REFUSED
        else:
            bits[stay, 1] |= rows.bits[row]
        flags[stay] |= said


@compiled
def _unite_procedures(rows: Rows, bits: UInt64, flags: Int64) -> None:
    for row in range(len(rows.stay)):
        stay = rows.stay[row]
        bits[stay, 2] |= rows.bits[row]
        if rows.first[row]:
            bits[stay, 3] |= rows.bits[row]
            flags[stay] |= FIRST_DONE
        if not rows.read[row]:
            flags[stay] |= UNREAD_DONE


@compiled
def _judged(rules: Rules, age: float, emergency: int, direct: int, coded: Coded, flags: int) -> int:
    reason = NONE
    admitted = _admitted(rules.common, emergency, direct, flags)
    if admitted == FAILS:
        return NONE
    masks = rules.masks
    for rule in range(len(masks)):
        held = _both(admitted, _asked(masks, rule, coded, flags))
        held = _both(held, _without(masks, rule, coded, flags))
        held = _both(held, _without_both(masks, rule, coded, flags))
        held = _both(held, _aged(rules.ages[rule, 0], rules.ages[rule, 1], age))
        if held == HOLDS:
            return rule
        if held >= 0 and reason == NONE:
            reason = UNSAID - held
    return reason


HOLDS, FAILS = -1, -2
"""What a part of a rule says of a stay; else the reason why it cannot be said."""


@compiled
def _both(one: int, other: int) -> int:
    """Two parts together: either may fail them, and the first reason stands."""
    if one == FAILS or other == FAILS:
        return FAILS
    return one if one >= 0 else other


@compiled
def _part(holds: bool, unknown: bool, reason: int) -> int:
    """A part that holds, else fails unless it is unknown."""
    if holds:
        return HOLDS
    return reason if unknown else FAILS


@compiled
def _refused(found: bool, unknown: bool, reason: int) -> int:
    """A part that fails where something is found, and holds where that is known not to be."""
    if found:
        return FAILS
    return reason if unknown else HOLDS


@compiled
def _admitted(common: Bools, emergency: int, direct: int, flags: int) -> int:
    """What every rule of a list asks of the admission."""
    held = HOLDS
    if common[EMERGENCY]:
        held = _part(emergency == YES, emergency == UNKNOWN, NO_METHOD)
    if common[DIRECT]:
        held = _both(held, _part(direct == YES, direct == UNKNOWN, NO_ORIGIN))
    if common[NOT_FOR]:
        known = flags & PRINCIPAL_READ != 0
        held = _both(held, _part(known and flags & REFUSED == 0, not known, NO_PRINCIPAL))
    return held


@compiled
def _asked(masks: UInt64, rule: int, coded: Coded, flags: int) -> int:
    """What must be recorded: as principal, in any position, as another diagnosis, as done."""
    none, held = np.uint64(0), HOLDS
    principal, secondary, done, _ = coded
    unsure = flags & SOME == 0 or flags & UNREAD != 0
    if masks[rule, 0] != none:
        unread = flags & PRINCIPAL_READ == 0
        held = _part(principal & masks[rule, 0] != none, unread, NO_PRINCIPAL)
    if masks[rule, 1] != none:
        has = (principal | secondary) & masks[rule, 1] != none
        held = _both(held, _part(has, unsure, NO_DIAGNOSES))
    if masks[rule, 2] != none:
        held = _both(held, _part(secondary & masks[rule, 2] != none, unsure, NO_DIAGNOSES))
    if masks[rule, 3] != none:
        unread = flags & UNREAD_DONE != 0
        held = _both(held, _part(done & masks[rule, 3] != none, unread, NO_PROCEDURES))
    return held


@compiled
def _without(masks: UInt64, rule: int, coded: Coded, flags: int) -> int:
    """What must not be recorded, in the order of `PARTS`."""
    none, held = np.uint64(0), HOLDS
    principal, secondary, done, first_done = coded
    unsure = flags & SOME == 0 or flags & UNREAD != 0
    unread = flags & UNREAD_DONE != 0
    if masks[rule, 4] != none:
        held = _refused((principal | secondary) & masks[rule, 4] != none, unsure, NO_DIAGNOSES)
    if masks[rule, 5] != none:
        held = _both(held, _refused(secondary & masks[rule, 5] != none, unsure, NO_DIAGNOSES))
    if masks[rule, 6] != none:
        held = _both(held, _refused(done & masks[rule, 6] != none, unread, NO_PROCEDURES))
    if masks[rule, 7] != none:
        perhaps = flags & FIRST_DONE == 0 and done & masks[rule, 7] != none
        found = first_done & masks[rule, 7] != none
        held = _both(held, _refused(found, unread or perhaps, NO_PROCEDURES))
    return held


@compiled
def _without_both(masks: UInt64, rule: int, coded: Coded, flags: int) -> int:
    """Not a diagnosis of one group together with a procedure of another."""
    none = np.uint64(0)
    if masks[rule, BOTH] == none:
        return HOLDS
    principal, secondary, done, _ = coded
    unsure = flags & SOME == 0 or flags & UNREAD != 0
    unread = flags & UNREAD_DONE != 0
    has = (principal | secondary) & masks[rule, BOTH] != none
    did = done & masks[rule, BOTH + 1] != none
    held = _refused(has and did, has and unread, NO_PROCEDURES)
    return _both(held, _refused(has and did, unsure and (did or unread), NO_DIAGNOSES))


@compiled
def _aged(youngest: int, oldest: int, age: float) -> int:
    if youngest == EVERY_AGE[0] and oldest == EVERY_AGE[1]:
        return HOLDS
    return _part(youngest <= age <= oldest, np.isnan(age), NO_AGE)
