"""Planned or unplanned: which rule decides a stay, and from when on it does.

A definition lists the rules it takes, and the first that decides is the answer (`DECIDERS`):

    codes         the CMS planned-readmission algorithm over what is recorded of the stay
                  (`features/codes/planned.py`)
    method        how the person was admitted, where the source says it
    no_procedure  nothing is recorded as done, and the condition is none that is always planned:
                  unplanned. Silence says this only where a source records procedures at all; for a
                  History without any the rule is left out (`features/recorded.py`).

A spell is what its first stay was: later legs of a transfer change nothing. Codes decide from the
time the stay counts as coded (`windows.MODES`), by what was coded by then; what is added later
never changes the answer. Before that time, and for a stay without one, the other rules decide, or
nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.ccs import DIAGNOSES, categories
from features.codes.planned import IS_PLANNED, Reason, decide
from features.spells.columns import discharges_known, find_stays, times
from features.spells.link import Bools, Int8
from features.tables.buffers import whole
from features.tables.schema import TABLES
from features.windows import Int64

URGENCIES = ("unplanned", "planned", "undecided")
URGENCY: Mapping[str, str] = MappingProxyType(
    {
        "emergency": "unplanned",
        "elective": "planned",
        "maternity": "planned",
        "newborn": "planned",
    }
)
"""Urgency by how a stay was admitted; any other way leaves it undecided."""

METHODS: Mapping[str, int] = MappingProxyType(
    {
        way: URGENCIES.index(URGENCY.get(way, "undecided"))
        for way in TABLES["stay"].column("admission_method").allowed
    }
)
"""What each way of admission says, as a place in URGENCIES."""

DECIDERS = ("codes", "method", "no_procedure")
FIRST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"dates": DECIDERS, "evidence": ("method", "codes", "no_procedure")}
)
"""Rule of linking -> the rules of urgency that go with it where a definition names none."""

METHOD = "admission_method"
DECIDED_BY = (*(reason.name.lower() for reason in Reason if reason), METHOD)
"""What may have decided a stay."""
NOBODY = -1
UNPLANNED, PLANNED, UNDECIDED = range(3)


class Urgency(NamedTuple):
    """Urgency of each stay (place in URGENCIES) and what decided it (place in DECIDED_BY, -1: none)
    before it is coded and from then on; `coded`: when that is, NEVER where it is not."""

    before: Int8
    by_before: Int8
    after: Int8
    by_after: Int8
    coded: Int64


Vote = tuple[Int8, Int8]


def urgency_of(
    stay: pa.Table,
    diagnosis: pa.Table,
    procedure: pa.Table | None,
    deciders: Sequence[str],
    principal: Int64,
) -> Urgency:
    """Urgency of every row of `stay`, whatever its setting.

    procedure  None: only where no decider reads codes
    deciders   from DECIDERS, the first that decides goes first
    principal  `principals(stay, diagnosis)`
    """
    coded = np.maximum(times(stay, "coded_known"), discharges_known(stay))
    silent = np.zeros(len(stay), np.int8)
    reasons = silent
    if set(deciders) & {"codes", "no_procedure"}:
        assert procedure is not None, "codes decide: procedures are needed"
        reasons = _reasons(stay, diagnosis, procedure, coded, principal)
    methods = _methods(stay)
    said, by = verdicts(tuple(deciders))
    return Urgency(
        said[silent, methods], by[silent, methods], said[reasons, methods], by[reasons, methods],
        coded,
    )  # fmt: skip


@lru_cache(maxsize=64)
def verdicts(deciders: tuple[str, ...]) -> Vote:
    """Urgency, and what decided it, by `Reason` and by what the way of admission says.

    Both of shape (reasons, urgencies); the way of admission as a place in URGENCIES.
    """
    reasons = np.repeat(np.arange(len(Reason), dtype=np.int8), len(URGENCIES))
    methods = np.tile(np.arange(len(URGENCIES), dtype=np.int8), len(Reason))
    named = np.where(methods == UNDECIDED, NOBODY, DECIDED_BY.index(METHOD)).astype(np.int8)
    said, by = _settled(deciders, reasons, (methods, named))
    shape = len(Reason), len(URGENCIES)
    return said.reshape(shape), by.reshape(shape)


def principal_categories(diagnosis: pa.Table, principal: Int64) -> pa.Array:
    """CCS category of each stay's principal diagnosis (row `principal`); null: none is read."""
    row = pa.array(principal, mask=principal < 0)
    code, system = (whole(diagnosis[name]).take(row) for name in ("code", "code_system"))
    return categories(system, code, DIAGNOSES)


def _reasons(
    stay: pa.Table, diagnosis: pa.Table, procedure: pa.Table, coded: Int64, principal: Int64
) -> Int8:
    """The `Reason` of each stay by what was recorded of it when it counted as coded."""
    own = find_stays(stay, whole(procedure["person_id"]), whole(procedure["stay_id"]))
    done = _by_then(procedure, np.arange(len(own)), own, stay, coded)
    told = _by_then(diagnosis, principal, np.arange(len(stay)), stay, coded)
    return decide(
        principal_categories(diagnosis, np.where(told, principal, -1)),
        np.where(done, own, -1),
        whole(procedure["code_system"]),
        whole(procedure["code"]),
    )


def _by_then(facts: pa.Table, rows: Int64, stays: Int64, stay: pa.Table, coded: Int64) -> Bools:
    """Which facts (a row of `facts`, a row of `stay` each) were there when the stay was coded."""
    found = np.zeros(len(rows), np.bool_)
    there = np.flatnonzero((rows >= 0) & (stays >= 0))
    own = stays[there]
    told = facts.select(["known_at"]).take(pa.array(rows[there]))
    known = np.maximum(times(told, "known_at"), discharges_known(stay)[own])
    found[there] = known <= coded[own]
    return found


def _methods(stay: pa.Table) -> Int8:
    """What the way of admission says of each stay, as a place in URGENCIES."""
    place = pc.index_in(whole(stay[METHOD]), value_set=pa.array(list(URGENCY), pa.string()))
    at = pc.fill_null(place, len(URGENCY)).to_numpy(zero_copy_only=False)
    said = [*(URGENCIES.index(urgency) for urgency in URGENCY.values()), UNDECIDED]
    methods: Int8 = np.array(said, np.int8)[at]
    return methods


_SAID = np.array([(PLANNED if IS_PLANNED[r] else UNPLANNED) if r else UNDECIDED for r in Reason],
                 np.int8)  # fmt: skip


def _by_reason(reasons: Int8, taken: Bools) -> Vote:
    own = np.where(taken, reasons, 0)
    return _SAID[own], np.where(own > 0, own - 1, NOBODY).astype(np.int8)


VOTES: Mapping[str, Callable[[Int8, Vote], Vote]] = MappingProxyType(
    {
        "codes": lambda reasons, _: _by_reason(reasons, reasons != Reason.NO_PROCEDURE),
        "method": lambda _, methods: methods,
        "no_procedure": lambda reasons, _: _by_reason(reasons, reasons == Reason.NO_PROCEDURE),
    }
)


def _settled(deciders: Sequence[str], reasons: Int8, methods: Vote) -> Vote:
    """The first vote that decides, stay by stay."""
    said, by = np.full(len(reasons), UNDECIDED, np.int8), np.full(len(reasons), NOBODY, np.int8)
    for name in deciders:
        vote, voter = VOTES[name](reasons, methods)
        takes = (said == UNDECIDED) & (vote != UNDECIDED)
        said, by = np.where(takes, vote, said), np.where(takes, voter, by)
    return said, by
