"""What each distinct code says of a stay: to its urgency, to what it was for, to sensitive lists.

Asked once a process for each code, then looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from features.codes.ccs import DIAGNOSES, categories
from features.codes.planned import diagnosis_flags, procedure_flags
from features.codes.sensitive_rules import LISTS
from features.codes.shipped import code_set
from features.windows import Int64

Texts = Sequence[str | None]
Pair = tuple[str | None, str | None]
Answer = Callable[[list[str], list[str]], Sequence[int]]
MOST_KNOWN = 500_000


class CodeFacts:
    """An answer for each (system, code), kept; safe to use from several threads."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._known, self._lock = answer, dict[Pair, int](), Lock()

    def __call__(self, systems: Texts, codes: Texts) -> Int64:
        """The answer for each distinct code, int64 (bits of 64 as they are)."""
        pairs = list(zip(systems, codes, strict=True))
        known = self._known
        fresh = [pair for pair in pairs if pair not in known]
        if fresh:
            known = self._more(fresh)
        return np.array([known[pair] for pair in pairs], np.int64)

    def _more(self, fresh: list[Pair]) -> dict[Pair, int]:
        with self._lock:
            kept = self._known if len(self._known) < MOST_KNOWN else {}
            told = self._answer([s or "" for s, _ in fresh], [c or "" for _, c in fresh])
            self._known = kept | dict(zip(fresh, told, strict=True))
            return self._known


def _diagnosis(systems: list[str], codes: list[str]) -> Sequence[int]:
    found = categories(pa.array(systems, pa.string()), pa.array(codes, pa.string()), DIAGNOSES)
    return list(diagnosis_flags(found))


def _procedure(systems: list[str], codes: list[str]) -> Sequence[int]:
    return list(procedure_flags(pa.array(systems, pa.string()), pa.array(codes, pa.string())))


_CONDITIONS: dict[tuple[str, str], int] = {}


def _condition(systems: list[str], codes: list[str]) -> Sequence[int]:
    """A number per condition: the three-character category of an ICD code, else the code."""
    named = (
        (system, code[:3] if system.startswith("ICD") else code)
        for system, code in zip(systems, codes, strict=True)
    )
    return [_CONDITIONS.setdefault(condition, len(_CONDITIONS)) for condition in named]


def _listed(name: str, systems: list[str], codes: list[str]) -> Sequence[int]:
    held, found = code_set(name), np.zeros(len(codes), np.uint64)
    for system in dict.fromkeys(systems):
        own = [place for place, each in enumerate(systems) if each == system]
        found[own] = held.bits(system, [codes[place] for place in own])
    return list(found.view(np.int64))


READ, REFUSED = 1, 2


def _read(name: str, systems: list[str], codes: list[str]) -> Sequence[int]:
    """Whether the list reads the code, and whether its chapter keeps a stay out of the list."""
    held, out = code_set(name), LISTS[name].not_for
    return [
        READ * bool(held.reads_codes(system, [code])[0]) + REFUSED * (code[:1] in (*out,))
        for system, code in zip(systems, codes, strict=True)
    ]


diagnosis_says = CodeFacts(_diagnosis)
procedure_says = CodeFacts(_procedure)
condition_of = CodeFacts(_condition)
listed_in = MappingProxyType({name: CodeFacts(partial(_listed, name)) for name in LISTS})
read_by_list = MappingProxyType({name: CodeFacts(partial(_read, name)) for name in LISTS})
