"""Other futures of the same past: what may be different without anybody knowing at a moment.

Every function takes tables and index moments, one per person, and returns tables that differ only
in what is not known at that person's moment. Under mode "claims" the codes of a stay count as known
with its discharge.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.contract import Tables
from features.tables.find import find_rows
from features.tables.memory import tables_of
from features.tables.schema import TABLES

Mask = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

NEVER = np.iinfo(np.int64).max
AT_DISCHARGE = ("discharged_at", "discharged_known", "discharged_to", "specialty", "day_case")
WHEN_CODED = ("coded_known", "drg", "cost")


def only_known(tables: Tables, moments: pa.Table, mode: str) -> Tables:
    """Every row and fact deleted that is not known at the person's moment."""
    person, stay = tables["person"], tables["stay"]
    dead = _known(person, "death_known", moments)
    found = dict(tables) | {"person": _blank(person, ("death_date", "death_known"), ~dead)}
    ended, kept = _ended(stay, moments), _known(stay, "admitted_known", moments)
    coded = ended if mode == "claims" else ended & _known(stay, "coded_known", moments)
    blanked = _blank(_blank(stay, AT_DISCHARGE, ~ended), WHEN_CODED, ~coded)
    found["stay"] = blanked.filter(pa.array(kept))
    for name, table in TABLES.items():
        if table.known == "known_at":
            found[name] = tables[name].filter(pa.array(_told(name, tables, moments, mode)))
    return found


def _told(name: str, tables: Tables, moments: pa.Table, mode: str) -> Mask:
    """Which rows are known at their person's moment: those of a stay never before it has ended."""
    known = _known(tables[name], "known_at", moments)
    if name not in ("diagnosis", "procedure"):
        return known
    own = _stay_rows(tables[name], tables["stay"])
    ended = np.append(_ended(tables["stay"], moments), False)
    return np.where(own >= 0, ended[own] & (known | (mode == "claims")), known)


def open_stays_rewritten(tables: Tables, moments: pa.Table, mode: str) -> Tables:
    """Stays that are open at the moment end otherwise, cost otherwise, and lose all their codes."""
    stay = tables["stay"]
    still = ~_ended(stay, moments)
    later = pa.array(_moment_of(stay, moments) + 1, pa.timestamp("us"))
    elsewhere = pa.array(["died"] * len(stay), pa.string())
    changes: Mapping[str, Any] = {
        "discharged_at": stay["admitted_at"],
        "discharged_known": later,
        "coded_known": stay["admitted_known"],
        "discharged_to": elsewhere,
        "specialty": elsewhere,
        "drg": elsewhere,
        "cost": pa.array(np.full(len(stay), 1e6)),
    }
    for name, values in changes.items():
        stay = _set(stay, name, pc.if_else(pa.array(still), values, stay[name]))
    found = dict(tables) | {"stay": stay}
    for name in ("diagnosis", "procedure"):
        own = _stay_rows(tables[name], stay)
        found[name] = tables[name].filter(pa.array(~np.append(still, False)[own]))
    return found


def planted(tables: Tables, moments: pa.Table, mode: str) -> Tables:
    """Rows planted in every table: of the past told later, and of the future told before."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    ended = _ended(tables["stay"], moments)
    held = tables["stay"].filter(pa.array(~ended)) if mode == "claims" else tables["stay"]
    stays = dict(zip(held["person_id"].to_pylist(), held["stay_id"].to_pylist(), strict=True))
    for moment in moments.to_pylist():
        for name, row in _plants(moment, stays.get(moment["person_id"], "planted")):
            rows[name].append({"person_id": moment["person_id"], **row})
    return _with(tables, rows)


def _with(tables: Tables, rows: Mapping[str, list[dict[str, Any]]]) -> Tables:
    given = {
        name: pa.concat_tables([table, _arrow(name, rows[name])]) for name, table in tables.items()
    }
    return tables_of(given)


ICD = {"code_system": "ICD-10-CM", "code": "I500", "position": 1}


def _plants(moment: Mapping[str, Any], stay_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Rows of before the moment told after it, and of later days told before it."""
    at, tick = moment["index_at"], timedelta(microseconds=1)
    past, told = at - timedelta(days=2, hours=1) - tick, at + tick
    future, before = at + timedelta(days=1) + tick, at - timedelta(hours=1)
    made: list[tuple[str, dict[str, Any]]] = []
    for label, on, known in (("late", past, told), ("early", future, before)):
        acute = {
            "setting": "acute", "admitted_at": on, "admitted_known": known, "cost": 1e6,
            "discharged_at": on + timedelta(hours=2), "discharged_known": told, "coded_known": told,
            "admission_method": "emergency", "discharged_to": "acute", "facility_id": "A",
        }  # fmt: skip
        made += [
            *_facts(label, on, known),
            ("stay", {**acute, "stay_id": f"planted {label}"}),
            ("stay", {**acute, "stay_id": f"planted ed {label}", "setting": "emergency"}),
        ]
    codes = {"at": past, "known_at": told, "stay_id": stay_id, **ICD}
    return [*made, ("diagnosis", codes), ("procedure", codes)]


def _facts(label: str, on: datetime, known: datetime) -> list[tuple[str, dict[str, Any]]]:
    """A row of every table but stays, of that day and known then."""
    fact = {"at": on, "known_at": known}
    period = {"from_at": on, "known_at": known}
    return [
        ("registration", {**period, "carer": True, "residence": "care_home", "deprivation": 99.0}),
        ("coverage", {**period, "kind": "all"}),
        ("visit", {**fact, "visit_id": f"planted {label}", "setting": "primary_care",
                   "provider_id": "planted", "facility_id": "planted", "cost": 1e6}),
        ("diagnosis", {**fact, **ICD, "code": "C780"}),
        ("procedure", {**fact, **ICD, "code_system": "ICD-10-PCS"}),
        ("dispensing", {**fact, "code_system": "INGREDIENT", "code": "WARFARIN", "cost": 1e6,
                        "days_supply": 1000}),
        ("measurement", {**fact, "code_system": "LOINC", "code": "718-7", "value": 3.0,
                         "unit": "g/dL"}),
        ("programme", {**fact, "event": "enrolment", "programme_id": "planted"}),
    ]  # fmt: skip


def same_day(tables: Tables, moments: pa.Table, mode: str) -> Tables:
    """Rows planted of the index day itself, known by the moment, that belong to no index spell."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for moment in moments.to_pylist():
        at = moment["index_at"]
        known = at.replace(hour=0, minute=0, second=0, microsecond=0)
        on = known.replace(microsecond=1)  # no other row begins then
        stay = {
            "setting": "emergency", "admitted_at": on, "admitted_known": known, "cost": 1e6,
            "stay_id": "planted today", "admission_method": "emergency", "facility_id": "planted",
            "discharged_at": max(at, on), "discharged_known": at, "coded_known": at,
        }  # fmt: skip
        nursed = {**stay, "stay_id": "planted too", "setting": "nursing_facility"}
        for name, row in (*_facts("today", on, known), ("stay", stay), ("stay", nursed)):
            rows[name].append({"person_id": moment["person_id"], **row})
    return _with(tables, rows)


def rewritten(tables: Tables, moments: pa.Table, mode: str) -> Tables:
    """Rows that are not known at the moment say something else."""
    found = dict(tables)
    for name, changes in OTHERWISE.items():
        rows = tables[name]
        unknown = ~_told(name, tables, moments, mode)
        for column, value in changes.items():
            kind = rows.schema.field(column).type
            put = pa.array([value] * len(rows), kind)
            rows = _set(rows, column, pc.if_else(pa.array(unknown), put, rows[column]))
        found[name] = rows
    return found


OTHERWISE: Mapping[str, Mapping[str, Any]] = {
    "registration": {"residence": "homeless", "deprivation": 77.0, "carer": None},
    "coverage": {"to_at": None},
    "visit": {"setting": "other", "provider_id": "n", "facility_id": None, "cost": 5e5},
    "diagnosis": {"code_system": "ICD-10-CM", "code": "E112", "position": None},
    "procedure": {"code_system": "LOCAL", "code": "X", "position": 2},
    "dispensing": {"code_system": "INGREDIENT", "code": "METFORMIN", "days_supply": 3650},
    "measurement": {"code_system": "LOINC", "code": "718-7", "value": -7e7, "unit": "g/dL"},
}
"""What rows that are not known say instead."""


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES[name].schema)


def _moment_of(rows: pa.Table, moments: pa.Table) -> Int64:
    """Microseconds of the moment of each row's person; long ago for people without one."""
    ids = moments["person_id"].combine_chunks()
    place = pc.fill_null(pc.index_in(rows["person_id"], value_set=ids), -1).to_numpy()
    return np.append(moments["index_at"].cast(pa.int64()).to_numpy(), -(2**62))[place]


def _known(rows: pa.Table, column: str, moments: pa.Table) -> Mask:
    when = pc.fill_null(rows[column].cast(pa.int64()), NEVER).to_numpy()
    return np.asarray(when <= _moment_of(rows, moments))


def _ended(stay: pa.Table, moments: pa.Table) -> Mask:
    """Stays known to have begun and to have ended; codes of others are not known."""
    admitted, left = (_known(stay, f"{what}_known", moments) for what in ("admitted", "discharged"))
    return admitted & left


def _stay_rows(rows: pa.Table, stay: pa.Table) -> Int64:
    """Row of the stay each fact is tied to; -1 for none."""
    columns = [t[c].combine_chunks() for t in (stay, rows) for c in ("person_id", "stay_id")]
    return find_rows(*columns)


def _blank(rows: pa.Table, names: tuple[str, ...], where: Mask) -> pa.Table:
    for name in names:
        nothing = pa.nulls(len(rows), rows.schema.field(name).type)
        rows = _set(rows, name, pc.if_else(pa.array(where), nothing, rows[name]))
    return rows


def _set(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
