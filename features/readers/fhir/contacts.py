"""Encounters as stays and visits, and what other resources need to know of them.

An encounter that is part of a stay, directly or through others, is that stay where it is a visit or
of the same setting: a ward, a therapist. It is merged, and what is tied to it belongs to the stay.
An emergency attendance or another setting inside a stay remains a stay of its own. Encounters that
are part of themselves, by whatever way round, stand alone and are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.readers.delays import CODED_AFTER
from features.readers.fhir.arrow import (
    Mask,
    Places,
    always,
    chosen,
    coded,
    day,
    first,
    here,
    keyed,
    later,
    mask,
    nulls,
    places,
    same,
    split,
    taken,
    text,
    wall_clock,
)  # fmt: skip
from features.readers.fhir.places import CLASSES, DAY_CASE, HOME, NOWHERE, STAY, VISIT


@dataclass(frozen=True)
class Contacts:
    """Every contact that facts may be tied to, one entry each.

    keys   whose it is and what references call it (`keyed`);  persons: whose it is
    root   the contact it belongs to (itself, but for parts of a stay)
    stay, visit  id where it is one or the other
    start  its beginning; last: its end, else its beginning
    coded  when codes of it are known: null for a visit, and for a stay that is open
    """

    keys: pa.Array
    persons: pa.Array
    root: Places
    stay: pa.Array
    visit: pa.Array
    start: pa.Array
    last: pa.Array
    coded: pa.Array

    def find(self, references: pa.Array, persons: pa.Array) -> Places:
        """Place of the contact that each reference belongs to; -1: none, or another person's."""
        at = places(keyed(persons, references), self.keys)
        return np.where(at >= 0, self.root[at], -1) if len(self.root) else at


@dataclass(frozen=True)
class Met:
    """What encounters became."""

    contacts: Contacts
    stay: pa.Table
    visit: pa.Table
    merged: int


def meet(
    encounters: pa.Table,
    left_out: Counter[tuple[str, str]],
    conflicts: Counter[tuple[str, str]],
) -> Met:
    """Stays and visits of the encounters that happened; `person_id` says whose they are."""
    start, end = _period(encounters)
    kind, setting = _settings(encounters, start, end)
    happened = ~same(kind, pa.scalar(NOWHERE))
    if not happened.all():
        left_out["stay", "encounters before the contact (class PRENC)"] += int((~happened).sum())
        keep = pa.array(happened)
        encounters = encounters.filter(keep)
        start, end, kind, setting = (x.filter(keep) for x in (start, end, kind, setting))
    stays = same(kind, pa.scalar(STAY))
    persons = text(encounters, "person_id")
    root = _roots(encounters, persons, stays, setting, conflicts)
    finished = mask(
        pc.is_in(text(encounters, "status"), value_set=pa.array(["finished", "completed"]))
    )
    if lost := int((finished & stays & ~here(end)).sum()):
        conflicts["stay", "finished, but without an end: read as open"] += lost
    own = root == np.arange(len(root))
    ids = text(encounters, "id")
    coded_at = later(pc.if_else(pa.array(stays), end, None), CODED_AFTER)
    contacts = Contacts(
        keyed(persons, ids), persons, root, pc.if_else(pa.array(stays), ids, None),
        pc.if_else(pa.array(stays), None, ids), start, first(end, start), coded_at,
    )  # fmt: skip
    every = encounters.append_column("begun", start)
    every = every.append_column("ended", end).append_column("setting", setting)
    every = every.append_column("coded_known", coded_at)
    return Met(
        contacts,
        _stay_rows(chosen(every, own & stays)),
        _visit_rows(chosen(every, own & ~stays)),
        int((~own).sum()),
    )


def _period(encounters: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Start and end; an end told as the day alone on which it began is no earlier than that."""
    start, end = wall_clock(text(encounters, "start")), wall_clock(text(encounters, "end"))
    that_day = pc.and_(pc.equal(pc.binary_length(end), 10), pc.equal(end, day(start)))
    return start, pc.if_else(pc.fill_null(that_day, False), start, end)


def _settings(encounters: pa.Table, start: pa.Array, end: pa.Array) -> tuple[pa.Array, pa.Array]:
    """What each encounter is, and its setting; an unknown class is a visit of no known setting."""
    told = text(encounters, "class")
    kind = coded(told, {name: what for name, (what, _) in CLASSES.items()})
    setting = coded(told, {name: where for name, (_, where) in CLASSES.items()})
    kind, setting = first(kind, always(VISIT, len(kind))), first(setting, told)
    type_kind, type_setting = split(first(text(encounters, "type"), text(encounters, "service")))
    inside = mask(pc.is_in(told, value_set=pa.array(["IMP", "ACUTE", "NONAC", "HH"])))
    refined = same(type_kind, pa.scalar(STAY)) & inside
    seen = same(type_kind, pa.scalar(VISIT)) & same(told, pa.scalar("AMB"))
    setting = pc.if_else(pa.array(refined | seen), type_setting, setting)
    at_home = same(kind, pa.scalar(HOME)) & ~refined
    going_on = mask(
        pc.is_in(text(encounters, "status"), value_set=pa.array(["in-progress", "onleave"]))
    )
    nights = mask(pc.greater(day(end), day(start))) | (going_on & ~here(end))
    visited = at_home & ~nights
    setting = pc.if_else(pa.array(visited), "home_visit", setting)
    kind = pc.if_else(pa.array(same(kind, pa.scalar(HOME))), STAY, kind)
    return pc.if_else(pa.array(visited), VISIT, kind), setting


def _roots(
    encounters: pa.Table, persons: pa.Array, stays: Mask, setting: pa.Array,
    conflicts: Counter[tuple[str, str]],
) -> Places:  # fmt: skip
    """The contact each encounter belongs to, by place."""
    own = np.arange(len(encounters))
    ids, above = text(encounters, "id"), text(encounters, "part_of")
    parent = places(keyed(persons, above), keyed(persons, ids))
    if (parent < 0).all():
        return own
    inside = (parent >= 0) & stays[parent] & (~stays | same(taken(setting, parent), setting))
    up = np.where(inside, parent, own)
    circular = _circular(np.where(parent >= 0, parent, own)) | (parent == own)
    if circular.any():
        conflicts["stay", "encounters that are part of themselves: each read alone"] += int(
            circular.sum()
        )
        up = np.where(circular, own, up)
    for _ in range(len(own).bit_length()):
        up = up[up]
    return up


def _circular(up: Places) -> Mask:
    """Which lead round to where they were, or to such; what leads to itself is an end."""
    end = up
    for _ in range(len(up).bit_length()):
        end = end[end]
    return np.asarray(up[end] != end)


def _stay_rows(rows: pa.Table) -> pa.Table:
    start, end = text(rows, "begun"), text(rows, "ended")
    transfer, origin = _origin(text(rows, "from"))
    how = first(text(rows, "method"), text(rows, "method_there"), text(rows, "priority"), transfer)
    return pa.table(
        {
            "person_id": text(rows, "person_id"),
            "stay_id": text(rows, "id"),
            "facility_id": text(rows, "facility"),
            "setting": text(rows, "setting"),
            "admitted_at": start,
            "discharged_at": end,
            "admitted_known": start,
            "discharged_known": end,
            "coded_known": text(rows, "coded_known"),
            "admission_method": first(how, pa.scalar("unknown")),
            "admitted_from": origin,
            "discharged_to": text(rows, "to"),
            "day_case": coded(text(rows, "class"), {DAY_CASE: "true"}),
            "specialty": text(rows, "specialty"),
        }
    )


def _origin(told: pa.Array) -> tuple[pa.Array, pa.Array]:
    """ "transfer" where the source says so, and where from."""
    moved = mask(pc.starts_with(told, "transfer "))
    where = pc.if_else(pa.array(moved), pc.utf8_slice_codeunits(told, 9), told)
    return pc.if_else(pa.array(moved), "transfer", nulls(len(told))), where


def _visit_rows(rows: pa.Table) -> pa.Table:
    return pa.table(
        {
            "person_id": text(rows, "person_id"),
            "visit_id": text(rows, "id"),
            "at": text(rows, "begun"),
            "known_at": text(rows, "begun"),
            "setting": text(rows, "setting"),
            "provider_id": text(rows, "provider"),
            "facility_id": text(rows, "facility"),
            "specialty": text(rows, "specialty"),
        }
    )
