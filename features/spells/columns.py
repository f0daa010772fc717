"""What spells read of stays: columns as numbers, the principal diagnosis, known times.

Nothing here knows of a moment; what is known by when is told beside each value.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.spells.link import (
    FROM_HOSPITAL,
    TO_HOME,
    TO_HOSPITAL,
    TRANSFER,
    Linkable,
)
from features.tables.buffers import numbers, whole
from features.tables.owners import find_owned
from features.tables.schema import TABLES
from features.tables.times import micros
from features.windows import NEVER, Int32, Int64, kept

Floats = npt.NDArray[np.float64]

WAYS = TABLES["stay"].column("admission_method").allowed
ORIGINS = TABLES["stay"].column("admitted_from").allowed
DESTINATIONS = TABLES["stay"].column("discharged_to").allowed


def _came(way: str, origin: str | None) -> int:
    """What `Linkable.came` says of a way of admission and an origin."""
    if way == "transfer":
        return TRANSFER
    if origin != "acute":
        return 0
    return FROM_HOSPITAL if way == "emergency" else TRANSFER


CAME = np.array(
    [[_came(way, origin) for origin in (*ORIGINS, None)] for way in (*WAYS, "unknown")], np.int8
)
"""`Linkable.came` by the places of the way of admission and of the origin; -1: not stated."""
LED = {"acute": TO_HOSPITAL, "home": TO_HOME, "home_health": TO_HOME}
WENT = np.array([LED.get(to, 0) for to in (*DESTINATIONS, "")], np.int8)
"""`Linkable.went` by the place of the destination; -1: not stated."""


def linkable(stay: pa.Table, diagnosis: pa.Table, principal: Int64) -> Linkable:
    """The columns linking reads, one entry a row of `stay`; principal: `principals`."""
    condition, condition_known = _conditions(stay, diagnosis, principal)
    return Linkable(
        admitted=times(stay, "admitted_at"),
        discharged=times(stay, "discharged_at"),
        discharged_known=discharges_known(stay),
        facility=_numbered(whole(stay["facility_id"])),
        condition=condition,
        condition_known=condition_known,
        came=CAME[_places(stay["admission_method"], WAYS), _places(stay["admitted_from"], ORIGINS)],
        went=WENT[_places(stay["discharged_to"], DESTINATIONS)],
    )


def discharges_known(stay: pa.Table) -> Int64:
    """When each discharge became known: never before the admission did."""
    return np.maximum(times(stay, "discharged_known"), times(stay, "admitted_known"))


def find_stays(stay: pa.Table, person_ids: pa.Array, stay_ids: pa.Array) -> Int64:
    """Row of each (person, stay) in the stay table; -1 where there is none or an id is null."""
    return find_owned(whole(stay["person_id"]), whole(stay["stay_id"]), person_ids, stay_ids)


def principals(stay: pa.Table, diagnosis: pa.Table) -> Int64:
    """Row of each stay's principal diagnosis; -1 for none.

    Of several the first to become known: one that comes later changes nothing.
    """
    first = numbers(whole(diagnosis["position"])) == 1
    places = np.flatnonzero(first & pc.is_valid(diagnosis["stay_id"]).to_numpy())
    told = diagnosis.select(["person_id", "stay_id", "known_at"]).take(pa.array(places))
    row = find_stays(stay, whole(told["person_id"]), whole(told["stay_id"]))
    found = first_known(len(stay), row, np.ones(len(row)), times(told, "known_at"))
    return np.append(places, -1)[found]


@kept
def first_known(stays: int, stay: Int64, position: Floats, known: Int64) -> Int64:
    """Of each stay's diagnoses in first position the one known first, by its row; -1: none."""
    found = np.full(stays, -1, np.int64)
    for row in range(len(stay)):
        own = stay[row]
        if own < 0 or position[row] != 1:
            continue
        if found[own] < 0 or known[row] < known[found[own]]:
            found[own] = row
    return found


def _conditions(stay: pa.Table, diagnosis: pa.Table, principal: Int64) -> tuple[Int32, Int64]:
    """Category of each stay's principal diagnosis as a number, and when it became known.

    A stay has no condition before it is known to have ended.
    """
    condition = np.full(len(stay), -1, np.int32)
    known = np.full(len(stay), NEVER, np.int64)
    own = principal >= 0
    told = diagnosis.select(["code_system", "code", "known_at"]).take(pa.array(principal[own]))
    condition[own] = _categories(whole(told["code_system"]), whole(told["code"]))
    known[own] = np.maximum(times(told, "known_at"), discharges_known(stay)[own])
    return condition, known


def _categories(systems: pa.Array, codes: pa.Array) -> Int32:
    """Numbers equal for codes of one category of one system: of ICD its first three characters."""
    held, coded = pc.dictionary_encode(systems), pc.dictionary_encode(codes)
    short = pc.dictionary_encode(pc.utf8_slice_codeunits(coded.dictionary, 0, 3)).indices
    icd = pc.starts_with(held.dictionary, "ICD").to_numpy(zero_copy_only=False)
    system, code, size = _filled(held.indices, -1), _filled(coded.indices, -1), len(short)
    category = np.where(np.append(icd, False)[system], np.append(short, -1)[code], code)
    return np.where((system < 0) | (code < 0), -1, system * size + category).astype(np.int32)


def times(rows: pa.Table, column: str) -> Int64:
    """Microseconds since 1970; NEVER for null."""
    return micros(rows[column])


def _places(column: pa.ChunkedArray, among: tuple[str, ...]) -> Int64:
    """Place of each value among these; -1 for null and for what is none of them."""
    return _filled(pc.index_in(whole(column), value_set=pa.array(among, pa.string())), -1)


def _filled(values: pa.Array, null: int) -> Int64:
    return np.array(pc.fill_null(values, null).to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbered(values: pa.Array) -> Int32:
    return _filled(pc.dictionary_encode(values).indices, -1).astype(np.int32)
