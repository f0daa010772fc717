"""Spells of everybody as a table, as known at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.spells.columns import linkable, principals, times
from features.spells.link import EVERYTHING, Chain, SpellRule, chain, link_people
from features.spells.urgency import DECIDED_BY, FIRST, NOBODY, URGENCIES, Urgency, urgency_of
from features.tables.buffers import whole
from features.tables.contract import Tables
from features.windows import DAY, Int64


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


def spells(
    tables: Tables,
    rule: SpellRule,
    *,
    at: datetime | None = None,
    deciders: Sequence[str] | None = None,
) -> pa.Table:
    """Spells of everybody, in canonical order of people, then by admission.

    person_id, spell_id (stay_id of the first stay), last_stay_id, first_facility, last_facility,
    admitted_at; discharged_at, discharged_known, discharged_to and nights of the last stay (null:
    open); urgency (unplanned, planned, undecided) and decided_by (one of `urgency.DECIDED_BY`;
    null: nothing did); day_case (all its stays were and none had a night; null: unknown); stays
    (number).

    at        as known at that moment (None: everything known)
    deciders  rules of urgency (`urgency.DECIDERS`), the first that decides goes first; none at all
              leave every spell undecided. None: those that go with the rule (`urgency.FIRST`)
    """
    return linked(tables, rule, at=at, deciders=deciders).table


def spell_of_stay(tables: Tables, rule: SpellRule, *, at: datetime | None = None) -> Int64:
    """For each row of the stay table the row of its spell in `spells`; -1 where it is in none."""
    return linked(tables, rule, at=at, deciders=()).of_stay


def linked(
    tables: Tables,
    rule: SpellRule,
    *,
    at: datetime | None = None,
    deciders: Sequence[str] | None = None,
) -> Linked:
    """Spells with their ties to stays. `tables` need stay and diagnosis, and procedure where codes
    decide, in canonical order."""
    stay, diagnosis = tables["stay"], tables["diagnosis"]
    principal = principals(stay, diagnosis)
    rows = linkable(stay, diagnosis, principal)
    moment = EVERYTHING if at is None else int(np.datetime64(at, "us").astype(np.int64))
    known = times(stay, "admitted_known") <= moment
    acute = pc.equal(whole(stay["setting"]), "acute").to_numpy(zero_copy_only=False)
    seen = acute & known & (rows.admitted <= moment)
    starts, ends = ranges(stay)
    found = chain(len(stay))
    total = link_people(int(rule), rows, starts, ends, moment, seen, found)
    made = Chain(
        found.spell,
        found.first[:total],
        found.last[:total],
        found.until[:total],
        found.open[:total],
    )
    asked = FIRST[rule.name.lower()] if deciders is None else deciders
    decided = urgency_of(stay, diagnosis, tables.get("procedure"), asked, principal)
    return Linked(_table(stay, made, decided, moment), made.spell, made.last, made.until)


def ranges(stay: pa.Table) -> tuple[Int64, Int64]:
    """Rows [start, end) of each person of a table in canonical order."""
    runs = pc.run_end_encode(whole(stay["person_id"]))
    ends = runs.run_ends.to_numpy(zero_copy_only=False).astype(np.int64)
    return np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)], ends


def _table(stay: pa.Table, found: Chain, decided: Urgency, moment: int) -> pa.Table:
    first, last = stay.take(pa.array(found.first)), stay.take(pa.array(found.last))
    is_open = found.open
    begun = times(first, "admitted_at") // DAY
    nights = pa.array((found.until - begun).astype(np.int32, casting="unsafe"), mask=is_open)
    coded = decided.coded[found.first] <= moment
    said = np.where(coded, decided.after[found.first], decided.before[found.first])
    by = np.where(coded, decided.by_after[found.first], decided.by_before[found.first])

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
            "urgency": pa.array(URGENCIES).take(pa.array(said)),
            "decided_by": pa.array(DECIDED_BY).take(pa.array(by, mask=by == NOBODY)),
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
