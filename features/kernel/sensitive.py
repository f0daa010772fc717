"""Which stays were for an ambulatory-care-sensitive condition: no, yes, or not to be told.

Told twice: with what was coded of a stay when it counted as coded, and before that with nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from features.codes.sensitive import emergency, straight
from features.codes.sensitive_judge import NONE, Rows, judge, rules_of
from features.codes.sensitive_rules import LISTS
from features.kernel.code_facts import READ, REFUSED, listed_in, read_by_list
from features.kernel.columns import Floats, ages
from features.kernel.layout import ACUTE, ADMITTED_DAY, CODED_KNOWN, SETTING
from features.kernel.people import Rows as Owned
from features.kernel.stay_facts import ORIGINS, WAYS, Facts, Stays
from features.windows import NO_DAY, Int32, Int64, kept

NO, YES, MAYBE = 0, 1, 2
NEITHER = straight("transfer", None)
EMERGENCY = np.array([emergency(way) for way in (*WAYS, None)], np.int64)
STRAIGHT = np.array(
    [[straight(way, origin) for origin in (*ORIGINS, None)] for way in (*WAYS, None)], np.int64
)


NO_ROWS = Rows(
    np.zeros(0, np.int64), np.zeros(0, np.uint64), *(np.zeros(0, np.bool_) for _ in range(3))
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
    age = _ages_at(person, stays.rows, lines)
    acute = lines[:, SETTING] == ACUTE  # no other stay counts: it fails at once
    admitted = (
        age,
        np.where(acute, EMERGENCY[stays.way], NEITHER),
        np.where(acute, STRAIGHT[stays.way, stays.origin], NEITHER),
    )
    for name, wanted in lists:
        rules, setting = rules_of(name), lines[:, SETTING]
        diagnoses, procedures = (_rows(name, facts, lines) for facts in (diagnosis, procedure))
        _take(before, judge(rules, *admitted, NO_ROWS, NO_ROWS, True), wanted, setting)
        _take(after, judge(rules, *admitted, diagnoses, procedures, True), wanted, setting)
    return before, after


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


@kept
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


def _ages_at(person: Owned, stay: Owned, lines: Int64) -> Floats:
    """Completed years of each stay's person at admission."""
    births = np.append(person.frame.dates("birth_date"), np.int32(NO_DAY))
    return ages(_born(births, person.ranges, stay.person), lines[:, ADMITTED_DAY].astype(np.int32))


@kept
def _born(births: Int32, ranges: Int64, person: Int64) -> Int32:
    born = np.full(len(person), NO_DAY, np.int32)
    for i in range(len(person)):
        p = person[i]
        if p >= 0 and ranges[p, 1] > ranges[p, 0]:
            born[i] = births[ranges[p, 0]]
    return born


def _rows(name: str, facts: Facts, lines: Int64) -> Rows:
    """Rows of acute stays that were there when the stay counted as coded."""
    kept_rows = _coded_by_then(facts.stay, facts.known, lines)
    codes = facts.codes[kept_rows]
    bits, read = listed_in(name)(codes).view(np.uint64), read_by_list(name)(codes)
    first = facts.frame.numbers("position")[kept_rows] == 1
    stay = facts.stay[kept_rows]
    return Rows(stay, bits, read & READ != 0, first, read & REFUSED != 0)


@kept
def _coded_by_then(stay: Int64, known: Int64, lines: Int64) -> Int64:
    rows = np.empty(len(stay), np.int64)
    count = 0
    for row in range(len(stay)):
        own = stay[row]
        if own >= 0 and lines[own, SETTING] == ACUTE and known[row] <= lines[own, CODED_KNOWN]:
            rows[count] = row
            count += 1
    return rows[:count].copy()
