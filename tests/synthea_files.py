"""Small Synthea exports drawn as text: the columns that matter to a test, the rest as if real.

    write_export(folder, encounters='''
        Id | START                | STOP                 | ENCOUNTERCLASS
        e1 | 2020-03-01T10:00:00Z | 2020-03-05T10:00:00Z | inpatient
    ''')

Cells are parted by `|`; an empty cell is empty. One patient, A, is there unless patients are drawn.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "patients": {
            "Id": "A", "BIRTHDATE": "1940-01-01", "DEATHDATE": "", "SSN": "999-11-2222",
            "FIRST": "Ada", "LAST": "Lovelace", "RACE": "white", "ETHNICITY": "nonhispanic",
            "GENDER": "F", "ADDRESS": "1 Main St", "CITY": "Boston", "STATE": "Massachusetts",
            "COUNTY": "Suffolk County", "HEALTHCARE_EXPENSES": "1000.00",
        },
        "encounters": {
            "Id": "e1", "START": "2020-03-01T10:00:00Z", "STOP": "2020-03-05T12:30:00Z",
            "PATIENT": "A", "ORGANIZATION": "O1", "PROVIDER": "D1", "PAYER": "P1",
            "ENCOUNTERCLASS": "inpatient", "CODE": "185347001", "BASE_ENCOUNTER_COST": "85.55",
            "TOTAL_CLAIM_COST": "4000.00", "PAYER_COVERAGE": "0.00", "REASONCODE": "",
        },
        "providers": {"Id": "D1", "ORGANIZATION": "O1", "SPECIALITY": "CARDIOLOGY"},
        "conditions": {
            "START": "2020-03-01", "STOP": "", "PATIENT": "A", "ENCOUNTER": "e1",
            "CODE": "84114007", "DESCRIPTION": "Heart failure (disorder)",
        },
        "procedures": {
            "START": "2020-03-02T09:00:00Z", "STOP": "2020-03-02T10:00:00Z", "PATIENT": "A",
            "ENCOUNTER": "e1", "CODE": "265764009", "BASE_COST": "903", "REASONCODE": "",
        },
        "medications": {
            "START": "2020-03-05T12:00:00Z", "STOP": "2021-03-11T12:00:00Z", "PATIENT": "A",
            "ENCOUNTER": "e1", "CODE": "314076", "BASE_COST": "12.50", "DISPENSES": "12",
            "TOTALCOST": "150.00", "REASONCODE": "",
        },
        "observations": {
            "DATE": "2020-03-01T11:00:00Z", "PATIENT": "A", "ENCOUNTER": "e1",
            "CATEGORY": "laboratory", "CODE": "2951-2", "DESCRIPTION": "Sodium", "VALUE": "138.4",
            "UNITS": "mmol/L", "TYPE": "numeric",
        },
        "payer_transitions": {
            "PATIENT": "A", "START_DATE": "2019-01-01T00:00:00Z",
            "END_DATE": "2020-01-08T00:00:00Z", "PAYER": "P1",
        },
        "allergies": {"START": "1990-01-01", "PATIENT": "A", "ENCOUNTER": "e1", "CODE": "1"},
        "claims": {"Id": "c1", "PATIENTID": "A", "DIAGNOSIS1": "84114007"},
    }
)  # fmt: skip
OPENED: Mapping[bool, Callable[..., IO[str]]] = MappingProxyType({False: open, True: gzip.open})


def write_export(folder: Path, *, gz: bool = False, **tables: str) -> Path:
    """Files of the tables drawn in `folder`, patients and encounters always."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(("patients", "encounters", *tables)):
        write_rows(folder / f"{name}.csv{'.gz' * gz}", rows_of(name, tables.get(name, "")))
    return folder


def rows_of(table: str, drawn: str) -> list[dict[str, str]]:
    """The rows drawn, complete with defaults; nothing drawn is one row of defaults."""
    lines = [line.strip() for line in drawn.strip().splitlines()]
    if not lines:
        return [dict(DEFAULTS[table])]
    names, *body = [[cell.strip() for cell in line.split("|")] for line in lines]
    assert all(len(cells) == len(names) for cells in body)
    renamed = {"START_YEAR": "START_DATE", "END_YEAR": "END_DATE", "DATE": "START"}
    gone = {renamed[n] for n in names if n in renamed and n not in DEFAULTS[table]}
    plain = {name: value for name, value in DEFAULTS[table].items() if name not in gone}
    return [plain | dict(zip(names, cells, strict=True)) for cells in body]


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with OPENED[path.suffix == ".gz"](path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
