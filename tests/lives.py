"""Small lives for Hypothesis: all that a person's tables may hold, crowded into a few weeks.

Times collide on purpose, facts become known late or never, ids are the same for different people,
and nothing is tidy: stays nest, overlap and stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from features.cohort import MOMENTS
from features.tables.contract import Tables
from features.tables.memory import tables_of
from features.tables.schema import TABLES

Row = dict[str, Any]

START = datetime.fromisoformat("2020-02-20")
SPAN = 40
PEOPLE = ("p1", "p2")

HOURS = st.sampled_from([0, 0, 0, 8, 20])
WHEN = st.builds(
    lambda day, hour: START + timedelta(days=day, hours=hour), st.integers(0, SPAN), HOURS
)
LATE = st.sampled_from([0, 0, 0, 0, 6, 30, 24 * 7, 24 * 60])
LENGTH = st.sampled_from([0, 0, 10, 24, 24, 48, 72, 24 * 9])
GAP = st.sampled_from([0, 0, 0, 6, 12, 24, 24, 30, 48, 48, 72, -10, -24, -48, 24 * 12])
METHODS = ["emergency", "emergency", "transfer", "elective", "unknown", "maternity"]
SOURCES = [None, "acute", "acute", "home", "nursing_facility"]
ENDS = ["home", "home", "acute", "acute", "home_health", None]
COST = st.sampled_from([None, 0.0, 0.1, 0.2, 0.7, 1e9, 12.5])
CODES = {
    "ICD-10-CM": [
        "I500",
        "I509",
        "E119",
        "E112",
        "C780",
        "C349",
        "B20",
        "F200",
        "Z590",
        "Z602",
        "X",
        "M1711",
        "Z5111",
        "J449",
    ],
    "ICD-10": ["I500", "J449"],
    "ICD-9-CM": ["4280", "25000", "1970"],
    "SNOMED": ["84114007"],
    "LOCAL": ["I500", "ADL"],
}
ACTS = {
    "ICD-10-PCS": ["0SRC0J9", "0SRC0J9", "0DJ08ZZ", "X"],
    "ICD-9-PCS": ["5569"],
    "CPT": ["27447"],
    **CODES,
}
MEDICINES = {
    "INGREDIENT": ["METFORMIN", "WARFARIN", "CLOZAPINE", "FUROSEMIDE"],
    "RXNORM": ["860975"],
}
VALUES = {
    "LOINC": ["718-7", "2951-2"],
    "LOCAL": ["ADL"],
}


def allowed(table: str, column: str) -> st.SearchStrategy[Any]:
    found = TABLES[table].column(column)
    known = st.sampled_from(found.allowed)
    return st.none() | known if found.nullable else known


def coded(systems: Mapping[str, list[str]]) -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([(system, code) for system, held in systems.items() for code in held])


@st.composite
def stays(draw: st.DrawFn) -> list[Row]:
    """Stays one after the other, with gaps at which rules of linking turn; some overlap."""
    made: list[Row] = []
    begin = draw(WHEN)
    for number in range(draw(st.integers(0, 7))):
        made.append(draw(stay(number, begin)))
        end = made[-1]["discharged_at"] or begin
        begin = max(end + timedelta(hours=draw(GAP)), START - timedelta(days=SPAN))
    return made


@st.composite
def stay(draw: st.DrawFn, number: int, admitted: datetime) -> Row:
    left = admitted + timedelta(hours=draw(LENGTH)) if draw(st.integers(0, 7)) else None
    known = None if left is None or not draw(st.integers(0, 9)) else later(draw, left)
    coded_known = known and draw(st.none() | st.just(later(draw, left or admitted)))
    return {
        "stay_id": f"s{number}",
        "setting": draw(st.sampled_from(["acute"] * 6) | allowed("stay", "setting")),
        "admitted_at": admitted,
        "discharged_at": left,
        "admitted_known": later(draw, admitted),
        "discharged_known": known,
        "coded_known": coded_known,
        "admission_method": draw(st.sampled_from(METHODS)),
        "admitted_from": draw(st.sampled_from(SOURCES)),
        "discharged_to": draw(st.sampled_from(ENDS) | allowed("stay", "discharged_to")),
        "facility_id": draw(st.sampled_from(["A", "A", "B", None])),
        "day_case": draw(st.none() | st.booleans()),
        "specialty": draw(st.sampled_from(["geriatrics", "cardiology", None])),
        "cost": draw(COST),
    }


def later(draw: st.DrawFn, time: datetime) -> datetime:
    return time + timedelta(hours=draw(LATE))


def facts(
    systems: Mapping[str, list[str]], more: Mapping[str, st.SearchStrategy[Any]]
) -> Callable[[list[str]], st.SearchStrategy[list[Row]]]:
    """A strategy of coded one-day facts, given the ids of stays they may belong to."""

    @st.composite
    def rows(draw: st.DrawFn, ids: list[str]) -> list[Row]:
        made = []
        for _ in range(draw(st.integers(0, 8))):
            system, code = draw(coded(systems))
            at = draw(WHEN)
            row = {"at": at, "known_at": later(draw, at), "code_system": system, "code": code}
            row |= {name: draw(value) for name, value in more.items()}
            if "position" in more:
                row["stay_id"] = draw(st.none() | st.sampled_from([*ids, "elsewhere"]))
            made.append(row)
        return made

    return rows


DIAGNOSES = facts(CODES, {"position": st.sampled_from([1, 1, 2, None])})
PROCEDURES = facts(ACTS, {"position": st.sampled_from([1, 2, None])})
SUPPLIES = st.sampled_from([None, 0, 1, 2, 5, 28, 90])
DISPENSINGS = facts(MEDICINES, {"cost": COST, "days_supply": SUPPLIES})
NUMBERS = st.sampled_from([None, -1.0, 0.0, 0.1, 0.2, 0.7, 1.0, 11.5, 1e9])
MEASUREMENTS = facts(VALUES, {"value": NUMBERS, "unit": st.sampled_from([None, "g/dL"])})


@st.composite
def visits(draw: st.DrawFn) -> list[Row]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        at = draw(WHEN)
        made.append(
            {
                "visit_id": f"v{number}",
                "at": at,
                "known_at": later(draw, at),
                "setting": draw(allowed("visit", "setting")),
                "provider_id": draw(st.sampled_from(["x", "x", "y", None])),
                "facility_id": draw(st.sampled_from(["A", None])),
                "specialty": draw(st.sampled_from(["geriatrics", None])),
                "cost": draw(COST),
            }
        )
    return made


def periods(more: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Row]]:
    @st.composite
    def rows(draw: st.DrawFn) -> list[Row]:
        made: dict[object, Row] = {}
        for _ in range(draw(st.integers(0, 4))):
            start = draw(WHEN) - timedelta(days=draw(st.sampled_from([0, 10, 30])))
            length = draw(st.sampled_from([None, 0, 1, 7, 20]))
            row = {name: draw(value) for name, value in more.items()}
            row |= {"from_at": start, "known_at": later(draw, start)}
            row["to_at"] = None if length is None else start + timedelta(days=length)
            made[start, row.get("kind")] = row
        return list(made.values())

    return rows()


COVERAGE = periods({"kind": allowed("coverage", "kind")})
REGISTRATIONS = periods(
    {
        "carer": st.none() | st.booleans(),
        "residence": allowed("registration", "residence"),
        "deprivation": st.sampled_from([None, 0.0, 23.5]),
        "deprivation_scheme": st.sampled_from([None, "IMD 2019", "IMD 2025"]),
    }
)


@st.composite
def person(draw: st.DrawFn) -> dict[str, list[Row]]:
    own = draw(stays())
    ids = [row["stay_id"] for row in own]
    birth = draw(st.sampled_from([None, "1940-02-29", "1940-03-10", "2020-03-01"]))
    tables: dict[str, list[Row]] = {
        "person": [{"birth_date": birth, "sex": draw(allowed("person", "sex"))}],
        "coverage": draw(COVERAGE),
        "registration": draw(REGISTRATIONS),
        "stay": own,
        "visit": draw(visits()),
        "diagnosis": draw(DIAGNOSES(ids)),
        "procedure": draw(PROCEDURES(ids)),
        "dispensing": draw(DISPENSINGS(ids)),
        "measurement": draw(MEASUREMENTS(ids)),
    }
    if birth != "2020-03-01" and draw(st.integers(0, 3)) == 0:
        died = draw(WHEN)
        tables["person"][0] |= {"death_date": died.date(), "death_known": later(draw, died)}
    return tables


@st.composite
def lives(draw: st.DrawFn, people: int = len(PEOPLE)) -> Tables:
    """Tables of a few people."""
    rows: dict[str, list[Row]] = {}
    for person_id in PEOPLE[:people]:
        for name, own in draw(person()).items():
            rows.setdefault(name, []).extend({"person_id": person_id, **row} for row in own)
    return tables_of(rows)


FAR = st.sampled_from([timedelta(days=-60), timedelta(days=60), timedelta(days=800)])
"""From the first day of a life to moments before its first row, and long after its last."""


@st.composite
def moments_of(draw: st.DrawFn, tables: Tables) -> pa.Table:
    """Index moments, some of one person and of one day: months at any time, and discharges at,
    before or after their stay's end."""
    held = (
        tables["stay"].select(["person_id", "stay_id", "admitted_at", "discharged_at"]).to_pylist()
    )
    rows: list[tuple[object, ...]] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 9))
        if rows and kind == 0:
            who, at, *_ = draw(st.sampled_from(rows))
            rows.append((who, at, None, None, "month"))
        elif held and kind < 6:
            row = draw(st.sampled_from(held))
            at = row["discharged_at"] or row["admitted_at"]
            at += timedelta(hours=draw(st.sampled_from([0, 0, 0, -24, 8, 24])))
            rows.append((row["person_id"], at, row["stay_id"], None, "discharge"))
        else:
            at = START + draw(FAR) if kind == 9 else draw(WHEN)
            rows.append((draw(st.sampled_from(PEOPLE)), at, None, None, "month"))
    return pa.Table.from_pylist([dict(zip(MOMENTS.names, r, strict=True)) for r in rows], MOMENTS)
