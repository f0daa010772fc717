"""Reads the CMS 2008-2010 DE-SynPUF: yearly beneficiary files and inpatient claims, and outpatient
claims, physicians' (carrier) claims and prescription drug events where these files are there.

A person is a DESYNPUF_ID over all years, the latest year speaking for what may change. A stay is an
inpatient claim: where it has several segments, the first that has a value speaks (the yearly totals
of the beneficiary file count the first segment's payment alone). An outpatient claim is a visit, or
a stay of one day in an emergency department; a physician's claim is a visit.

What the files do not say stays unknown: how a patient was admitted, from where, and where they
went. Coverage is of what the files let us see: of admissions alone without the claims of outpatient
departments and physicians, with them of visits and emergency departments too (`ambulatory`), of
medicines only with the drug events. There are no files of nursing homes, hospices or care at home.
Months of coverage come as totals of a year, laid out as
`synpuf_people` says. Deaths come by month, so a death is known at the end of its month.

Left out: the yearly flags SP_* and BENE_ESRD_IND and the yearly money, which hold for a whole year
and would tell of its end at its beginning; and ICD9_PRCDR_CD_2 to 6 of inpatient claims, which hold
diagnosis codes. The data are synthetic: relations between variables are distorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.filekind import FileKind
from features.readers.files import below
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.synpuf_claims import (
    KEY,
    STAY,
    emergency_stays,
    inpatient_claims,
    inpatient_stays,
    outpatient_claims,
    outpatient_visits,
    procedure_columns,
    segment_diagnoses,
    segment_procedures,
    values_of,
)
from features.readers.synpuf_claims import (
    OUTPATIENT as OUTPATIENT_COLUMNS,
)
from features.readers.synpuf_layout import (
    CARRIER,
    CARRIER_DIAGNOSES,
    DRUGS,
    INPATIENT,
    LINES,
    MISFILED,
    OUTPATIENT,
    PROCEDURES,
)
from features.readers.synpuf_lines import (
    carrier_claims,
    carrier_visits,
    line_codes,
    line_diagnoses,
    repeated_line_diagnoses,
    supplies,
)
from features.readers.synpuf_people import (
    PERSON,
    beneficiaries,
    coverage,
    latest,
    person,
    registration,
)
from features.readers.workshop import Workshop, counted

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "person.death_known": "at the end of the month of death",
    "coverage.known_at": "on the first day",
    "registration.known_at": "on the first day",
}
PRECISION = {"person": "month", "coverage": "month", "registration": "year", "stay": "day"}
BILLED = f"{CODED_AFTER} days after the last day of the claim"


@dataclass(frozen=True)
class Part:
    """What the files of one kind tell.

    rows       canonical table -> its rows
    read       canonical table -> rows of the files that are told there, where that differs
    conflicts, left_out, delays, precision  as of `Reading`
    """

    rows: Mapping[str, ir.Table]
    read: Mapping[str, int] = field(default_factory=dict)
    conflicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    delays: Mapping[str, str] = field(default_factory=dict)
    precision: Mapping[str, str] = field(default_factory=dict)


def read(workshop: Workshop, given: Source) -> Reading:
    """One or several samples below the folder. Raises InputError where a file or column lacks."""
    source = given.path
    there = {kind.kind for kind in (OUTPATIENT, CARRIER, DRUGS) if _there(source, kind)}
    kinds = {
        "inpatient": True,
        "ambulatory": {"outpatient", "carrier"} <= there,
        "pharmacy": "drugs" in there,
    }
    yearly = workshop.load(source, beneficiaries(kinds))
    last = date(int(yearly.year.max().to_pyarrow().as_py()), 12, 31)
    parts = [
        _people(yearly, last, kinds),
        _inpatient(workshop.load(source, INPATIENT)),
        *(PARTS[kind](workshop, source) for kind in PARTS if kind in there),
    ]
    return Reading(
        source="synpuf",
        tables=_united(parts),
        precision=_merged(part.precision for part in parts),
        delays=_merged(part.delays for part in parts),
        last=last,
        last_known=datetime.combine(last, time.max),
        latest=date(last.year + 1, 12, 31),
        read=_summed(part.read for part in parts),
        conflicts=_counts(part.conflicts for part in parts),
        left_out=_counts(part.left_out for part in parts),
    )


READER = Reader("synpuf", "CMS 2008-2010 DE-SynPUF, one or several samples", read)


def _there(source: Path, kind: FileKind) -> bool:
    return any(kind.pattern.search(path.name) for path in below(source))


def _people(yearly: ir.Table, last: date, kinds: Mapping[str, bool]) -> Part:
    return Part(
        rows={
            "person": person(latest(yearly)),
            "registration": registration(yearly),
            "coverage": coverage(yearly, last, kinds),
        },
        read={"person": counted(yearly)},
        conflicts={"person": _disagreeing(yearly, ("DESYNPUF_ID",), PERSON)},
        delays=DELAYS,
        precision=PRECISION,
    )


def _inpatient(rows: ir.Table) -> Part:
    claims = inpatient_claims(rows)
    return Part(
        rows={
            "stay": inpatient_stays(claims),
            "diagnosis": segment_diagnoses(rows, claims),
            "procedure": segment_procedures(rows, claims, ["ICD9_PRCDR_CD_1"], 1),
        },
        read={"stay": counted(rows)},
        conflicts={"stay": _disagreeing(rows, KEY, STAY)},
        left_out={
            "procedure": {
                "values of ICD9_PRCDR_CD_2 to 6, diagnosis codes here": values_of(rows, MISFILED)
            }
        },
    )


def _outpatient(workshop: Workshop, source: Path) -> Part:
    rows = workshop.load(source, OUTPATIENT)
    claims = workshop.kept("outpatient_claims", outpatient_claims(rows), ())
    procedures, misfiled = procedure_columns(rows)
    emergency = int(claims.filter(claims.emergency).segments.sum().to_pyarrow().as_py() or 0)
    return Part(
        rows={
            "stay": emergency_stays(claims),
            "visit": outpatient_visits(claims),
            "diagnosis": segment_diagnoses(rows, claims),
            "procedure": segment_procedures(rows, claims, procedures, PROCEDURES),
        },
        read={"stay": emergency, "visit": counted(rows) - emergency},
        conflicts={"visit": _disagreeing(rows, KEY, OUTPATIENT_COLUMNS)},
        left_out={"procedure": {"outpatient ICD9_PRCDR columns of diagnosis codes": misfiled}},
        delays={"visit.known_at": BILLED},
        precision={"visit": "day"},
    )


def _carrier(workshop: Workshop, source: Path) -> Part:
    claims = carrier_claims(workshop.load(source, CARRIER))
    own = line_codes(claims, "ICD-9-CM", "ICD9_DGNS_CD_", CARRIER_DIAGNOSES)
    return Part(
        rows={
            "visit": carrier_visits(claims),
            "diagnosis": own.union(line_diagnoses(claims)),
            "procedure": line_codes(claims, "HCPCS", "HCPCS_CD_", LINES),
        },
        read={"visit": counted(claims)},
        left_out={
            "diagnosis": {
                "diagnoses of lines that the claim tells already": repeated_line_diagnoses(claims)
            }
        },
        delays={"visit.known_at": BILLED},
        precision={"visit": "day"},
    )


def _drugs(workshop: Workshop, source: Path) -> Part:
    events = workshop.load(source, DRUGS)
    return Part(
        rows={"dispensing": supplies(events)},
        delays={"dispensing.known_at": "on the day of supply, as pharmacies bill"},
        precision={"dispensing": "day"},
    )


PARTS = {"outpatient": _outpatient, "carrier": _carrier, "drugs": _drugs}


def _disagreeing(
    rows: ir.Table, key: tuple[str, ...], columns: Mapping[str, str]
) -> dict[str, int]:
    """How many people or claims are told of by rows that differ in a column."""
    different = {name: rows[c].nunique() > 1 for name, c in columns.items()}
    groups = rows.group_by(*key).agg(**different)
    counts = groups.agg(**{name: groups[name].sum() for name in columns}).to_pyarrow()
    return {name: int(n or 0) for name, n in counts.to_pylist()[0].items()}


def _united(parts: list[Part]) -> dict[str, ir.Table]:
    """The rows of each table that any part tells of."""
    found: dict[str, list[ir.Table]] = {}
    for part in parts:
        for table, rows in part.rows.items():
            found.setdefault(table, []).append(rows)
    return {table: ibis.union(*rows) for table, rows in found.items()}


def _merged(maps: Iterator[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for each in maps for name, value in each.items()}


def _summed(maps: Iterator[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in maps:
        for name, number in each.items():
            total[name] = total.get(name, 0) + number
    return total


def _counts(maps: Iterator[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in maps:
        for table, told in each.items():
            found.setdefault(table, {}).update(told)
    return found
