"""Which group each row belongs to, for the audit: sex, age, ethnicity, locality, deprivation.

For looking at a model, never for scoring. A row's group is as it stood at its index moment. An
attribute that the History does not hold for anybody is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.observed import days
from features.tables.history import History

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNKNOWN = "unknown"
AGE_BANDS = ("0-44", "45-64", "65-74", "75-84", "85 and over")
AGE_EDGES = (45, 65, 75, 85)
FIFTHS = 5
PERSON = ("person_id", "birth_date", "sex", "ethnicity")
REGISTRATION = ("person_id", "from_at", "locality", "deprivation")

Groups = Mapping[str, pa.Array]


def groups_of(history: History, moments: pa.Table) -> Groups:
    """The level of each row of `moments` (person_id, index_at) in each attribute."""
    ids = moments.column("person_id").combine_chunks()
    people, registrations = _read(history, pc.unique(ids))
    at = pc.index_in(ids, value_set=people.column("person_id").combine_chunks())
    person = people.take(at)
    place = registrations.take(_in_force(registrations, moments))
    levels = {
        "sex": person.column("sex"),
        "age": _age_band(moments, person.column("birth_date")),
        "ethnicity": person.column("ethnicity"),
        "locality": place.column("locality"),
        "deprivation": _fifth(place.column("deprivation")),
    }
    return {name: _filled(found) for name, found in levels.items() if found.null_count < len(ids)}


def _read(history: History, ids: pa.Array) -> tuple[pa.Table, pa.Table]:
    """Person and registration rows of these people, a bucket at a time."""
    found: dict[str, list[pa.Table]] = {"person": [], "registration": []}
    for number in range(history.buckets):
        tables = history.bucket(number, ["person", "registration"])
        for name, columns in (("person", PERSON), ("registration", REGISTRATION)):
            rows = tables[name].select(columns)
            found[name].append(rows.filter(pc.is_in(rows.column("person_id"), ids)))
    return pa.concat_tables(found["person"]), pa.concat_tables(found["registration"])


def _in_force(registrations: pa.Table, moments: pa.Table) -> pa.Array:
    """Row of the last registration that began by each moment; null where there is none."""
    held = registrations.column("person_id").combine_chunks()
    coded = pc.dictionary_encode(held)
    owner = np.asarray(coded.indices.to_numpy(), dtype=np.int64)
    asked = pc.index_in(moments.column("person_id").combine_chunks(), value_set=coded.dictionary)
    person = np.asarray(pc.fill_null(asked, -1).to_numpy(), dtype=np.int64)
    begun = days(registrations.column("from_at")).astype(np.int64)
    now = days(moments.column("index_at")).astype(np.int64)
    span = 1 + max(begun.max(initial=0), now.max(initial=0)) - min(begun.min(initial=0), 0)
    order = np.argsort(owner * span + begun, kind="stable")
    row = np.searchsorted((owner * span + begun)[order], person * span + now, side="right") - 1
    last = order[np.maximum(row, 0)] if len(order) else np.zeros(len(person), dtype=np.int64)
    known = (person >= 0) & (row >= 0)
    known[known] = owner[last[known]] == person[known]
    return pa.array(last, pa.int64(), mask=~known)


def _age_band(moments: pa.Table, born: pa.ChunkedArray) -> pa.Array:
    known = pc.is_valid(born).to_numpy()
    age = (days(moments.column("index_at")).astype(np.int64) - days(born)) / 365.25
    band = np.searchsorted(AGE_EDGES, age, side="right")
    return pa.array(np.array(AGE_BANDS)[np.where(known, band, 0)], pa.string(), mask=~known)


def _fifth(score: pa.ChunkedArray) -> pa.Array:
    """Fifths of the deprivation scores of these rows, 1 the least deprived."""
    values = np.asarray(score.cast(pa.float64()).to_numpy(), dtype=np.float64)
    known = ~np.isnan(values)
    if not known.any():
        return pa.nulls(len(values), pa.string())
    edges = np.quantile(values[known], np.arange(1, FIFTHS) / FIFTHS)
    fifth = np.searchsorted(edges, np.where(known, values, 0.0), side="left") + 1
    named = np.where(fifth == 1, "1 (least)", np.where(fifth == FIFTHS, "5 (most)", fifth))
    return pa.array(named.astype(str), pa.string(), mask=~known)


def _filled(levels: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = levels.combine_chunks() if isinstance(levels, pa.ChunkedArray) else levels
    return pc.fill_null(whole, UNKNOWN)
