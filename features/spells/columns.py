"""What spells read of stays: columns as numbers, the principal diagnosis, known times.

Nothing here knows of a moment; what is known by when is told beside each value.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.spells.link import (
    FROM_HOSPITAL,
    TO_HOME,
    TO_HOSPITAL,
    TRANSFER,
    Bools,
    Int8,
    Linkable,
)
from features.tables.buffers import whole
from features.tables.find import find_rows
from features.windows import NEVER, Int32, Int64


def linkable(stay: pa.Table, diagnosis: pa.Table, *, principal: Int64 | None = None) -> Linkable:
    """The columns linking reads, one entry a row of `stay`.

    principal  `principals(stay, diagnosis)`, where the caller has it already
    """
    row = principals(stay, diagnosis) if principal is None else principal
    condition, condition_known = _conditions(stay, diagnosis, row)
    went = whole(stay["discharged_to"])
    home = is_value(went, "home") | is_value(went, "home_health")
    return Linkable(
        admitted=times(stay, "admitted_at"),
        discharged=times(stay, "discharged_at"),
        discharged_known=discharges_known(stay),
        facility=_numbered(whole(stay["facility_id"])),
        condition=condition,
        condition_known=condition_known,
        came=_came(stay),
        went=(is_value(went, "acute") * TO_HOSPITAL + home * TO_HOME).astype(np.int8),
    )


def _came(stay: pa.Table) -> Int8:
    method, source = whole(stay["admission_method"]), whole(stay["admitted_from"])
    from_hospital = is_value(source, "acute").astype(np.int8) * FROM_HOSPITAL
    emergency, transfer = is_value(method, "emergency"), is_value(method, "transfer")
    told = np.where(emergency, from_hospital, from_hospital * TRANSFER)
    return np.where(transfer, TRANSFER, told).astype(np.int8)


def discharges_known(stay: pa.Table) -> Int64:
    """When each discharge became known: never before the admission did."""
    return np.maximum(times(stay, "discharged_known"), times(stay, "admitted_known"))


def find_stays(stay: pa.Table, person_ids: pa.Array, stay_ids: pa.Array) -> Int64:
    """Row of each (person, stay) in the stay table; -1 where there is none or an id is null."""
    return find_rows(whole(stay["person_id"]), whole(stay["stay_id"]), person_ids, stay_ids)


def principals(stay: pa.Table, diagnosis: pa.Table) -> Int64:
    """Row of each stay's principal diagnosis; -1 for none.

    Of several the first to become known: one that comes later changes nothing.
    """
    first = pc.and_(pc.equal(diagnosis["position"], 1), pc.is_valid(diagnosis["stay_id"]))
    places = np.flatnonzero(pc.fill_null(first, False).to_numpy())
    told = diagnosis.select(["person_id", "stay_id", "known_at"]).take(pa.array(places))
    row = find_stays(stay, whole(told["person_id"]), whole(told["stay_id"]))
    order = np.lexsort((times(told, "known_at"), row))
    own, place = np.unique(row[order], return_index=True)
    found = np.full(len(stay), -1, np.int64)
    found[own[own >= 0]] = places[order[place][own >= 0]]
    return found


def _conditions(stay: pa.Table, diagnosis: pa.Table, principal: Int64) -> tuple[Int32, Int64]:
    """Category of each stay's principal diagnosis as a number, and when it became known.

    A stay has no condition before it is known to have ended.
    """
    condition = np.full(len(stay), -1, np.int32)
    known = np.full(len(stay), NEVER, np.int64)
    own = principal >= 0
    told = diagnosis.select(["code_system", "code", "known_at"]).take(pa.array(principal[own]))
    system, code = whole(told["code_system"]), whole(told["code"])
    icd = pc.starts_with(system, "ICD")
    category = pc.if_else(icd, pc.utf8_slice_codeunits(code, 0, 3), code)
    condition[own] = _numbered(pc.binary_join_element_wise(system, category, "|"))
    known[own] = np.maximum(times(told, "known_at"), discharges_known(stay)[own])
    return condition, known


def times(rows: pa.Table, column: str) -> Int64:
    """Microseconds since 1970; NEVER for null."""
    return _filled(whole(rows[column]).cast(pa.int64()), NEVER)


def is_value(values: pa.Array, value: str) -> Bools:
    """Whether each value is this one; a null is not."""
    same = pc.fill_null(pc.equal(values, value), False)
    return np.asarray(same.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _filled(values: pa.Array, null: int) -> Int64:
    return np.array(pc.fill_null(values, null).to_numpy(zero_copy_only=False), dtype=np.int64)


def _numbered(values: pa.Array) -> Int32:
    return _filled(pc.dictionary_encode(values).indices, -1).astype(np.int32)
