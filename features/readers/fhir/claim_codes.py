"""What claims list: diagnoses and procedures of their contact, and medicines that were supplied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.readers.fhir.arrow import (
    Places,
    chosen,
    first,
    here,
    keyed,
    places,
    split,
    taken,
    text,
    wall_clock,
)  # fmt: skip
from features.readers.fhir.contacts import Contacts
from features.readers.fhir.facts import (
    Left,
    Mentions,
    diagnosis_rows,
    procedure_rows,
    supply_rows,
)  # fmt: skip
from features.tables.buffers import whole

SERVICES = ("CPT", "HCPCS")
"""Vocabularies of lines of a claim that are procedures."""


@dataclass(frozen=True)
class Lists:
    """The lists of all claims; `row` is that of their claim."""

    diagnosis: pa.Table
    procedure: pa.Table
    item: pa.Table
    info: pa.Table


@dataclass(frozen=True)
class Codes:
    """Coded lists of claims, at the contact of their claim.

    claims    the claims;  place: of the contact of each, -1 for none
    contacts  those that places are of
    seen      when what a claim alone tells is known; null: as the contact has it
    """

    claims: pa.Table
    place: Places
    contacts: Contacts
    seen: pa.Array

    def _of(self, rows: pa.Table) -> tuple[pa.Table, Places]:
        at = places(whole(rows["row"]), whole(self.claims["row"]))
        return chosen(rows, at >= 0), at[at >= 0]

    def diagnoses(self, rows: pa.Table) -> pa.Table:
        rows, at = self._of(rows.filter(pc.is_valid(text(rows, "code"))))
        american = pc.starts_with(taken(text(self.claims, "type"), at), "cms ")
        code = text(rows, "code")
        own = pc.replace_substring_regex(code, "^ICD-10 ", "ICD-10-CM ")
        code = pc.if_else(pc.fill_null(american, False), own, code)
        return diagnosis_rows(
            self._persons(at), self._contact(at), self.contacts, self._when(at),
            taken(self.seen, at), code, text(rows, "position"),
        )  # fmt: skip

    def procedures(self, rows: pa.Table, items: pa.Table) -> pa.Table:
        system, _ = split(text(items, "code"))
        services = items.filter(pc.fill_null(pc.is_in(system, value_set=pa.array(SERVICES)), False))
        services = services.select(["row", "code", "at"])
        services = services.append_column("position", pa.nulls(len(services), pa.float64()))
        rows = rows.filter(pc.is_valid(text(rows, "code"))).select(
            ["row", "code", "at", "position"]
        )
        rows, at = self._of(pa.concat_tables([rows, services]))
        done = first(wall_clock(text(rows, "at")), self._when(at))
        return procedure_rows(
            self._persons(at), self._contact(at), self.contacts, done,
            taken(self.seen, at), text(rows, "code"), text(rows, "position"),
        )  # fmt: skip

    def mentions(self, rows: pa.Table) -> Mentions:
        rows, at = self._of(rows.filter(pc.is_valid(text(rows, "condition"))))
        contact = self._contact(at)
        tied = contact >= 0
        rows = chosen(rows, tied)
        return Mentions(contact[tied], text(rows, "condition"), text(rows, "position"))

    def _persons(self, at: Places) -> pa.Array:
        return taken(text(self.claims, "person_id"), at)

    def _contact(self, at: Places) -> Places:
        return self.place[at]

    def _when(self, at: Places) -> pa.Array:
        """When the contact was, else what the claim is for."""
        contact = taken(self.contacts.start, self._contact(at))
        return first(contact, taken(text(self.claims, "start"), at))


def supplies(claims: pa.Table, items: pa.Table, prescribed: pa.Table, left_out: Left) -> pa.Table:
    """A supply for the prescription that a claim names, else for each line with a medicine."""
    rows = whole(claims["row"])
    asked = keyed(text(claims, "person_id"), text(claims, "prescription"))
    given = keyed(text(prescribed, "person_id"), text(prescribed, "id"))
    order = taken(text(prescribed, "code"), places(asked, given))
    at = places(whole(items["row"]), rows)
    own = (at >= 0) & here(text(items, "code")) & ~here(taken(order, at))
    lines, at = chosen(items, own), at[own]
    single = np.bincount(at, minlength=len(rows))[at] == 1
    unit = pc.if_else(pa.array(single, pa.bool_()), taken(text(claims, "cost"), at), None)
    by_order = here(order)
    bare = ~by_order & (np.bincount(at, minlength=len(rows)) == 0)
    if bare.any():
        left_out["dispensing", "pharmacy claims without a medicine"] += int(bare.sum())
    told = chosen(claims, by_order)
    day_of_line = first(wall_clock(text(lines, "at")), taken(text(claims, "start"), at))
    start = pa.concat_arrays([text(told, "start"), day_of_line])
    return supply_rows(
        pa.concat_arrays([text(told, "person_id"), taken(text(claims, "person_id"), at)]),
        start,
        start,
        pa.concat_arrays([order.filter(pa.array(by_order)), text(lines, "code")]),
        pa.concat_arrays([pa.nulls(len(told), pa.float64()), text(lines, "days")]),
        pa.concat_arrays([text(told, "cost"), first(text(lines, "cost"), unit)]),
    )
