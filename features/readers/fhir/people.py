"""Who is who: ids, identifiers and links of patients to one person id each, and the person rows.

Links `replaced-by`, `replaces` and `refer` say that two records are of one person; `seealso` does
not. The person id is that of the record that replaces the others (of several such the first by id).
Identifiers are used to resolve references that give nothing else, and kept nowhere: a reference
that cannot be resolved so becomes null, and its row is rejected without naming it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from features.readers.fhir.arrow import (
    Mask,
    Places,
    chosen,
    coded,
    day,
    first,
    here,
    last_day,
    mask,
    nulls,
    places,
    same,
    taken,
    text,
    wall_clock,
)  # fmt: skip
from features.tables.buffers import whole

MERGING = ("replaced-by", "replaces", "refer")


@dataclass(frozen=True)
class People:
    """Person ids of patient ids.

    patients, persons  each patient id that is known, and its person
    keys, owners       each identifier "SYSTEM|VALUE", and the patient it is of
    stated             the source has patients; else whoever it speaks of is a person
    """

    patients: pa.Array
    persons: pa.Array
    keys: pa.Array
    owners: pa.Array
    stated: bool

    def of(self, references: pa.Array) -> pa.Array:
        """The person of each reference: null where it is an identifier of nobody."""
        asked = mask(pc.starts_with(references, "?"))
        if asked.any():
            owner = taken(self.owners, places(pc.utf8_slice_codeunits(references, 1), self.keys))
            references = pc.if_else(pa.array(asked), owner, references)
        if not len(self.patients):
            return references
        return first(taken(self.persons, places(references, self.patients)), references)


def people(patients: pa.Table, identifiers: pa.Table, links: pa.Table) -> People:
    """Who is who among all patients of a source, each told once."""
    ids = text(patients, "id")
    rows = whole(patients["row"])
    owner = places(whole(identifiers["row"]), rows)
    from_ = taken(ids, places(whole(links["row"]), rows))
    patient, person = _linked(ids, from_, text(links, "other"), text(links, "type"))
    owners = taken(ids, owner)
    of_person = first(taken(person, places(owners, patient)), owners)
    keep = pa.array(here(owners) & ~_shared(text(identifiers, "key"), of_person))
    keys = text(identifiers, "key").filter(keep)
    return People(patient, person, keys, owners.filter(keep), stated=bool(len(patients)))


def _shared(keys: pa.Array, persons: pa.Array) -> Mask:
    """Which identifiers are of several people: a reference by one of these finds nobody."""
    told = pa.table({"key": keys, "person": persons}).group_by("key")
    told = told.aggregate([("person", "count_distinct")])
    several = told.filter(pc.greater(told["person_count_distinct"], 1))
    return mask(pc.is_in(keys, value_set=whole(several["key"])))


def _linked(ids: pa.Array, one: pa.Array, other: pa.Array, kind: pa.Array) -> tuple[pa.Array, ...]:
    """The ids that a link merges into another, and into which."""
    merging = mask(pc.is_in(kind, value_set=pa.array(MERGING))) & here(one) & here(other)
    merging &= ~mask(pc.starts_with(other, "?"))
    if not merging.any():
        return nulls(0), nulls(0)
    keep = pa.array(merging)
    one, other, kind = one.filter(keep), other.filter(keep), kind.filter(keep)
    nodes = pc.unique(pa.concat_arrays([one, other])).sort()
    left, right = places(one, nodes), places(other, nodes)
    size = len(nodes)
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), (size, size))
    _, group = connected_components(graph, directed=False)
    replaced = np.zeros(size, np.bool_)
    replaced[left[same(kind, pa.scalar("replaced-by"))]] = True
    replaced[right[same(kind, pa.scalar("replaces"))]] = True
    absent = places(nodes, ids) < 0
    order = np.lexsort((np.arange(size), absent, replaced, group))
    heads = order[np.searchsorted(group[order], np.arange(group.max() + 1))]
    return nodes, nodes.take(pa.array(heads[group]))


TOLD = ("birth", "sex", "died", "dead", "ethnicity", "language", "practice", "locality", "updated")
MONTH_DAY = {4: "-07-01", 7: "-15"}


@dataclass(frozen=True)
class Seen:
    """The first and the last day anything was told of a person."""

    persons: pa.Array
    first: pa.Array
    last: pa.Array

    def at(self, persons: pa.Array) -> Places:
        return places(persons, self.persons)


def one_each(patients: pa.Table, who: People, conflicts: Counter[tuple[str, str]]) -> pa.Table:
    """One row a person: of each value what the record that replaces the others says, else they."""
    rows = patients.set_column(
        patients.schema.get_field_index("practice"),
        "practice",
        first(text(patients, "practice"), text(patients, "organization")),
    )
    person = who.of(text(patients, "id"))
    rows = rows.select(list(TOLD)).append_column("person_id", person)
    if pc.count_distinct(person, mode="all").as_py() == len(person):
        return rows
    twice = ~same(person, text(patients, "id"))
    order = np.lexsort((patients["row"].to_numpy(), twice))
    sorted_rows = rows.take(pa.array(order)).group_by("person_id", use_threads=False)
    for name in ("birth", "sex", "died"):
        told = sorted_rows.aggregate([(name, "count_distinct")])[f"{name}_count_distinct"]
        if disagreeing := int(np.sum(told.to_numpy() > 1)):
            conflicts["person", name] += disagreeing
    made = sorted_rows.aggregate([(name, "first") for name in TOLD])
    return made.rename_columns([name.removesuffix("_first") for name in made.column_names])


def person_rows(told: pa.Table, seen: Seen, left_out: Counter[tuple[str, str]]) -> pa.Table:
    """Canonical person rows of `one_each`."""
    birth = text(told, "birth")
    for length, ending in MONTH_DAY.items():
        partial = pc.equal(pc.binary_length(birth), length)
        if n := pc.sum(partial).as_py():
            what = (
                f"birth dates without a {'month' if length == 4 else 'day'}, read as {ending[1:]}"
            )
            left_out["person", what] += n
        birth = pc.if_else(partial, pc.binary_join_element_wise(birth, ending, ""), birth)
    return pa.table(
        {
            "person_id": text(told, "person_id"),
            "birth_date": birth,
            "sex": first(text(told, "sex"), pa.scalar("unknown")),
            "death_date": _death(told, seen, left_out),
            "ethnicity": text(told, "ethnicity"),
            "language": text(told, "language"),
        }
    )


def _death(told: pa.Table, seen: Seen, left_out: Counter[tuple[str, str]]) -> pa.Array:
    """The day of death; of a death without one the day the record changed, or the last seen."""
    died = day(wall_clock(last_day(text(told, "died"))))
    dead = same(text(told, "dead"), pa.scalar("true")) & ~here(died)
    if not dead.any():
        return died
    what = "deaths without a day, read as the day the record changed or the person was last seen"
    left_out["person", what] += int(dead.sum())
    changed = day(wall_clock(text(told, "updated")))
    last = taken(seen.last, seen.at(text(told, "person_id")))
    return pc.if_else(pa.array(dead), first(changed, last, pa.scalar("no day")), died)


def registration_rows(told: pa.Table, seen: Seen, left_out: Counter[tuple[str, str]]) -> pa.Table:
    """Practice and locality of now, from the first day the person was seen.

    A patient record holds no history of them. Who was never seen has no such day.
    """
    placed = here(text(told, "practice")) | here(text(told, "locality"))
    at = seen.at(text(told, "person_id"))
    if never := int((placed & (at < 0)).sum()):
        left_out["registration", "of people without any contact or coverage: since when?"] += never
    keep = placed & (at >= 0)
    rows, start = chosen(told, keep), taken(seen.first, at[keep])
    return pa.table(
        {
            "person_id": text(rows, "person_id"),
            "from_at": start,
            "known_at": start,
            "practice_id": text(rows, "practice"),
            "locality": text(rows, "locality"),
        }
    )


def unstated_rows(persons: pa.Array) -> pa.Table:
    """People of a source without patients: nothing is known of them but what happened."""
    known = pc.unique(persons).drop_null()
    sex = coded(known, {})
    return pa.table({"person_id": known, "sex": first(sex, pa.scalar("unknown"))})
