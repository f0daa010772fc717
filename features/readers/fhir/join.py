"""Rows of resources of some people to canonical rows: the one join, in bulk and for one bundle.

All resources of these people must be at hand; `people.py` says who they are. Order of resources
does not matter, but where a resource comes more than once the last changed counts, and of equals
the last read. Resources refer to others of the same person alone, and to shared medicines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.readers.fhir import facts
from features.readers.fhir.arrow import (
    chosen,
    coded,
    day,
    first,
    first_day,
    here,
    instants,
    keyed,
    last_day,
    mask,
    nulls,
    places,
    same,
    taken,
    text,
    wall_clock,
)  # fmt: skip
from features.readers.fhir.claim_codes import Lists
from features.readers.fhir.claims import Claimed, claimed
from features.readers.fhir.contacts import Contacts, Met, meet
from features.readers.fhir.parse import DELETED, SOURCE_ROWS
from features.readers.fhir.paths import schemas
from features.readers.fhir.people import (
    People,
    Seen,
    one_each,
    people,
    person_rows,
    registration_rows,
    unstated_rows,
)  # fmt: skip
from features.readers.fhir.places import COVERAGES, LEFT_OUT
from features.tables.buffers import whole
from features.tables.calendar import read_time
from features.tables.schema import TABLES

SUBJECTS = ("Encounter", "Condition", "Procedure", "MedicationRequest", "MedicationDispense",
            "Observation", "Coverage", "ExplanationOfBenefit", "Claim")  # fmt: skip
"""Resources that are about a person."""
SHARED = ("Medication",)
"""Resources of no person: they are at hand with every part of the people, and become no rows."""

Raw = Mapping[str, pa.Table]


@dataclass
class Joined:
    """Canonical rows, text where the source wrote text, and what became of the others.

    merged     table -> resources that were merged into the rows of it
    left_out, conflicts  (table, what) -> resources or values
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    merged: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    conflicts: Counter[tuple[str, str]] = field(default_factory=Counter)


def who(raw: Raw) -> People:
    """Who is who, from all patients of a source."""
    patients, _ = newest(_rows(raw, "Patient"))
    return people(patients, _rows(raw, "Patient.identifier"), _rows(raw, "Patient.link"))


def join(raw: Raw, who: People) -> Joined:
    """Canonical rows of the people whose resources `raw` holds."""
    return _Join(raw, who).run()


def newest(rows: pa.Table) -> tuple[pa.Table, int]:
    """Each resource of a person once, as last changed, and how many rows were older versions."""
    ids = text(rows, "id")
    if "person_id" in rows.column_names:
        ids = keyed(text(rows, "person_id"), ids)
    if not len(ids) or pc.count_distinct(ids).as_py() == len(ids) - ids.null_count:
        return rows, 0
    number = rows["row"].to_numpy()
    order = np.lexsort((number, instants(text(rows, "updated"))))[::-1]
    keep = np.zeros(len(rows), np.bool_)
    sorted_ids = ids.take(pa.array(order))
    keep[order[places(sorted_ids, sorted_ids) == np.arange(len(order))]] = True
    keep |= ~here(ids)
    return chosen(rows, keep), int((~keep).sum())


def _rows(raw: Raw, name: str) -> pa.Table:
    if name in raw:
        return raw[name]
    return (DELETED if name == "deleted" else schemas()[name]).empty_table()


class _Join:
    def __init__(self, raw: Raw, who: People) -> None:
        self.raw, self.who, self.made = raw, who, Joined()
        self.deleted = _rows(raw, "deleted")

    def run(self) -> Joined:
        patients = self._current("Patient")
        told = {name: self._current(name) for name in SUBJECTS}
        met = self._meet(told["Encounter"])
        medicines = self._current("Medication")
        prescribed = facts.with_medicine(told["MedicationRequest"], medicines)
        claims = self._claims(told, met.contacts, prescribed)
        self._contacts(met, claims)
        self._facts(told, met.contacts, claims, medicines, prescribed)
        coverage = self._coverage(told["Coverage"])
        seen = self._seen(claims.contacts, coverage)
        self._people(patients, told, seen)
        return self.made

    def _current(self, name: str) -> pa.Table:
        """The resources of a type that are neither deleted, superseded nor withdrawn."""
        rows = _rows(self.raw, name)
        table = SOURCE_ROWS[name]
        gone = self.deleted.filter(pc.equal(self.deleted["type"], name))
        if len(gone):
            kept = places(text(rows, "id"), text(gone, "id")) < 0
            self._left(table, f"{name} deleted", ~kept)
            rows = chosen(rows, kept)
        if "person" in rows.column_names:
            rows = rows.append_column("person_id", self.who.of(text(rows, "person")))
        rows, older = newest(rows)
        if name not in SHARED:
            self.made.merged[table] += older
        if name in LEFT_OUT:
            table, statuses = LEFT_OUT[name]
            gone_now = mask(pc.is_in(text(rows, "status"), value_set=pa.array(sorted(statuses))))
            if gone_now.any():
                for found in pc.value_counts(
                    text(rows, "status").filter(pa.array(gone_now))
                ).to_pylist():
                    what = f"{name} with status {found['values']}"
                    self.made.left_out[table, what] += found["counts"]
                rows = chosen(rows, ~gone_now)
        return rows

    def _left(self, table: str, what: str, gone: np.ndarray) -> None:
        if n := int(gone.sum()):
            self.made.left_out[table, what] += n

    def _meet(self, rows: pa.Table) -> Met:
        met = meet(rows, self.made.left_out, self.made.conflicts)
        self.made.merged["stay"] += met.merged
        return met

    def _claims(
        self, told: Mapping[str, pa.Table], contacts: Contacts, prescribed: pa.Table
    ) -> Claimed:
        kinds = ("ExplanationOfBenefit", "Claim")
        claims = pa.concat_tables([told[kind] for kind in kinds], promote_options="default")

        def lists(*names: str) -> pa.Table:
            of = [f"{kind}.{name}" for kind in kinds for name in names]
            return pa.concat_tables([_rows(self.raw, n) for n in of if n in schemas()])

        every = Lists(
            lists("diagnosis"),
            lists("procedure"),
            lists("item"),
            lists("supportingInfo", "information"),
        )
        return claimed(claims, every, contacts, prescribed, self.made.left_out, self.made.merged)

    def _contacts(self, met: Met, claims: Claimed) -> None:
        """Stays and visits of encounters with their cost, and those that only claims tell of."""
        for name, rows, own in (
            ("stay", met.stay, claims.stay),
            ("visit", met.visit, claims.visit),
        ):
            at = places(keyed(text(rows, "person_id"), text(rows, f"{name}_id")), met.contacts.keys)
            rows = rows.append_column("cost", taken(claims.cost, at))
            if name == "stay":
                rows = rows.append_column("drg", taken(claims.drg, at))
            self.made.tables[name] = pa.concat_tables([rows, own.select(rows.column_names)])

    def _facts(
        self,
        told: Mapping[str, pa.Table],
        contacts: Contacts,
        claims: Claimed,
        medicines: pa.Table,
        prescribed: pa.Table,
    ) -> None:
        left, made = self.made.left_out, self.made.tables
        named = self._named(told["Encounter"], contacts, claims.mentions)
        own = facts.diagnoses(told["Condition"], claims.contacts, named, left)
        made["diagnosis"] = pa.concat_tables([own, claims.diagnosis])
        own = facts.procedures(told["Procedure"], claims.contacts, left)
        made["procedure"] = pa.concat_tables([own, claims.procedure])
        parts = _rows(self.raw, "Observation.component")
        made["measurement"] = facts.measurements(told["Observation"], parts, left)
        own = facts.supplies(told["MedicationDispense"], medicines, left)
        supplied = pa.concat_tables([own, claims.dispensing])
        asked = facts.orders(prescribed, text(supplied, "person_id"), left)
        made["dispensing"] = pa.concat_tables([supplied, asked])

    def _named(
        self, encounters: pa.Table, contacts: Contacts, claimed: facts.Mentions
    ) -> facts.Mentions:
        """Diagnoses by reference: those of encounters, then those of claims."""
        rows = _rows(self.raw, "Encounter.diagnosis")
        at = places(whole(rows["row"]), whole(encounters["row"]))
        ids = taken(text(encounters, "id"), at)
        contact = contacts.find(ids, taken(text(encounters, "person_id"), at))
        keep = contact >= 0
        rows = chosen(rows, keep)
        return facts.Mentions(
            np.concatenate([contact[keep], claimed.contact]),
            pa.concat_arrays([text(rows, "condition"), claimed.condition]),
            pa.concat_arrays([text(rows, "position"), claimed.position]),
        )

    def _coverage(self, rows: pa.Table) -> pa.Table:
        """Periods of coverage; the day that an end names is still covered."""
        told = first(text(rows, "part"), text(rows, "kind"))
        known = mask(pc.is_in(told, value_set=pa.array(list(COVERAGES))))
        kind = pc.if_else(pa.array(known), coded(told, COVERAGES), "medical")
        start = wall_clock(first_day(text(rows, "start")))
        end = _after(wall_clock(last_day(text(rows, "end"))))
        withdrawn = same(text(rows, "status"), pa.scalar("cancelled")) & ~here(end)
        keep = here(kind) & ~withdrawn
        self._left("coverage", "coverage of no kind that a History has", ~here(kind))
        self._left("coverage", "coverage cancelled without an end", here(kind) & withdrawn)
        made = pa.table(
            {
                "person_id": text(rows, "person_id"),
                "from_at": start,
                "to_at": end,
                "known_at": start,
                "kind": kind,
            }
        )
        self.made.tables["coverage"] = chosen(made, keep)
        return self.made.tables["coverage"]

    def _seen(self, contacts: Contacts, coverage: pa.Table) -> Seen:
        """First and last day of each person, of contacts and coverage."""
        persons = pa.concat_arrays([contacts.persons, text(coverage, "person_id")])
        start = pa.concat_arrays([day(contacts.start), day(text(coverage, "from_at"))])
        end = pa.concat_arrays([day(contacts.last), nulls(len(coverage))])
        rows = pa.table({"person": persons, "start": start, "end": end})
        rows = rows.filter(pc.is_valid(rows["person"]))
        found = rows.group_by("person").aggregate([("start", "min"), ("end", "max")])
        return Seen(text(found, "person"), text(found, "start_min"), text(found, "end_max"))

    def _people(self, patients: pa.Table, told: Mapping[str, pa.Table], seen: Seen) -> None:
        made = self.made
        if not self.who.stated:
            everyone = pa.concat_arrays([text(rows, "person_id") for rows in told.values()])
            made.tables["person"] = unstated_rows(everyone)
            made.tables["registration"] = _empty("registration")
            return
        each = one_each(patients, self.who, made.conflicts)
        made.merged["person"] += len(patients) - len(each)
        made.tables["person"] = person_rows(each, seen, made.left_out)
        made.tables["registration"] = registration_rows(each, seen, made.left_out)


def _after(times: pa.Array) -> pa.Array:
    """The first midnight after; a midnight stays, a day alone is over with its night."""
    at = read_time(times)
    alone = pc.equal(pc.binary_length(times), 10)
    midnight = pc.ceil_temporal(at, unit="day")
    moved = pc.add(at, pa.scalar(86_400_000_000, pa.duration("us")))
    told = pc.if_else(alone, moved, midnight)
    text_of = pc.utf8_slice_codeunits(told.cast(pa.string()), 0, 10)
    return first(text_of, times)


def _empty(table: str) -> pa.Table:
    return TABLES[table].schema.empty_table()
