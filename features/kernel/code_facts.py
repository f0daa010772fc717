"""Codes numbered for the process, and what each says of a stay: to its urgency, to what it was for,
to lists of sensitive conditions. Asked once for each code, then looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from threading import Lock

import numpy as np
import pyarrow as pa

from features.codes.ccs import DIAGNOSES, categories
from features.codes.crosswalks import Crosswalks, configured
from features.codes.planned import diagnosis_flags, procedure_flags
from features.codes.sensitive_rules import LISTS
from features.codes.shipped import code_set
from features.kernel.columns import Frame
from features.kernel.distinct import distinct_pairs
from features.kernel.texts import NULL
from features.kernel.vocabulary import Vocabulary
from features.tables.schema import CODE_SYSTEMS
from features.windows import Int32, Int64

Texts = Sequence[str]
Answer = Callable[[Texts, Texts], Sequence[int]]

SYSTEMS = Vocabulary(CODE_SYSTEMS)
CODES = Vocabulary(grows=True)
"""Every code met so far, under the place of its system."""


def code_ids(frame: Frame) -> Int32:
    """Number of each row's (code system, code) among CODES."""
    systems, codes = frame.array("code_system"), frame.array("code")
    if not isinstance(codes, pa.DictionaryArray):
        return CODES.ids(codes, SYSTEMS.ids(systems))
    if not isinstance(systems, pa.DictionaryArray):
        systems = systems.dictionary_encode()
    row, kinds, texts = distinct_pairs(systems, codes)
    tags = SYSTEMS.ids(systems.dictionary)[kinds].tolist()
    words = codes.dictionary.take(pa.array(texts)).to_pylist()
    return CODES.numbers(list(zip(tags, words, strict=True)))[row]


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


def listed_in(name: str) -> CodeFacts:
    """Groups of a list that each code is of, under the crosswalks that are set."""
    return _of_list(_listed, name, configured())


def read_by_list(name: str) -> CodeFacts:
    """Whether a list reads each code (READ), and whether its chapter is REFUSED."""
    return _of_list(_read, name, configured())


@lru_cache(maxsize=16)
def _of_list(
    answer: Callable[[str, Texts, Texts], Sequence[int]], name: str, _crosswalks: Crosswalks
) -> CodeFacts:
    return CodeFacts(partial(answer, name))
