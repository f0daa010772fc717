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
from features.windows import Int64, compiled, kept

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
    found = np.empty(len(age), np.int64)
    bits = np.zeros((len(age), 4), np.uint64)  # principal, secondary, done, first done
    flags = np.zeros((len(age), 7), np.bool_)
    _unite(diagnoses, bits, flags, 0, 1, 0)
    _unite(procedures, bits, flags, 2, 2, 3)
    for i in range(len(age)):
        found[i] = _judged(rules, age[i], emergency[i], direct[i], bits[i], flags[i], recorded)
    return found


ANY, UNREAD, FIRST_READ, ANY_DONE, UNREAD_DONE, FIRST_DONE, REFUSED = range(7)


@compiled
def _unite(rows: Rows, bits: UInt64, flags: Bools, first: int, other: int, at: int) -> None:
    """Groups of each stay: those of diagnoses by position; of procedures all, and the first."""
    for row in range(len(rows.stay)):
        stay = rows.stay[row]
        place = first if rows.first[row] else other
        bits[stay, place] |= rows.bits[row]
        if at == 3 and rows.first[row]:
            bits[stay, 3] |= rows.bits[row]
        flags[stay, at + ANY] = True
        if not rows.read[row]:
            flags[stay, at + UNREAD] = True
        if rows.first[row] and (rows.read[row] or at == 3):
            flags[stay, at + FIRST_READ] = True
            if at == 0:
                flags[stay, REFUSED] = rows.refused[row]


@compiled
def _judged(
    rules: Rules, age: float, emergency: int, direct: int, bits: UInt64, flags: Bools,
    recorded: bool,
) -> int:  # fmt: skip
    reason = NONE
    admitted = _admitted(rules.common, emergency, direct, flags)
    for rule in range(len(rules.masks)):
        masks = rules.masks[rule]
        held = _both(admitted, _asked(masks, bits, flags, recorded))
        held = _both(held, _without(masks, bits, flags, recorded))
        held = _both(held, _without_both(masks, bits, flags, recorded))
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
def _admitted(common: Bools, emergency: int, direct: int, flags: Bools) -> int:
    """What every rule of a list asks of the admission."""
    held = HOLDS
    if common[EMERGENCY]:
        held = _part(emergency == YES, emergency == UNKNOWN, NO_METHOD)
    if common[DIRECT]:
        held = _both(held, _part(direct == YES, direct == UNKNOWN, NO_ORIGIN))
    if common[NOT_FOR]:
        known = flags[FIRST_READ]
        held = _both(held, _part(known and not flags[REFUSED], not known, NO_PRINCIPAL))
    return held


@compiled
def _asked(masks: UInt64, bits: UInt64, flags: Bools, recorded: bool) -> int:
    """What must be recorded: as principal, in any position, as another diagnosis, as done."""
    none, held = np.uint64(0), HOLDS
    unsure = not flags[ANY] or flags[UNREAD]
    if masks[0] != none:
        held = _part(bits[0] & masks[0] != none, not flags[FIRST_READ], NO_PRINCIPAL)
    if masks[1] != none:
        every = bits[0] | bits[1]
        held = _both(held, _part(every & masks[1] != none, unsure, NO_DIAGNOSES))
    if masks[2] != none:
        held = _both(held, _part(bits[1] & masks[2] != none, unsure, NO_DIAGNOSES))
    if masks[3] != none:
        unsettled = not recorded or flags[UNREAD_DONE]
        held = _both(held, _part(bits[2] & masks[3] != none, unsettled, NO_PROCEDURES))
    return held


@compiled
def _without(masks: UInt64, bits: UInt64, flags: Bools, recorded: bool) -> int:
    """What must not be recorded, in the order of `PARTS`."""
    none, held = np.uint64(0), HOLDS
    unsure = not flags[ANY] or flags[UNREAD]
    unsettled = not recorded or flags[UNREAD_DONE]
    if masks[4] != none:
        every = bits[0] | bits[1]
        held = _refused(every & masks[4] != none, unsure, NO_DIAGNOSES)
    if masks[5] != none:
        held = _both(held, _refused(bits[1] & masks[5] != none, unsure, NO_DIAGNOSES))
    if masks[6] != none:
        held = _both(held, _refused(bits[2] & masks[6] != none, unsettled, NO_PROCEDURES))
    if masks[7] != none:
        perhaps = not flags[FIRST_DONE] and bits[2] & masks[7] != none
        unknown = unsettled or perhaps
        held = _both(held, _refused(bits[3] & masks[7] != none, unknown, NO_PROCEDURES))
    return held


@compiled
def _without_both(masks: UInt64, bits: UInt64, flags: Bools, recorded: bool) -> int:
    """Not a diagnosis of one group together with a procedure of another."""
    none = np.uint64(0)
    if masks[BOTH] == none:
        return HOLDS
    unsure = not flags[ANY] or flags[UNREAD]
    unsettled = not recorded or flags[UNREAD_DONE]
    has = (bits[0] | bits[1]) & masks[BOTH] != none
    did = bits[2] & masks[BOTH + 1] != none
    held = _refused(has and did, has and unsettled, NO_PROCEDURES)
    return _both(held, _refused(has and did, unsure and (did or unsettled), NO_DIAGNOSES))


@compiled
def _aged(youngest: int, oldest: int, age: float) -> int:
    if youngest == EVERY_AGE[0] and oldest == EVERY_AGE[1]:
        return HOLDS
    return _part(youngest <= age <= oldest, np.isnan(age), NO_AGE)
