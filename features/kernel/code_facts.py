"""Codes numbered for the process, and what each says of a stay: to its urgency, to what it was for,
to lists of sensitive conditions. Asked once for each code, then looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.codes.ccs import DIAGNOSES, categories
from features.codes.crosswalks import Crosswalks, configured
from features.codes.planned import diagnosis_flags, procedure_flags
from features.codes.sensitive_rules import LISTS
from features.codes.shipped import code_set
from features.kernel.columns import Frame
from features.kernel.distinct import LARGEST
from features.kernel.memory import (
    CODED,
    PARTS,
    Memory,
    column,
    entry_at,
    same_text,
    text_at,
)  # fmt: skip
from features.kernel.texts import NEW, NULL, sought
from features.kernel.vocabulary import Vocabulary
from features.tables.schema import CODE_SYSTEMS
from features.windows import HERE, Int32, Int64, kept_with

UInt64 = npt.NDArray[np.uint64]

Texts = Sequence[str]
Answer = Callable[[Texts, Texts], Sequence[int]]

SYSTEMS = Vocabulary(CODE_SYSTEMS)
CODES = Vocabulary(grows=True)
"""Every code met so far, under the place of its system."""


def coded_pairs(frame: Frame) -> tuple[Int32, int, Int32]:
    """Of each row the place of its (code system, code) among those of the table; how many of them
    there are; and the number of each among CODES, -1 for none."""
    systems, codes = frame.places["code_system"], frame.places["code"]
    while True:
        row, numbers, fresh, tags = _paired(
            *SYSTEMS.table[:5], *CODES.table[:5], frame.memory, systems, codes, frame.rows
        )
        if not len(fresh):
            return row, len(numbers), numbers
        texts = frame.held("code").said(fresh)
        CODES.learn(zip(tags.tolist(), texts, strict=True))


@kept_with(*PARTS, HERE / "kernel" / "texts.py")
def _paired(
    system_slots: Int32, system_hashes: UInt64, system_tags: Int32, system_texts: Int64,
    system_sizes: Int64, slots: Int32, hashes: UInt64, tags: Int32, texts: Int64, sizes: Int64,
    memory: Memory, system_place: int, code_place: int, rows: int,
) -> tuple[Int32, Int32, Int64, Int32]:  # fmt: skip
    """`coded_pairs`: rows, numbers, and rows of pairs that CODES lacks with their tags."""
    systems, codes = column(memory, system_place), column(memory, code_place)
    total = systems.size * codes.size if systems.kind == CODED and codes.kind == CODED else 0
    total = total if total <= LARGEST else 0
    capacity = 8
    while capacity < 2 * (min(total, rows) if total else rows):
        capacity *= 2
    marks, places = np.full(total, -1, np.int32), np.full(capacity, -1, np.int32)
    row_of, numbers = np.empty(rows, np.int32), np.empty(rows, np.int32)
    fresh, fresh_tags = np.empty(rows, np.int64), np.empty(rows, np.int32)
    count, news, tag, number = 0, 0, NULL, NULL
    tagged, tagged_text, tagged_size = -1, 0, -1
    row = 0
    while row < rows:
        system, code = entry_at(systems, row), entry_at(codes, row)
        pair = system * codes.size + code if total and system >= 0 and code >= 0 else -1
        while pair >= 0 and marks[pair] >= 0:
            row_of[row] = marks[pair]
            row += 1
            if row == rows:
                return row_of, numbers[:count], fresh[:news], fresh_tags[:news]
            system, code = entry_at(systems, row), entry_at(codes, row)
            pair = system * codes.size + code if system >= 0 and code >= 0 else -1
        if system != tagged:
            tag, text, size = NULL if system < 0 else tag, 0, -1
            if system >= 0:
                text, size = text_at(systems, system)
                if size != tagged_size or not same_text(text, tagged_text, size):
                    tag = sought(
                        system_slots, system_hashes, system_tags, system_texts, system_sizes, text,
                        size, 0, tag,
                    )  # fmt: skip
                    tag = max(tag, NULL)
            tagged, tagged_text, tagged_size = system, text, size
        last, number = number, NULL
        if code >= 0:
            text, size = text_at(codes, code)
            number = sought(slots, hashes, tags, texts, sizes, text, size, tag, last)
        if number == NEW:
            fresh[news], fresh_tags[news] = row, tag
            news += 1
        slot = number * 0x9E3779B1 & (capacity - 1)
        while places[slot] >= 0 and numbers[places[slot]] != number:
            slot = (slot + 1) & (capacity - 1)
        if places[slot] < 0:
            places[slot] = count
            numbers[count] = number
            count += 1
        row_of[row] = places[slot]
        if pair >= 0:
            marks[pair] = places[slot]
        row += 1
    return row_of, numbers[:count], fresh[:news], fresh_tags[:news]


def named(ids: Sequence[int]) -> tuple[list[str], list[str]]:
    """System and code of numbers of CODES."""
    pairs = [CODES.words[number] for number in ids]
    return [CODE_SYSTEMS[tag] for tag, _ in pairs], [code for _, code in pairs]


class CodeFacts:
    """An answer for each code of CODES; safe to use from several threads."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._lock = answer, Lock()
        self._known = np.zeros(1, np.int64)  # the last place is that of no code

    def __call__(self, ids: Int32) -> Int64:
        """The answer for each number, int64 (bits of 64 as they are); 0 for NULL."""
        if len(self._known) <= len(CODES):
            self._more()
        return self._known[ids]

    def _more(self) -> None:
        with self._lock:
            known = self._known[:NULL]
            fresh = CODES.words[len(known) :]
            if fresh:
                systems, codes = zip(
                    *((CODE_SYSTEMS[tag], code) for tag, code in fresh), strict=True
                )
                told = np.array(self._answer(systems, codes), np.int64)
                self._known = np.concatenate([known, told, np.zeros(1, np.int64)])


def _diagnosis(systems: Texts, codes: Texts) -> Sequence[int]:
    found = categories(pa.array(systems, pa.string()), pa.array(codes, pa.string()), DIAGNOSES)
    return list(diagnosis_flags(found))


def _procedure(systems: Texts, codes: Texts) -> Sequence[int]:
    return list(procedure_flags(pa.array(systems, pa.string()), pa.array(codes, pa.string())))


_CONDITIONS: dict[tuple[str, str], int] = {}


def _condition(systems: Texts, codes: Texts) -> Sequence[int]:
    """A number per condition: the three-character category of an ICD code, else the code."""
    conditions = (
        (system, code[:3] if system.startswith("ICD") else code)
        for system, code in zip(systems, codes, strict=True)
    )
    return [_CONDITIONS.setdefault(condition, len(_CONDITIONS)) for condition in conditions]


def _listed(name: str, systems: Texts, codes: Texts) -> Sequence[int]:
    held, found = code_set(name), np.zeros(len(codes), np.uint64)
    for system in dict.fromkeys(systems):
        own = [place for place, each in enumerate(systems) if each == system]
        found[own] = held.bits(system, [codes[place] for place in own])
    return list(found.view(np.int64))


READ, REFUSED = 1, 2


def _read(name: str, systems: Texts, codes: Texts) -> Sequence[int]:
    """Whether the list reads the code, and whether its chapter keeps a stay out of the list."""
    held, out = code_set(name), LISTS[name].not_for
    return [
        READ * bool(held.reads_codes(system, [code])[0]) + REFUSED * (code[:1] in (*out,))
        for system, code in zip(systems, codes, strict=True)
    ]


diagnosis_says = CodeFacts(_diagnosis)
procedure_says = CodeFacts(_procedure)
condition_of = CodeFacts(_condition)


class Listed(NamedTuple):
    """What a list says of codes.

    bits  groups of the list that a code is of
    says  whether the list reads it (READ), and whether its chapter is REFUSED
    """

    bits: CodeFacts
    says: CodeFacts


def by_list(name: str) -> Listed:
    """What a list says under the crosswalks that are set."""
    return _by_list(name, configured())


@lru_cache(maxsize=16)
def _by_list(name: str, _crosswalks: Crosswalks) -> Listed:
    return Listed(CodeFacts(partial(_listed, name)), CodeFacts(partial(_read, name)))
