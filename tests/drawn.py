"""Small drawn tables: ASCII in, canonical tables out, with everything left unsaid filled in.

people(stay='''
    person | stay | admitted   | discharged | to
    anna   | s1   | 2020-01-01 | 2020-01-05 | home
''')
"""

from __future__ import annotations

from collections.abc import Mapping

from features.tables.contract import Tables
from features.tables.memory import tables_of
from features.tables.schema import TABLES

Row = dict[str, object]

SHORT = {
    "person": "person_id",
    "stay": "stay_id",
    "visit": "visit_id",
    "admitted": "admitted_at",
    "discharged": "discharged_at",
    "to": "discharged_to",
    "method": "admission_method",
    "facility": "facility_id",
    "system": "code_system",
    "known": "known_at",
    "from": "from_at",
    "until": "to_at",
    "birth": "birth_date",
    "death": "death_date",
}

USUAL: Mapping[str, Row] = {
    "person": {"birth_date": "1940-07-01", "sex": "female"},
    "registration": {"from_at": "1990-01-01", "practice_id": "P1", "locality": "L1"},
    "coverage": {"from_at": "1990-01-01", "kind": "all"},
    "stay": {"setting": "acute", "admission_method": "emergency", "facility_id": "H1"},
    "visit": {"setting": "primary_care"},
    "diagnosis": {"code_system": "ICD-10-CM"},
    "procedure": {"code_system": "ICD-10-PCS"},
    "dispensing": {"code_system": "INGREDIENT"},
    "measurement": {"code_system": "LOCAL"},
    "programme": {"programme_id": "guided-care"},
}


def draw(text: str) -> list[Row]:
    """Rows of a drawn table: first line names, `|` between cells, an empty cell is null."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    names = [SHORT.get(cell.strip(), cell.strip()) for cell in lines[0].split("|")]
    return [dict(zip(names, map(_value, line.split("|")), strict=True)) for line in lines[1:]]


def _value(cell: str) -> object:
    text = cell.strip()
    if text in ("true", "false"):
        return text == "true"
    return text or None


def people(**drawn: str | list[Row]) -> Tables:
    """Checked canonical tables from drawn ones.

    Everyone mentioned gets a person row, and coverage of all use since 1990, unless drawn. Known
    times default to the time of the event; a stay's discharge is to home when it has one.
    """
    rows = {name: draw(text) if isinstance(text, str) else text for name, text in drawn.items()}
    mentioned = sorted({str(row["person_id"]) for table in rows.values() for row in table})
    have = {row["person_id"] for row in rows.get("person", [])}
    rows["person"] = [
        *rows.get("person", []),
        *({"person_id": name} for name in mentioned if name not in have),
    ]
    rows.setdefault("coverage", [{"person_id": name} for name in mentioned])
    return tables_of({name: [_filled(name, row) for row in table] for name, table in rows.items()})


def _filled(name: str, drawn: Row) -> Row:
    row = USUAL[name] | {key: value for key, value in drawn.items() if value is not None}
    nulls = {key for key, value in drawn.items() if value is None}
    table = TABLES[name]
    if name == "stay":
        row.setdefault("admitted_known", row["admitted_at"])
        if "discharged_at" in row:
            for known in ("discharged_known", "coded_known"):
                if known not in nulls:
                    row.setdefault(known, row["discharged_at"])
            if "discharged_to" not in nulls:
                row.setdefault("discharged_to", "home")
    elif name == "person":
        if "death_date" in row:
            row.setdefault("death_known", row["death_date"])
    elif table.time and "known_at" not in row:
        row["known_at"] = row[table.time]
    numbers = {c.name: c.kind for c in table.columns if c.kind in ("count", "number")}
    for key, kind in numbers.items():
        if isinstance(row.get(key), str):
            row[key] = int(str(row[key])) if kind == "count" else float(str(row[key]))
    return row
