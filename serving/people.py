"""What a list says of people beside their scores: alive, age, practice, place in the programme.

Everything is as known at one moment, whole columns at a time. It refuses nothing: what is not known
is null, and someone whose death is known is not among the living.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.contract import Tables

STATES: Mapping[str, str] = MappingProxyType(
    {
        "offer": "offered",
        "declined": "declined",
        "accepted": "held",
        "enrolment": "held",
        "exit": "left",
    }
)
"""Where an event leaves a person, in the order in which events of one moment happen.

A contact changes nothing. Someone who accepted holds a place from then on.
"""


def living(tables: Tables, as_of: datetime) -> pa.Table:
    """People not known at `as_of` to have died, in canonical order.

    Columns: person_id; age in whole years (null: birth unknown); language, practice_id, locality
    (null: unknown, or not registered at that moment).
    """
    people = tables["person"]
    known = pc.coalesce(people.column("death_known"), _time(people.column("death_date")))
    dead = _true(pc.and_(pc.is_valid(people.column("death_date")), pc.less_equal(known, as_of)))
    people = people.filter(pa.array(~dead))
    home = registered(tables["registration"], as_of)
    found = pc.index_in(people.column("person_id"), value_set=home.column("person_id"))
    return pa.table(
        {
            "person_id": people.column("person_id"),
            "age": age(people.column("birth_date"), as_of),
            "language": people.column("language"),
            "practice_id": home.column("practice_id").take(found),
            "locality": home.column("locality").take(found),
        }
    )


def registered(registration: pa.Table, as_of: datetime) -> pa.Table:
    """The registration in force of each person who has one: the last begun where they overlap."""
    begun = pc.and_(
        pc.less_equal(registration.column("known_at"), as_of),
        pc.less_equal(registration.column("from_at"), as_of),
    )
    ended = pc.less_equal(registration.column("to_at"), as_of)
    rows = registration.filter(pa.array(_true(begun) & ~_true(ended)))
    return rows.filter(pa.array(_last(rows.column("person_id"))))


def programme(events: pa.Table, as_of: datetime) -> pa.Table:
    """Where each person stands in each programme: person_id, nurse_id, state, at.

    state is one of `STATES`; at and nurse_id are those of the event that led there (null: no nurse
    named). Canonical person order.
    """
    known = pc.less_equal(events.column("known_at"), as_of)
    past = pc.less_equal(events.column("at"), as_of)
    kinds = pa.array(list(STATES))
    place = pc.index_in(events.column("event"), value_set=kinds)
    rows = events.append_column("place", place).filter(
        pa.array(_true(pc.and_(known, past)) & _true(pc.is_valid(place)))
    )
    order = np.lexsort([_codes(rows.column(c)) for c in ("place", "at", "programme_id")])
    person = _codes(rows.column("person_id"))
    order = order[np.argsort(person[order], kind="stable")]
    rows = rows.take(pa.array(order))
    key = pc.binary_join_element_wise(rows.column("person_id"), rows.column("programme_id"), "\0")
    last = rows.filter(pa.array(_last(key)))
    states = pa.array(list(STATES.values())).take(last.column("place").combine_chunks())
    return pa.table(
        {
            "person_id": last.column("person_id"),
            "nurse_id": last.column("nurse_id"),
            "state": states,
            "at": last.column("at"),
        }
    )


def age(birth: pa.ChunkedArray, as_of: datetime) -> pa.Array:
    """Whole years from the day of birth to the day of `as_of`; null where birth is unknown."""
    years = as_of.year - np.asarray(pc.fill_null(pc.year(birth), as_of.year).to_numpy())
    month = np.asarray(pc.fill_null(pc.month(birth), 1).to_numpy())
    day = np.asarray(pc.fill_null(pc.day(birth), 1).to_numpy())
    before = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
    unknown = np.asarray(pc.is_null(birth).to_numpy())
    return pa.array((years - before).astype(np.float64), mask=unknown)


def _time(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    return dates.cast(pa.timestamp("us"))


def _true(mask: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(mask, False).to_numpy(), dtype=np.bool_)


def _codes(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Numbers that sort as the values do; text by first appearance, which canonical order fixes."""
    if pa.types.is_string(values.type):
        encoded = pc.dictionary_encode(values).combine_chunks()
        return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.asarray(values.cast(pa.int64()).to_numpy(), dtype=np.int64)


def _last(keys: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Rows after which another key begins; equal keys stand together."""
    if not len(keys):
        return np.zeros(0, dtype=np.bool_)
    changes = pc.not_equal(keys.slice(0, len(keys) - 1), keys.slice(1))
    return np.append(np.asarray(changes.to_numpy(zero_copy_only=False), dtype=np.bool_), True)
