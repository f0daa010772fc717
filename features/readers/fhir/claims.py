"""Explanations of benefit and claims: costs and codes of contacts, contacts of their own, supplies.

A claim that an explanation of benefit answers is told by that. One that belongs to an encounter
gives it its cost and codes, and is merged. One that belongs to none is a contact itself, by its
type: hospital, nursing facility, hospice and home health are stays; outpatient and professional
claims are visits; an outpatient claim with services of an emergency department is an emergency
stay. A professional's claim for work inside a stay, and one for medical equipment, is no contact:
its diagnoses are read, of its day. Pharmacy claims are supplies.

Cost: the total allowed, else the benefit, else submitted, else what was paid. What only a claim
tells of a stay is known 30 days after its end, and so is a visit that only a claim tells of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.dispositions import disposition
from features.readers.delays import CODED_AFTER
from features.readers.fhir.arrow import (
    Mask,
    Places,
    chosen,
    coded,
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
from features.readers.fhir.claim_codes import Codes, Lists, supplies
from features.readers.fhir.contacts import Contacts
from features.readers.fhir.facts import Left, Mentions
from features.readers.fhir.places import (
    ADMITTED_FROM,
    CLAIM_TYPES,
    EMERGENCY_REVENUE,
    EMERGENCY_SERVICE,
    IN_A_STAY,
    NOWHERE,
    PROFESSIONAL_PLACES,
    STAY,
    STILL_PATIENT,
    UB04_METHODS,
    VISIT,
)  # fmt: skip
from features.tables.buffers import whole

DISCHARGE = r"^(ptnt_dschrg_stus_cd|patient-discharge|PatientDischargeStatus)$"
METHOD = r"^(clm_ip_admsn_type_cd|PriorityTypeOfAdmitOrVisit)$"
ORIGIN = r"^(clm_src_ip_admsn_cd|PointOfOrigin)$"
GROUP = r"^(clm_drg_cd|MS-DRG|DRG)$"
"""Names of variables, and ends of code systems, in which a claim tells of the stay it is for."""
STAYED = ("admissionperiod", "hospitalized")
"""Categories of supporting information that hold the period of a stay."""
INSIDE = "inside"
"""Kind of a professional's claim for work inside a stay."""


@dataclass(frozen=True)
class Claimed:
    """What claims became.

    contacts  those given, and after them the claims that are contacts
    stay, visit, diagnosis, procedure, dispensing  canonical rows
    cost, drg  by place among the contacts given; null where no claim tells
    mentions   diagnoses by reference
    """

    contacts: Contacts
    stay: pa.Table
    visit: pa.Table
    diagnosis: pa.Table
    procedure: pa.Table
    dispensing: pa.Table
    cost: pa.Array
    drg: pa.Array
    mentions: Mentions


def claimed(
    claims: pa.Table, lists: Lists, contacts: Contacts, prescribed: pa.Table,
    left_out: Left, merged: Counter[str],
) -> Claimed:  # fmt: skip
    """`claims` of people: `person_id` filled; prescribed: medicine orders with id and code."""
    claims = _kinds(_valid(claims, left_out, merged))
    pharmacy = _is(claims, "pharmacy")
    dispensing = supplies(chosen(claims, pharmacy), lists.item, prescribed, left_out)
    rest = _settled(_described(chosen(claims, ~pharmacy), lists.info), lists.item)
    at = _encounter(rest, lists.item, contacts)
    alone = at < 0
    _count(at, _is(rest, NOWHERE), _is(rest, INSIDE), contacts, left_out, merged)
    stays, visits = alone & _is(rest, STAY), alone & _is(rest, VISIT)
    own, place = stays | visits, at.copy()
    place[own] = len(contacts.keys) + np.arange(int(own.sum()))
    every = _with_claims(contacts, chosen(rest, own), stays[own])
    seen = pc.if_else(pa.array(alone), later(text(rest, "end"), CODED_AFTER), None)
    codes = Codes(rest, place, every, seen)
    grouped = _first_at(at, text(rest, "drg"), len(contacts.keys))
    return Claimed(
        contacts=every,
        stay=_stay_rows(chosen(rest, stays)),
        visit=_visit_rows(chosen(rest, visits)),
        diagnosis=codes.diagnoses(lists.diagnosis),
        procedure=codes.procedures(lists.procedure, lists.item),
        dispensing=dispensing,
        cost=_summed(text(rest, "cost"), at, len(contacts.keys)),
        drg=taken(text(rest, "drg"), grouped),
        mentions=codes.mentions(lists.diagnosis),
    )


def _is(claims: pa.Table, kind: str) -> Mask:
    return same(text(claims, "kind"), pa.scalar(kind))


def _valid(claims: pa.Table, left_out: Left, merged: Counter[str]) -> pa.Table:
    """Claims for what was done, each told once, with times of the wall clock."""
    asked = here(text(claims, "use")) & ~same(text(claims, "use"), pa.scalar("claim"))
    if n := int(asked.sum()):
        left_out["stay", "claims before the fact: authorisations and estimates"] += n
    persons = text(claims, "person_id")
    told = keyed(persons, text(claims, "claim")).drop_null()
    answered = places(keyed(persons, text(claims, "id")), told) >= 0
    answered &= ~here(text(claims, "claim")) & ~asked
    merged["stay"] += int(answered.sum())
    claims = chosen(claims, ~asked & ~answered)
    for name in ("start", "end", "admitted", "discharged"):
        place = claims.schema.get_field_index(name)
        claims = claims.set_column(place, name, wall_clock(text(claims, name)))
    return claims.append_column("cost", first(text(claims, "total"), text(claims, "paid")))


def _kinds(claims: pa.Table) -> pa.Table:
    """The claims with the kind and setting their type says; an unknown type is professional."""
    told = text(claims, "type")
    cms = pc.starts_with(told, "cms ")
    name = pc.if_else(cms, pc.utf8_slice_codeunits(told, 4), told)
    finer = pc.if_else(pc.equal(name, "institutional"), text(claims, "subtype"), None)
    kinds = {key: kind for key, (kind, _) in CLAIM_TYPES.items()}
    settings = {key: where for key, (_, where) in CLAIM_TYPES.items()}
    kind = first(coded(finer, kinds), coded(name, kinds), pa.scalar("professional"))
    setting = first(coded(finer, settings), coded(name, settings), pa.scalar(""))
    return claims.append_column("kind", kind).append_column("setting", setting)


def _described(claims: pa.Table, info: pa.Table) -> pa.Table:
    """The claims with what their supporting information says of the stay they are for."""
    rows = whole(claims["row"])
    name, value = split(text(info, "told"))
    for column, pattern in (("to", DISCHARGE), ("how", METHOD), ("from", ORIGIN), ("drg", GROUP)):
        tells = mask(pc.match_substring_regex(name, pattern))
        at = places(rows, whole(info["row"]).filter(pa.array(tells)))
        claims = claims.append_column(column, taken(value.filter(pa.array(tells)), at))
    stayed = info.filter(pc.is_in(text(info, "about"), value_set=pa.array(STAYED)))
    at = places(rows, whole(stayed["row"]))
    begun = first(text(claims, "admitted"), wall_clock(taken(text(stayed, "start"), at)))
    ended = first(text(claims, "discharged"), wall_clock(taken(text(stayed, "end"), at)))
    return claims.append_column("begun", begun).append_column("ended", ended)


def _settled(claims: pa.Table, items: pa.Table) -> pa.Table:
    """The claims whose type leaves it open told as stays, visits or work inside a stay."""
    rows, kind, setting = (
        whole(claims["row"]),
        text(claims, "kind"),
        text(claims, "setting"),
    )
    open_bill = _is(claims, "institutional")
    stayed = open_bill & here(text(claims, "begun"))
    outpatient = (open_bill & ~stayed) | same(setting, pa.scalar("outpatient"))
    emergency = outpatient & (places(rows, _emergencies(items)) >= 0)
    placed = items.filter(pc.is_valid(text(items, "place")))
    where = taken(text(placed, "place"), places(rows, whole(placed["row"])))
    professional = _is(claims, "professional")
    inside = professional & mask(pc.is_in(where, value_set=pa.array(IN_A_STAY)))
    visit = (outpatient & ~emergency) | (professional & ~inside)
    for keep, told in ((stayed | emergency, STAY), (visit, VISIT), (inside, INSIDE)):
        kind = pc.if_else(pa.array(keep), told, kind)
    seen_at = pc.if_else(pa.array(professional), coded(where, PROFESSIONAL_PLACES), None)
    visited = first(seen_at, pa.scalar("outpatient"))
    for keep, told in ((stayed, "acute"), (emergency, "emergency"), (visit, visited)):
        setting = pc.if_else(pa.array(keep), told, setting)
    settled = claims.drop_columns(["kind", "setting"])
    return settled.append_column("kind", kind).append_column("setting", setting)


def _emergencies(items: pa.Table) -> pa.Array:
    """Claims, by row, with a service of an emergency department."""
    _, service = split(text(items, "code"))
    urgent = mask(pc.match_substring_regex(text(items, "revenue"), EMERGENCY_REVENUE))
    urgent |= mask(pc.match_substring_regex(service, EMERGENCY_SERVICE))
    return whole(items["row"]).filter(pa.array(urgent))


def _encounter(claims: pa.Table, items: pa.Table, contacts: Contacts) -> Places:
    """The contact that the first line with an encounter names."""
    told = items.filter(pc.is_valid(text(items, "encounter")))
    named = taken(text(told, "encounter"), places(whole(claims["row"]), whole(told["row"])))
    return contacts.find(named, text(claims, "person_id"))


def _count(
    at: Places, equipment: Mask, inside: Mask, contacts: Contacts, left_out: Left,
    merged: Counter[str],
) -> None:  # fmt: skip
    """Counts claims that are of a contact already told, and those that are none."""
    stays = here(contacts.stay)[at[at >= 0]]
    merged["stay"] += int(stays.sum())
    merged["visit"] += int((~stays).sum())
    for what, told in (
        ("claims for medical equipment, dental or eye care: no contact", equipment),
        ("claims for work inside a stay: no contact of their own", inside),
    ):
        if n := int((told & (at < 0)).sum()):
            left_out["visit", what] += n


def _with_claims(contacts: Contacts, claims: pa.Table, is_stay: Mask) -> Contacts:
    ids, start, end = text(claims, "id"), _begun(claims), _ended(claims)
    stays = pa.array(is_stay, pa.bool_())
    more = {
        "keys": keyed(text(claims, "person_id"), ids),
        "persons": text(claims, "person_id"),
        "stay": pc.if_else(stays, ids, None),
        "visit": pc.if_else(stays, None, ids),
        "start": start,
        "last": first(end, start),
        "coded": pc.if_else(stays, later(end, CODED_AFTER), None),
    }
    root = np.concatenate([contacts.root, len(contacts.keys) + np.arange(len(claims))])
    joined = {
        name: pa.concat_arrays([getattr(contacts, name), added.cast(pa.string())])
        for name, added in more.items()
    }
    return Contacts(root=root, **joined)


def _begun(claims: pa.Table) -> pa.Array:
    return first(text(claims, "begun"), text(claims, "start"))


def _ended(claims: pa.Table) -> pa.Array:
    """End of the stay; null where the claim says that the patient is still there."""
    end = first(text(claims, "ended"), text(claims, "end"))
    return pc.if_else(pa.array(same(text(claims, "to"), pa.scalar(STILL_PATIENT))), None, end)


def _stay_rows(claims: pa.Table) -> pa.Table:
    start, end = _begun(claims), _ended(claims)
    return pa.table(
        {
            "person_id": text(claims, "person_id"),
            "stay_id": text(claims, "id"),
            "facility_id": first(text(claims, "facility"), text(claims, "provider")),
            "setting": text(claims, "setting"),
            "admitted_at": start,
            "discharged_at": end,
            "admitted_known": start,
            "discharged_known": end,
            "coded_known": later(end, CODED_AFTER),
            "admission_method": first(
                coded(text(claims, "how"), UB04_METHODS), pa.scalar("unknown")
            ),
            "admitted_from": coded(text(claims, "from"), ADMITTED_FROM),
            "discharged_to": disposition("UB-04", text(claims, "to")),
            "day_case": nulls(len(claims)),
            "specialty": nulls(len(claims)),
            "drg": text(claims, "drg"),
            "cost": text(claims, "cost"),
        }
    )


def _visit_rows(claims: pa.Table) -> pa.Table:
    start = text(claims, "start")
    return pa.table(
        {
            "person_id": text(claims, "person_id"),
            "visit_id": text(claims, "id"),
            "at": start,
            "known_at": first(later(text(claims, "end"), CODED_AFTER), start),
            "setting": text(claims, "setting"),
            "provider_id": text(claims, "provider"),
            "facility_id": text(claims, "facility"),
            "specialty": nulls(len(claims)),
            "cost": text(claims, "cost"),
        }
    )


def _summed(cost: pa.Array, at: Places, contacts: int) -> pa.Array:
    """Cost of each contact over its claims; null where none tells."""
    tells = here(cost) & (at >= 0)
    made = np.zeros(contacts)
    np.add.at(made, at[tells], cost.to_numpy(zero_copy_only=False)[tells])
    known = np.zeros(contacts, np.bool_)
    known[at[tells]] = True
    return pa.array(made, mask=~known)


def _first_at(at: Places, value: pa.Array, contacts: int) -> Places:
    """By contact: place of its first claim that has a value."""
    tells = np.flatnonzero(here(value) & (at >= 0))[::-1]
    found = np.full(contacts, -1, np.int64)
    found[at[tells]] = tells
    return found
