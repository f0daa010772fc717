"""Which stays were for an ambulatory-care-sensitive condition: no, yes, or not to be told.

Told twice: with what was coded of a stay when it counted as coded, and before that with nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from features.codes.sensitive import emergency, straight
from features.codes.sensitive_judge import NONE, Bools, Rows, Rules, judged, rules_of
from features.codes.sensitive_rules import LISTS
from features.kernel.code_facts import READ, REFUSED, Listed, by_list
from features.kernel.columns import Floats, UInt64, age_on
from features.kernel.layout import ACUTE, ADMITTED_DAY, CODED_KNOWN, SETTING
from features.kernel.memory import PARTS, Memory, column, date_at, number_at
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
    kept_with,
)

NO, YES, MAYBE = 0, 1, 2
NEITHER = straight("transfer", None)
EMERGENCY = np.array([emergency(way) for way in (*WAYS, None)], np.int64)
STRAIGHT = np.array(
    [[straight(way, origin) for origin in (*ORIGINS, None)] for way in (*WAYS, None)], np.int64
)
Choices = tuple[tuple[str, ...], ...]


def sensitive_stays(
    choices: Choices, person: Owned, stays: Stays, diagnosis: Facts, procedure: Facts
) -> tuple[Int32, Int32]:
    """Whether each stay was for one of the conditions of each choice, before it is coded and after.

    choices  of words of `rules.SENSITIVE_STAYS`
    Shape (choices, stays); stays that are not acute are for none.
    """
    lines = stays.lines
    before = np.zeros((len(choices), len(lines)), np.int32)
    after = before.copy()
    lists = wanted_of(choices)
    if not lists or not len(lines):
        return before, after
    own = person.frame
    age, emergency, direct = _admitted(
        own.memory, own.places["birth_date"], person.ranges, stays.rows.ranges, lines, *stays.ways,
        EMERGENCY, STRAIGHT,
    )  # fmt: skip
    for name, wanted in lists:
        masks, years, common = rules_of(name)
        held = by_list(name)
        recorded, done = _coded(held, diagnosis), _coded(held, procedure)
        _answer(
            masks, years, common, age, emergency, direct, lines, wanted, before, after,
            *recorded, *done,
        )  # fmt: skip
    return before, after


def _coded(held: Listed, facts: Facts) -> tuple[Int32, Int64, Int32, Int64, Int64, Memory, int]:
    """Of each row: its stay, when it is known, its code; groups of the list and what it says by
    code; and where its position lies."""
    frame, codes = facts.frame, facts.codes
    bits, says = held.bits(codes.numbers), held.says(codes.numbers)
    place = frame.places["position"]
    return facts.stay, facts.known, codes.codes, bits, says, frame.memory, place


@compiled_maker
def _by_then(
    stay: Int32, known: Int64, codes: Int32, bits: Int64, says: Int64, memory: Memory, place: int,
    lines: Int64,
) -> Rows:  # fmt: skip
    """Rows of acute stays that were there when the stay counted as coded."""
    rows = np.empty(len(stay), np.int64)
    count = 0
    for row in range(len(stay)):
        own = stay[row]
        if own >= 0 and lines[own, SETTING] == ACUTE and known[row] <= lines[own, CODED_KNOWN]:
            rows[count] = row
            count += 1
    found = Rows(
        np.empty(count, np.int64), np.empty(count, np.uint64), np.empty(count, np.bool_),
        np.empty(count, np.bool_), np.empty(count, np.bool_),
    )  # fmt: skip
    position = column(memory, place)
    for i in range(count):
        row = rows[i]
        code = codes[row]
        found.stay[i], found.bits[i] = stay[row], np.uint64(bits[code])
        found.read[i], found.refused[i] = says[code] & READ != 0, says[code] & REFUSED != 0
        found.first[i] = number_at(position, row) == 1
    return found


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


@kept_with(*PARTS, HERE / "kernel" / "columns.py", HERE / "kernel" / "layout.py")
def _admitted(
    memory: Memory, place: int, ranges: Int64, stays: Int64, lines: Int64, way: Int32,
    origin: Int32, emergency: Int64, straight: Int64,
) -> tuple[Floats, Int64, Int64]:  # fmt: skip
    """Age at each admission, and whether it was an emergency and from outside care.

    A stay that is not acute is neither, so that it fails at once.
    """
    births, rows = column(memory, place), len(lines)
    age = np.full(rows, np.nan)
    urgent, direct = np.full(rows, NEITHER), np.full(rows, NEITHER)
    for p in range(len(ranges)):
        for i in range(stays[p, 0], stays[p, 1] if ranges[p, 1] > ranges[p, 0] else 0):
            age[i] = age_on(date_at(births, ranges[p, 0]), lines[i, ADMITTED_DAY])
    for i in range(rows):
        if lines[i, SETTING] == ACUTE:
            urgent[i], direct[i] = emergency[way[i]], straight[way[i], origin[i]]
    return age, urgent, direct


@kept_with(*SOURCES, HERE / "codes" / "sensitive_judge.py")
def _answer(
    masks: UInt64, years: Int64, common: Bools, age: Floats, emergency: Int64, direct: Int64,
    lines: Int64, wanted: Int64, before: Int32, after: Int32,
    stay: Int32, known: Int64, codes: Int32, bits: Int64, says: Int64, memory: Memory,
    place: int, done_stay: Int32, done_known: Int64, done_codes: Int32, done_bits: Int64,
    done_says: Int64, done_memory: Memory, done_place: int,
) -> None:  # fmt: skip
    """Fills in what stays say to each choice of one list: with nothing coded, and then."""
    rules, setting = Rules(masks, years, common), lines[:, SETTING]
    diagnoses = _by_then(stay, known, codes, bits, says, memory, place, lines)
    procedures = _by_then(
        done_stay, done_known, done_codes, done_bits, done_says, done_memory, done_place, lines
    )
    nothing = Rows(
        diagnoses.stay[:0], diagnoses.bits[:0], diagnoses.read[:0], diagnoses.first[:0],
        diagnoses.refused[:0],
    )  # fmt: skip
    _take(before, judged(rules, age, emergency, direct, nothing, nothing, True), wanted, setting)
    told = judged(rules, age, emergency, direct, diagnoses, procedures, True)
    _take(after, told, wanted, setting)
