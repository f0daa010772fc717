"""Conditions, procedures, observations and medicines as canonical rows, tied to their contact.

When a fact happened and when it was known:

    diagnosis    the day of its contact, else the day it was recorded, else its onset; known when
                 recorded, else when the stay is coded, else at once
    procedure    the day it was done, else that of its contact; known when recorded (R5), else when
                 the stay is coded, else at once
    measurement  its own time; known when issued, else at once
    dispensing   the day it was handed over; known when recorded (R5), else at once

Nothing is known before it happened. A year or month alone is read as its last day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.readers.delays import CODED_AFTER
from features.readers.fhir.arrow import (
    Places,
    chosen,
    coded,
    day,
    first,
    grouped,
    here,
    keyed,
    last_day,
    later,
    latest,
    mask,
    places,
    same,
    split,
    taken,
    text,
    wall_clock,
)  # fmt: skip
from features.readers.fhir.contacts import Contacts
from features.readers.fhir.places import ORDERS
from features.tables.buffers import whole

Left = Counter[tuple[str, str]]

PROCEDURES = {"ICD-10": "ICD-10-PCS", "ICD-10-CM": "ICD-10-PCS", "ICD-9-CM": "ICD-9-PCS"}
"""ICD as procedures name it: the diagnosis volumes hold no procedures."""


@dataclass(frozen=True)
class Mentions:
    """Where contacts name conditions as their diagnoses: by encounters and by claims.

    contact    place of the contact;  condition: what a reference calls it;  position: of it there
    """

    contact: Places
    condition: pa.Array
    position: pa.Array


def times(values: pa.Array) -> pa.Array:
    return wall_clock(last_day(values))


def diagnoses(rows: pa.Table, contacts: Contacts, mentions: Mentions, left_out: Left) -> pa.Table:
    """A row for each condition, and one for every other contact that names it.

    A condition that names no contact belongs to the first that names it.
    """
    rows = _with_code(rows, "diagnosis", left_out)
    persons = text(rows, "person_id")
    named = keyed(taken(contacts.persons, mentions.contact), mentions.condition)
    known = places(named, keyed(persons, text(rows, "id")))
    named = _mentions(mentions, known >= 0)
    condition = known[known >= 0]
    own = contacts.find(text(rows, "encounter"), persons)
    own = _adopted(own, condition, named.contact)
    position, extra = _positions(own, condition, named)
    place = np.concatenate([np.arange(len(rows)), condition[extra]])
    contact = np.concatenate([own, named.contact[extra]])
    told = pa.concat_arrays([position, named.position.filter(pa.array(extra))])
    recorded = times(text(rows, "recorded"))
    is_extra = pa.array(np.arange(len(place)) >= len(rows))
    seen = pc.if_else(is_extra, None, taken(recorded, place))
    when = first(
        taken(contacts.start, contact), taken(recorded, place),
        taken(times(text(rows, "onset")), place),
    )  # fmt: skip
    return diagnosis_rows(taken(persons, place), contact, contacts, when, seen,
                 taken(text(rows, "code"), place), told)  # fmt: skip


def _mentions(mentions: Mentions, keep: np.ndarray) -> Mentions:
    flag = pa.array(keep)
    return Mentions(
        mentions.contact[keep], mentions.condition.filter(flag), mentions.position.filter(flag)
    )


def _adopted(own: Places, condition: Places, contact: Places) -> Places:
    """The contact of each condition: its own, else the first that names it."""
    orphan, at = np.unique(condition, return_index=True)
    found = own.copy()
    found[orphan] = np.where(own[orphan] < 0, contact[at], own[orphan])
    return found


def _positions(own: Places, condition: Places, named: Mentions) -> tuple[pa.Array, np.ndarray]:
    """Position of each condition at its own contact, and which mentions are of another contact.

    Of several mentions of one condition by one contact the first counts.
    """
    order, starts = grouped([condition, named.contact])
    once = np.zeros(len(condition), np.bool_)
    once[order[starts]] = True
    at_home = once & (own[condition] == named.contact)
    place = np.full(len(own), -1, np.int64)
    place[condition[at_home]] = np.flatnonzero(at_home)
    return taken(named.position, place), once & ~at_home


def procedures(rows: pa.Table, contacts: Contacts, left_out: Left) -> pa.Table:
    """A row for each procedure; its position is not told."""
    rows = _with_code(rows, "procedure", left_out)
    persons = text(rows, "person_id")
    contact = contacts.find(text(rows, "encounter"), persons)
    done = first(times(text(rows, "at")), taken(contacts.start, contact))
    return procedure_rows(
        persons, contact, contacts, done, times(text(rows, "recorded")), text(rows, "code"),
        pa.nulls(len(rows), pa.float64()),
    )  # fmt: skip


def procedure_rows(
    persons: pa.Array, contact: Places, contacts: Contacts, when: pa.Array, seen: pa.Array,
    code: pa.Array, position: pa.Array,
) -> pa.Table:  # fmt: skip
    """As `diagnosis_rows`, with ICD as procedures are coded in it."""
    made = diagnosis_rows(persons, contact, contacts, when, seen, code, position)
    system = text(made, "code_system")
    place = made.schema.get_field_index("code_system")
    return made.set_column(place, "code_system", first(coded(system, PROCEDURES), system))


def diagnosis_rows(
    persons: pa.Array, contact: Places, contacts: Contacts, when: pa.Array, seen: pa.Array,
    code: pa.Array, position: pa.Array,
) -> pa.Table:  # fmt: skip
    """Rows of a coded fact of a day.

    contact  its place among the contacts;  when: it happened
    seen     when it was recorded, where the source says so
    """
    system, plain = split(code)
    stay = taken(contacts.stay, contact)
    settled = first(taken(contacts.coded, contact), later(when, CODED_AFTER))
    unsaid = pc.if_else(pc.is_valid(stay), settled, when)
    return pa.table(
        {
            "person_id": persons,
            "stay_id": stay,
            "visit_id": taken(contacts.visit, contact),
            "at": day(when),
            "known_at": latest(first(seen, unsaid), when),
            "code_system": system,
            "code": plain,
            "position": position,
        }
    )


def measurements(rows: pa.Table, parts: pa.Table, left_out: Left) -> pa.Table:
    """A row for each observation with a value, and one for each of its components with one."""
    at, issued = times(text(rows, "at")), wall_clock(text(rows, "issued"))
    place = places(whole(parts["row"]), whole(rows["row"]))
    parts, place = chosen(parts, place >= 0), place[place >= 0]
    place = np.concatenate([np.arange(len(rows)), place])
    names = ("code", "value", "unit", "text")
    told = pa.concat_tables([rows.select(names), parts.select(names)])
    told = told.append_column("person_id", taken(text(rows, "person_id"), place))
    told = told.append_column("at", taken(at, place))
    told = told.append_column("known_at", taken(latest(first(issued, at), at), place))
    said = here(text(told, "value")) | here(text(told, "text"))
    silent = ~said
    silent[: len(rows)] &= ~np.isin(np.arange(len(rows)), place[len(rows) :])
    if n := int(silent.sum()):
        left_out["measurement", "observations or components without a value"] += n
    told = _with_code(chosen(told, said), "measurement", left_out)
    system, code = split(text(told, "code"))
    return (
        told.drop_columns(["code"]).append_column("code_system", system).append_column("code", code)
    )


def supplies(rows: pa.Table, medicines: pa.Table, left_out: Left) -> pa.Table:
    """Dispenses as supplies."""
    rows = _with_code(with_medicine(rows, medicines), "dispensing", left_out)
    return supply_rows(
        text(rows, "person_id"), times(text(rows, "at")), times(text(rows, "recorded")),
        text(rows, "code"), text(rows, "days"), pa.nulls(len(rows), pa.float64()),
    )  # fmt: skip


def orders(rows: pa.Table, supplied: pa.Array, left_out: Left) -> pa.Table:
    """Orders as supplies, of the people of whom no supply is told.

    An order is no supply; where nothing better is known it stands for one, of its own day. Plans,
    proposals and what was ordered inside a hospital are left out.

    rows  orders as `with_medicine` has them;  supplied: the people whose supplies are told
    """
    intent = mask(pc.is_in(text(rows, "intent"), value_set=pa.array(ORDERS)))
    inside = same(text(rows, "category"), pa.scalar("inpatient"))
    told = mask(pc.is_in(text(rows, "person_id"), value_set=pc.unique(supplied)))
    for what, gone in (
        ("medicines planned or proposed, not ordered", ~intent),
        ("medicines ordered inside a hospital", intent & inside),
        ("orders of people whose supplies are told", intent & ~inside & told),
    ):
        if n := int(gone.sum()):
            left_out["dispensing", what] += n
    keep = intent & ~inside & ~told
    rows = _with_code(chosen(rows, keep), "dispensing", left_out)
    at = times(text(rows, "at"))
    return supply_rows(
        text(rows, "person_id"), at, at, text(rows, "code"), text(rows, "days"),
        pa.nulls(len(rows), pa.float64()),
    )  # fmt: skip


def supply_rows(
    persons: pa.Array, at: pa.Array, seen: pa.Array, code: pa.Array, days: pa.Array, cost: pa.Array
) -> pa.Table:
    system, plain = split(code)
    that_day = day(at)
    return pa.table(
        {
            "person_id": persons,
            "at": that_day,
            "known_at": latest(first(seen, at), at),
            "code_system": system,
            "code": plain,
            "days_supply": days,
            "cost": cost,
        }
    )


def with_medicine(rows: pa.Table, medicines: pa.Table) -> pa.Table:
    """Orders or dispenses with the code of the medicine they refer to, where they hold none."""
    at = places(text(rows, "medication"), text(medicines, "id"))
    code = first(text(rows, "code"), taken(text(medicines, "code"), at))
    return rows.set_column(rows.schema.get_field_index("code"), "code", code)


def _with_code(rows: pa.Table, table: str, left_out: Left) -> pa.Table:
    """Rows with a code; words alone have no place in a History, and are counted."""
    found = here(text(rows, "code"))
    if not found.all():
        left_out[table, "without a code"] += int((~found).sum())
    return chosen(rows, found)
