"""Small MIMIC-IV folders and MEDS files drawn as text: what matters to a test, the rest as if real.

    write_mimic(folder, admissions='''
        hadm | admitted         | discharged       | type
        1    | 2180-05-06 22:23 | 2180-05-07 17:15 | URGENT
    ''')
    write_meds(path, '''
        time             | code
        2180-05-06 22:23 | HOSPITAL_ADMISSION//URGENT//TRANSFER FROM HOSPITAL
    ''')

A dash is an empty cell. `SHORT` lists short names; any other name is a column of the layout. Who is
not named is person 1, and everybody named has a row in patients.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, str]

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "person": "subject_id",
        "hadm": "hadm_id",
        "admitted": "admittime",
        "discharged": "dischtime",
        "type": "admission_type",
        "from": "admission_location",
        "to": "discharge_location",
        "died": "hospital_expire_flag",
        "code": "icd_code",
        "version": "icd_version",
        "seq": "seq_num",
        "start": "starttime",
        "stop": "stoptime",
    }
)

DEFAULTS: Mapping[str, Row] = MappingProxyType(
    {
        "patients": {
            "subject_id": "1", "gender": "F", "anchor_age": "70", "anchor_year": "2180",
            "anchor_year_group": "2014 - 2016", "dod": "",
        },
        "admissions": {
            "subject_id": "1", "hadm_id": "21", "admittime": "2180-05-06 22:23:00",
            "dischtime": "2180-05-09 17:15:00", "deathtime": "", "admission_type": "EW EMER.",
            "admit_provider_id": "P1", "admission_location": "EMERGENCY ROOM",
            "discharge_location": "HOME", "insurance": "Medicare", "language": "ENGLISH",
            "marital_status": "", "race": "WHITE", "edregtime": "", "edouttime": "",
            "hospital_expire_flag": "0",
        },
        "transfers": {
            "subject_id": "1", "hadm_id": "", "transfer_id": "31", "eventtype": "ED",
            "careunit": "Emergency Department", "intime": "2180-05-06 19:17:00",
            "outtime": "2180-05-06 23:30:00",
        },
        "services": {
            "subject_id": "1", "hadm_id": "21", "transfertime": "2180-05-06 22:24:57",
            "prev_service": "", "curr_service": "MED",
        },
        "drgcodes": {
            "subject_id": "1", "hadm_id": "21", "drg_type": "HCFA", "drg_code": "291",
            "description": "HEART FAILURE", "drg_severity": "", "drg_mortality": "",
        },
        "diagnoses_icd": {
            "subject_id": "1", "hadm_id": "21", "seq_num": "1", "icd_code": "4280",
            "icd_version": "9",
        },
        "procedures_icd": {
            "subject_id": "1", "hadm_id": "21", "seq_num": "1", "chartdate": "2180-05-07",
            "icd_code": "5491", "icd_version": "9",
        },
        "hcpcsevents": {
            "subject_id": "1", "hadm_id": "21", "chartdate": "2180-05-07", "hcpcs_cd": "99218",
            "seq_num": "1", "short_description": "Hospital observation",
        },
        "prescriptions": {
            "subject_id": "1", "hadm_id": "21", "starttime": "2180-05-07 08:00:00",
            "stoptime": "2180-05-09 20:00:00", "drug_type": "MAIN", "drug": "Furosemide",
            "ndc": "00517570425",
        },
        "omr": {
            "subject_id": "1", "chartdate": "2180-04-01", "seq_num": "1",
            "result_name": "Weight (Lbs)", "result_value": "127",
        },
        "labevents": {
            "subject_id": "1", "hadm_id": "21", "itemid": "50912",
            "charttime": "2180-05-07 06:00:00", "storetime": "2180-05-07 07:10:00", "value": "1.1",
            "valuenum": "1.1", "valueuom": "mg/dL",
        },
    }
)  # fmt: skip
OPENED: Mapping[bool, Callable[..., IO[str]]] = MappingProxyType({False: open, True: gzip.open})


def drawn_rows(drawn: str, short: Mapping[str, str] = SHORT) -> list[Row]:
    """The rows drawn, cells parted by `|`; an empty drawing is no rows."""
    lines = [line.split("|") for line in drawn.strip().splitlines() if line.strip()]
    if not lines:
        return []
    head, *body = [[cell.strip() for cell in line] for line in lines]
    assert all(len(line) == len(head) for line in body)
    names = [short.get(name, name) for name in head]
    plain = [["" if cell == "-" else cell for cell in line] for line in body]
    return [dict(zip(names, line, strict=True)) for line in plain]


def write_rows(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with OPENED[path.suffix == ".gz"](path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(names)
        csv.writer(file).writerows([row.get(name, "") for name in names] for row in rows)


def write_mimic(folder: Path, *, ending: str = ".csv", **tables: str) -> Path:
    """A folder with `hosp/`: patients, admissions, and the other tables that are drawn."""
    found = {name: drawn_rows(drawn) for name, drawn in ({"admissions": ""} | tables).items()}
    full = {name: [DEFAULTS[name] | row for row in rows] for name, rows in found.items()}
    named = {row["subject_id"]: None for rows in full.values() for row in rows} or {"1": None}
    known = {row["subject_id"] for row in full.get("patients", [])}
    full.setdefault("patients", []).extend(
        DEFAULTS["patients"] | {"subject_id": person} for person in named if person not in known
    )
    for name, rows in full.items():
        path = folder / "hosp" / f"{name}{ending}"
        write_rows(path, list(DEFAULTS[name]), rows)
    return folder


EVENT_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "subject_id": pa.int64(),
        "time": pa.timestamp("us"),
        "code": pa.string(),
        "numeric_value": pa.float32(),
        "text_value": pa.large_string(),
        "hadm_id": pa.int64(),
        "race": pa.string(),
        "language": pa.string(),
    }
)
EVENT_SHORT = {"person": "subject_id", "value": "numeric_value", "text": "text_value",
               "hadm": "hadm_id"}  # fmt: skip


def events(drawn: str) -> pa.Table:
    """A MEDS table of the rows drawn; columns that are not drawn are not there."""
    rows = [{"subject_id": "1"} | row for row in drawn_rows(drawn, EVENT_SHORT)]
    return pa.table({name: _typed(name, [row[name] for row in rows]) for name in rows[0]})


def _typed(name: str, texts: Sequence[str]) -> pa.Array:
    read: Callable[[str], object] = str
    if name == "time":
        read = datetime.fromisoformat
    elif EVENT_TYPES[name] in (pa.int64(), pa.float32()):
        read = float if name == "numeric_value" else int
    return pa.array([read(text) if text else None for text in texts], EVENT_TYPES[name])


def write_meds(folder: Path, drawn: str) -> Path:
    """A MEDS folder of one shard."""
    path = folder / "data" / "train" / "0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(events(drawn), path)
    return folder
