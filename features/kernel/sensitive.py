"""Which stays were for an ambulatory-care-sensitive condition: no, yes, or not to be told.

Told twice: with what was coded of a stay when it counted as coded, and before that with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

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
EMERGENCY = np.array([emergency(way) for way in (*WAYS, None)], np.int64)
STRAIGHT = np.array(
    [[straight(way, origin) for origin in (*ORIGINS, None)] for way in (*WAYS, None)], np.int64
)


NO_ROWS = Rows(
    np.zeros(0, np.int64), np.zeros(0, np.uint64), *(np.zeros(0, np.bool_) for _ in range(3))
)


class SensitiveStays:
    """The stays of some tables, for the lists they may be asked about."""

    def __init__(
        self, person: Owned, stays: Stays, lines: Int64, diagnosis: Facts, procedure: Facts
    ) -> None:
        self._stays, self._lines = stays, lines
        self._facts = diagnosis, procedure
        self._age = _ages_at(person, stays.rows, lines)
        self._found: dict[str, tuple[Int64, Int64]] = {}

    def told(self, asked: Sequence[str]) -> tuple[Int32, Int32]:
        """Whether each stay was for one of the conditions asked for, before it is coded and after.

        asked  words of `rules.SENSITIVE_STAYS`; stays that are not acute are for none
        """
        before = np.zeros(len(self._lines), np.int32)
        after = before.copy()
        for name in dict.fromkeys(word.partition(":")[0] for word in asked):
            wanted = _wanted(name, asked)
            for answer, found in zip((before, after), self._judged(name), strict=True):
                _take(answer, found, wanted, self._lines[:, SETTING])
        return before, after

    def _judged(self, name: str) -> tuple[Int64, Int64]:
        """What each stay counts for, with nothing coded and with what was."""
        if name not in self._found:
            way, origin = self._stays.way, self._stays.origin
            admitted = self._age, EMERGENCY[way], STRAIGHT[way, origin]
            rules = rules_of(name)
            diagnoses, procedures = (_rows(name, facts, self._lines) for facts in self._facts)
            self._found[name] = (
                judge(rules, *admitted, NO_ROWS, NO_ROWS, True),
                judge(rules, *admitted, diagnoses, procedures, True),
            )
        return self._found[name]


def _wanted(name: str, asked: Sequence[str]) -> Int64:
    """Whether each rule of a list is asked for, by its place."""
    words = {word.partition(":")[2] for word in asked if word.partition(":")[0] == name}
    return np.array([int("" in words or rule.name in words) for rule in LISTS[name].rules])


@kept
def _take(answer: Int32, found: Int64, wanted: Int64, setting: Int64) -> None:
    for i in range(len(answer)):
        if setting[i] != ACUTE or found[i] == NONE or answer[i] == YES:
            continue
        if found[i] < NONE:
            answer[i] = MAYBE
        elif wanted[found[i]] != 0:
            answer[i] = YES


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
    place = facts.codes.row[kept_rows]
    bits = listed_in[name](*facts.codes.values).view(np.uint64)[place]
    read = read_by_list[name](*facts.codes.values)[place]
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
