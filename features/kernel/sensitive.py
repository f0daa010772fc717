"""Which stays were for an ambulatory-care-sensitive condition: no, yes, or not to be told.

Told twice: with what was coded of a stay when it counted as coded, and before that with nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from features.codes.sensitive import emergency, straight
from features.codes.sensitive_judge import NONE, Bools, Rows, Rules, judged, rules_of
from features.codes.sensitive_rules import LISTS
from features.kernel.code_facts import READ, REFUSED, listed_in, read_by_list
from features.kernel.columns import Floats, UInt64, age_on
from features.kernel.layout import ACUTE, ADMITTED_DAY, CODED_KNOWN, SETTING
from features.kernel.people import Rows as Owned
from features.kernel.stay_facts import Facts, Stays
from features.spells import ORIGINS, WAYS
from features.windows import (
    HERE,
    SOURCES,
    Int32,
    Int64,
    compiled,
    compiled_maker,
    kept,
    made_of,
)

NO, YES, MAYBE = 0, 1, 2
NEITHER = straight("transfer", None)
EMERGENCY = np.array([emergency(way) for way in (*WAYS, None)], np.int64)
STRAIGHT = np.array(
    [[straight(way, origin) for origin in (*ORIGINS, None)] for way in (*WAYS, None)], np.int64
)


Choices = tuple[tuple[str, ...], ...]


def sensitive_stays(
    choices: Choices, person: Owned, stays: Stays, lines: Int64, diagnosis: Facts, procedure: Facts
) -> tuple[Int32, Int32]:
    """Whether each stay was for one of the conditions of each choice, before it is coded and after.

    choices  of words of `rules.SENSITIVE_STAYS`
    Shape (choices, stays); stays that are not acute are for none.
    """
    before = np.zeros((len(choices), len(lines)), np.int32)
    after = before.copy()
    lists = wanted_of(choices)
    if not lists or not len(lines):
        return before, after
    stay = stays.rows
    age, emergency, direct = _admitted(
        person.frame.dates("birth_date"), person.ranges, stay.person, lines, stays.way,
        stays.origin, EMERGENCY, STRAIGHT,
    )  # fmt: skip
    for name, wanted in lists:
        masks, years, common = rules_of(name)
        recorded, done = _coded(name, diagnosis), _coded(name, procedure)
        _answer(
            masks, years, common, age, emergency, direct, lines, wanted, before, after,
            *recorded, *done,
        )  # fmt: skip
    return before, after


def _coded(name: str, facts: Facts) -> tuple[Int64, Int64, Int64, Int64, Floats]:
    """Of each row: its stay, when it is known, groups of the list, what it says, its position."""
    bits, says = listed_in(name)(facts.codes), read_by_list(name)(facts.codes)
    return facts.stay, facts.known, bits, says, facts.frame.numbers("position")


@compiled_maker
def _by_then(
    stay: Int64, known: Int64, bits: Int64, says: Int64, position: Floats, lines: Int64
) -> Rows:
    """Rows of acute stays that were there when the stay counted as coded."""
    rows = np.empty(len(stay), np.int64)
    count = 0
    for row in range(len(stay)):
        own = stay[row]
        if own >= 0 and lines[own, SETTING] == ACUTE and known[row] <= lines[own, CODED_KNOWN]:
            rows[count] = row
            count += 1
    rows = rows[:count]
    return Rows(
        stay[rows], bits[rows].view(np.uint64), says[rows] & READ != 0, position[rows] == 1,
        says[rows] & REFUSED != 0,
    )  # fmt: skip


@lru_cache(maxsize=16)
def wanted_of(choices: Choices) -> tuple[tuple[str, Int64], ...]:
    """List -> what each choice asks of it, shape (choices, rules + 1): 1 where it asks for the
    rule, and in the last place where it asks for any of the list."""
    names = dict.fromkeys(word.partition(":")[0] for choice in choices for word in choice)
    return tuple(
        (name, np.array([_wanted(name, choice) for choice in choices], np.int64)) for name in names
    )


def _wanted(name: str, choice: tuple[str, ...]) -> list[int]:
    words = {word.partition(":")[2] for word in choice if word.partition(":")[0] == name}
    return [*(int("" in words or rule.name in words) for rule in LISTS[name].rules), len(words)]


@compiled
def _take(answer: Int32, found: Int64, wanted: Int64, setting: Int64) -> None:
    for i in range(len(found)):
        if setting[i] != ACUTE or found[i] == NONE:
            continue
        for choice in range(len(wanted)):
            if answer[choice, i] == YES or wanted[choice, -1] == 0:
                continue
            if found[i] < NONE:
                answer[choice, i] = MAYBE
            elif wanted[choice, found[i]] != 0:
                answer[choice, i] = YES


@kept
def _admitted(
    births: Int32, ranges: Int64, person: Int64, lines: Int64, way: Int32, origin: Int32,
    emergency: Int64, straight: Int64,
) -> tuple[Floats, Int64, Int64]:  # fmt: skip
    """Age at each admission, and whether it was an emergency and from outside care.

    A stay that is not acute is neither, so that it fails at once.
    """
    age = np.full(len(person), np.nan)
    urgent, direct = np.full(len(person), NEITHER), np.full(len(person), NEITHER)
    for i in range(len(person)):
        p = person[i]
        if p >= 0 and ranges[p, 1] > ranges[p, 0]:
            age[i] = age_on(births[ranges[p, 0]], lines[i, ADMITTED_DAY])
        if lines[i, SETTING] == ACUTE:
            urgent[i], direct[i] = emergency[way[i]], straight[way[i], origin[i]]
    return age, urgent, direct


def _answering(sources: int) -> Callable[..., None]:
    """What fills in the answers; sources: `windows.made_of`."""

    @kept
    def answer(
        masks: UInt64, years: Int64, common: Bools, age: Floats, emergency: Int64, direct: Int64,
        lines: Int64, wanted: Int64, before: Int32, after: Int32,
        stay: Int64, known: Int64, bits: Int64, says: Int64, position: Floats,
        done_stay: Int64, done_known: Int64, done_bits: Int64, done_says: Int64,
        done_position: Floats,
    ) -> None:  # fmt: skip
        """Fills in what stays say to each choice of one list: with nothing coded, and then."""
        assert sources >= 0
        rules, setting = Rules(masks, years, common), lines[:, SETTING]
        diagnoses = _by_then(stay, known, bits, says, position, lines)
        procedures = _by_then(done_stay, done_known, done_bits, done_says, done_position, lines)
        nothing = Rows(
            diagnoses.stay[:0], diagnoses.bits[:0], diagnoses.read[:0], diagnoses.first[:0],
            diagnoses.refused[:0],
        )  # fmt: skip
        _take(
            before, judged(rules, age, emergency, direct, nothing, nothing, True), wanted, setting
        )
        told = judged(rules, age, emergency, direct, diagnoses, procedures, True)
        _take(after, told, wanted, setting)

    return answer


_answer = _answering(made_of(*SOURCES, HERE / "codes" / "sensitive_judge.py"))
