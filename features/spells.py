"""Acute stays joined into spells: one spell is one time in acute hospital care, transfers included.

Two rules, of stays in order of admission; a day is a calendar day of the facility, and the gap is
the days from a spell's end so far to the next admission. Under both rules stays that overlap are
one spell.

    dates     also a gap of 0 or 1 day to another facility, or of 0 days to the same facility for
              the same principal condition (CMS hospital-wide readmission measure; its condition is
              read here as the three-character category of the principal diagnosis). Where a
              facility is unknown, a transfer must say so itself.
    evidence  also a gap of 0 to 2 days where a stay says it was a transfer (NHS England continuous
              inpatient spells; an emergency from hospital after a discharge home is none).

Overlapping means admitted before the other ends, or admitted at the very same time. A nested stay
joins the spell around it, and a spell ends with its last discharge. A stay that is not known to
have ended is certain to reach its own day of admission and no further: a later stay joins it by the
rule's gap from there, else begins a spell of its own. A spell with an open stay is open, unless a
later stay of it came by transfer. Every acute stay is in exactly one spell; other settings in none.

`link_spells` does this as of any moment and refuses to use what is known only later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from features.tables.buffers import whole
from features.tables.contract import Tables
from features.tables.find import find_rows
from features.windows import DAY, NEVER, Int32, Int64

Bools = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]

EVERYTHING = NEVER - 1
"""As of the end: everything that is ever known is known."""
URGENCIES = ("unplanned", "planned", "undecided")
URGENCY: Mapping[str, str] = MappingProxyType(
    {
        "emergency": "unplanned",
        "elective": "planned",
        "maternity": "planned",
        "newborn": "planned",
    }
)
"""Urgency of a spell by how its first stay was admitted; any other way leaves it undecided."""

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


class SpellRule(IntEnum):
    DATES = 0
    EVIDENCE = 1


DATES = int(SpellRule.DATES)
FROM_HOSPITAL, TRANSFER = 1, 2
"""`Linkable.came`: an emergency admitted from an acute hospital; a transfer by its own account."""
TO_HOSPITAL, TO_HOME = 1, 2


class Linkable(NamedTuple):
    """What linking reads of stays, one entry a row of the table, people together.

    Times are microseconds since 1970, NEVER where unknown; facility and condition are numbers that
    are equal for equal values, -1 where unknown.
    """

    admitted: Int64
    discharged: Int64
    discharged_known: Int64
    facility: Int32
    condition: Int32
    condition_known: Int64
    came: Int8
    went: Int8


class Chain(NamedTuple):
    """Spells of one person; stays are counted from the person's first stay.

    spell  by stay: its spell, -1 where it is in none
    first, last  by spell: the stays it begins and ends with (the open one of an open spell)
    until  by spell: day of its end; where open, the day of the moment asked about, or the last day
           it is certain to have lasted if another spell has begun since
    open   by spell: not known to have ended
    """

    spell: Int64
    first: Int64
    last: Int64
    until: Int64
    open: Bools


def chain(stays: int) -> Chain:
    """Room for the spells of a person with so many stays."""
    spell, first, last, until = (np.zeros(stays, np.int64) for _ in range(4))
    return Chain(spell, first, last, until, np.zeros(stays, np.bool_))


@_compiled
def _continues(
    rule: int, rows: Linkable, row: int, before: int, tail: int, ended: bool, reach: int, at: int
) -> bool:
    """Whether stay `row` belongs to the spell that reaches to `reach` with stay `tail`.

    before  the spell's stay admitted last;  ended  the discharge of `tail` is known
    """
    if rows.admitted[row] < reach or rows.admitted[row] == rows.admitted[before]:
        return True
    gap = rows.admitted[row] // DAY - reach // DAY
    went = rows.went[tail] if ended else 0
    came = rows.came[row]
    moved = came == TRANSFER or went == TO_HOSPITAL
    moved = moved or (came == FROM_HOSPITAL and went != TO_HOME)
    if rule != DATES:
        return bool(gap <= 2 and moved)
    here, there = rows.facility[row], rows.facility[tail]
    if here < 0 or there < 0:
        return bool(gap <= 1 and moved)
    if here != there:
        return bool(gap <= 1)
    known = rows.condition_known[row] <= at and rows.condition_known[tail] <= at
    return bool(gap == 0 and known and 0 <= rows.condition[row] == rows.condition[tail])


@_compiled
def link_spells(
    rule: int, rows: Linkable, base: int, n: int, at: int, seen: Bools, spells: Chain
) -> int:
    """Fills `spells` for one person as known at `at`; returns their number.

    The kernel calls it once for every index moment of a person:

        rows  `linkable(stay, diagnosis)` of the whole table, made once, with `condition_known` as
              the mode has it (`windows.MODES`)
        base, n  the person's stays are the rows [base, base + n), by time of admission
        at    the moment, microseconds; EVERYTHING for the end of the extract
        seen  n flags: the stay is acute and its admission is in view; the caller's to decide
        spells  a `chain(most)` with most >= n; the entries of this person's stays and spells are
              written over

    A discharge (with where it led to) takes part if it is known and past at `at`, a condition if it
    is known. An admission of `seen` is used with its own facts alone, so nothing that becomes known
    after `at` can change the answer.
    """
    found = 0
    tail, before, reach, ended = base, base, at, n < 0  # no literals: they would compile it twice
    for k in range(n):
        spells.spell[k] = -1
        if not seen[k]:
            continue
        row = base + k
        over = rows.discharged_known[row] <= at and rows.discharged[row] <= at
        end = rows.discharged[row] if over else rows.admitted[row]
        if found == 0 or not _continues(rule, rows, row, before, tail, ended, reach, at):
            found += 1
            spells.first[found - 1] = k
            spells.open[found - 1] = False
            reach = end
        if end >= reach:
            tail, reach, ended = row, end, over
        before = row
        s = found - 1
        spells.spell[k] = s
        spells.until[s] = reach // DAY
        spells.open[s] = not over or (spells.open[s] and rows.came[row] != TRANSFER)
        if not over:
            spells.last[s] = k
        elif not spells.open[s]:
            spells.last[s] = tail - base
    if found > 0 and spells.open[found - 1]:
        spells.until[found - 1] = at // DAY
    return found


@_compiled
def _link_people(
    rule: int, rows: Linkable, starts: Int64, ends: Int64, at: int, seen: Bools, spells: Chain
) -> int:
    """Spells of everybody, end to end; `spells` then counts stays by row of the table."""
    total = 0
    for p in range(len(starts)):
        base, end = starts[p], ends[p]
        n = end - base
        own = Chain(
            spells.spell[base:end],
            spells.first[total : total + n],
            spells.last[total : total + n],
            spells.until[total : total + n],
            spells.open[total : total + n],
        )
        found = link_spells(rule, rows, base, n, at, seen[base:end], own)
        for k in range(base, end):
            if spells.spell[k] >= 0:
                spells.spell[k] += total
        for s in range(total, total + found):
            spells.first[s] += base
            spells.last[s] += base
        total += found
    return total


@dataclass(frozen=True)
class Linked:
    """Spells and how stays belong to them.

    table    see `spells`
    of_stay  by row of the stay table: row of its spell, -1 where it is in none
    last     by spell: row of the stay it ends with
    until    by spell: day of its end (days since 1970), see `Chain`
    """

    table: pa.Table
    of_stay: Int64
    last: Int64
    until: Int64


def spells(tables: Tables, rule: SpellRule, *, at: datetime | None = None) -> pa.Table:
    """Spells of everybody, in canonical order of people, then by admission.

    person_id, spell_id (stay_id of the first stay), last_stay_id, first_facility, last_facility,
    admitted_at; discharged_at, discharged_known, discharged_to and nights of the last stay (null:
    open); urgency (unplanned, planned, undecided) and decided_by (the column that decided it, null:
    nothing did); day_case (all its stays were and none had a night; null: unknown); stays (number).

    at  as known at that moment (None: everything known)
    """
    return linked(tables, rule, at=at).table


def spell_of_stay(tables: Tables, rule: SpellRule, *, at: datetime | None = None) -> Int64:
    """For each row of the stay table the row of its spell in `spells`; -1 where it is in none."""
    return linked(tables, rule, at=at).of_stay


def linked(tables: Tables, rule: SpellRule, *, at: datetime | None = None) -> Linked:
    """Spells with their ties to stays; `tables` need stay and diagnosis, in canonical order."""
    stay = tables["stay"]
    rows = linkable(stay, tables["diagnosis"])
    moment = EVERYTHING if at is None else int(np.datetime64(at, "us").astype(np.int64))
    known = _times(stay, "admitted_known") <= moment
    acute = pc.equal(whole(stay["setting"]), "acute").to_numpy(zero_copy_only=False)
    seen = acute & known & (rows.admitted <= moment)
    runs = pc.run_end_encode(whole(stay["person_id"]))
    ends = runs.run_ends.to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
    found = chain(len(stay))
    total = _link_people(int(rule), rows, starts, ends, moment, seen, found)
    made = Chain(
        found.spell,
        found.first[:total],
        found.last[:total],
        found.until[:total],
        found.open[:total],
    )
    return Linked(_table(stay, made), made.spell, made.last, made.until)


def linkable(stay: pa.Table, diagnosis: pa.Table) -> Linkable:
    """The columns linking reads, one entry a row of `stay`."""
    condition, condition_known = _conditions(stay, diagnosis)
    method, source = whole(stay["admission_method"]), whole(stay["admitted_from"])
    from_hospital = _is(source, "acute").astype(np.int8) * FROM_HOSPITAL
    unless_emergency = np.where(_is(method, "emergency"), from_hospital, from_hospital * TRANSFER)
    came = np.where(_is(method, "transfer"), TRANSFER, unless_emergency)
    went = whole(stay["discharged_to"])
    home = _is(went, "home") | _is(went, "home_health")
    return Linkable(
        admitted=_times(stay, "admitted_at"),
        discharged=_times(stay, "discharged_at"),
        discharged_known=discharges_known(stay),
        facility=_numbered(whole(stay["facility_id"])),
        condition=condition,
        condition_known=condition_known,
        came=came.astype(np.int8),
        went=(_is(went, "acute") * TO_HOSPITAL + home * TO_HOME).astype(np.int8),
    )


def discharges_known(stay: pa.Table) -> Int64:
    """When each discharge became known: never before the admission did."""
    return np.maximum(_times(stay, "discharged_known"), _times(stay, "admitted_known"))


def find_stays(stay: pa.Table, person_ids: pa.Array, stay_ids: pa.Array) -> Int64:
    """Row of each (person, stay) in the stay table; -1 where there is none or an id is null."""
    return find_rows(whole(stay["person_id"]), whole(stay["stay_id"]), person_ids, stay_ids)


def _conditions(stay: pa.Table, diagnosis: pa.Table) -> tuple[Int32, Int64]:
    """Category of each stay's principal diagnosis as a number, and when it became known.

    Of several the first to become known: one that comes later changes nothing. A stay has no
    condition before it is known to have ended.
    """
    principal = diagnosis.filter(
        pc.and_(pc.equal(diagnosis["position"], 1), pc.is_valid(diagnosis["stay_id"]))
    )
    condition = np.full(len(stay), -1, np.int32)
    known = np.full(len(stay), NEVER, np.int64)
    row = find_stays(stay, whole(principal["person_id"]), whole(principal["stay_id"]))
    when = _times(principal, "known_at")
    order = np.lexsort((when, row))
    own, place = np.unique(row[order], return_index=True)
    first = order[place][own >= 0]
    own = own[own >= 0]
    system, code = whole(principal["code_system"]), whole(principal["code"])
    icd = pc.starts_with(system, "ICD")
    category = pc.if_else(icd, pc.utf8_slice_codeunits(code, 0, 3), code)
    condition[own] = _numbered(pc.binary_join_element_wise(system, category, "|"))[first]
    known[own] = np.maximum(when[first], discharges_known(stay)[own])
    return condition, known


def _table(stay: pa.Table, found: Chain) -> pa.Table:
    first, last = stay.take(pa.array(found.first)), stay.take(pa.array(found.last))
    is_open = found.open
    begun = _times(first, "admitted_at") // DAY
    nights = pa.array((found.until - begun).astype(np.int32, casting="unsafe"), mask=is_open)
    method = whole(first["admission_method"])
    urgency = pa.array([*URGENCY.values(), "undecided"]).take(
        pc.fill_null(pc.index_in(method, value_set=pa.array(list(URGENCY))), len(URGENCY))
    )
    decided = pc.if_else(pc.equal(urgency, "undecided"), None, "admission_method")

    def closed(column: str) -> pa.Array:
        return pc.if_else(pa.array(~is_open), whole(last[column]), None)

    return pa.table(
        {
            "person_id": first["person_id"],
            "spell_id": first["stay_id"],
            "last_stay_id": last["stay_id"],
            "first_facility": first["facility_id"],
            "last_facility": last["facility_id"],
            "admitted_at": first["admitted_at"],
            "discharged_at": closed("discharged_at"),
            "discharged_known": closed("discharged_known"),
            "urgency": urgency,
            "decided_by": decided.cast(pa.string()),
            "discharged_to": closed("discharged_to"),
            "day_case": _day_cases(stay, found, nights),
            "nights": nights,
            "stays": np.bincount(found.spell[found.spell >= 0], minlength=len(found.first)).astype(
                np.int32
            ),
        }
    )


def _day_cases(stay: pa.Table, found: Chain, nights: pa.Array) -> pa.Array:
    """All stays were day cases and no night was spent; unknown where a stay does not say."""
    flag = whole(stay["day_case"])
    of, size = np.maximum(found.spell, 0), len(found.first)

    def count(which: pa.Array) -> Int64:
        told = which.to_numpy(zero_copy_only=False) & (found.spell >= 0)
        return np.bincount(of[told], minlength=size)

    never = count(pc.fill_null(pc.invert(flag), False)) > 0
    never |= pc.fill_null(pc.not_equal(nights, 0), True).to_numpy(zero_copy_only=False)
    unknown = count(pc.is_null(flag)) > 0
    return pa.array(~never, mask=unknown & ~never)


def _times(rows: pa.Table, column: str) -> Int64:
    return _filled(whole(rows[column]).cast(pa.int64()), NEVER)


def _filled(values: pa.Array, null: int) -> Int64:
    return np.array(pc.fill_null(values, null).to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbered(values: pa.Array) -> Int32:
    return _filled(pc.dictionary_encode(values).indices, -1).astype(np.int32)


def _is(values: pa.Array, value: str) -> Bools:
    same = pc.fill_null(pc.equal(values, value), False)
    return np.asarray(same.to_numpy(zero_copy_only=False), dtype=np.bool_)
