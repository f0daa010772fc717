"""Inpatient and outpatient claims of the DE-SynPUF as stays, visits and their codes.

A claim may come in segments: of each column the first that has a value speaks. Wide rows are made
long in one pass; nothing is joined but the codes of a claim to its dates, by its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import selectors

from features.readers.delays import CODED_AFTER
from features.readers.synpuf_layout import (
    DIAGNOSES,
    EMERGENCY,
    HCPCS,
    MOST_ODD,
    NO_DRG,
    PROCEDURE_CODE,
    PROCEDURES,
    SETTINGS,
)
from features.readers.workshop import day

KEY = ("DESYNPUF_ID", "CLM_ID")


STAY = {
    "facility_id": "PRVDR_NUM",
    "admitted_at": "CLM_ADMSN_DT",
    "discharged_at": "NCH_BENE_DSCHRG_DT",
    "drg": "CLM_DRG_CD",
    "cost": "CLM_PMT_AMT",
}
OUTPATIENT = {
    "facility_id": "PRVDR_NUM",
    "provider_id": "AT_PHYSN_NPI",
    "at": "CLM_FROM_DT",
    "until": "CLM_THRU_DT",
    "cost": "CLM_PMT_AMT",
}


def numbered(prefix: str, places: int) -> list[str]:
    return [f"{prefix}{place}" for place in range(1, places + 1)]


def _first_segments(rows: ir.Table, columns: Mapping[str, str], **more: ir.Value) -> ir.Table:
    """One row per claim: of each column the first segment's value there is."""
    segment = rows.SEGMENT.cast("float64")
    first = {name: rows[column].first(order_by=segment) for name, column in columns.items()}
    return rows.group_by(*KEY).agg(**first, **more)


def inpatient_claims(rows: ir.Table) -> ir.Table:
    """One row per stay, with `stay_id`, and `at` and `known_at` of its codes."""
    first = _first_segments(rows, STAY)
    started, ended = day(first.admitted_at), day(first.discharged_at)
    coded = ended + ibis.interval(days=CODED_AFTER)
    return first.mutate(
        admitted_at=started,
        discharged_at=ended,
        coded_known=coded,
        drg=ibis.ifelse(first.drg.isin(NO_DRG), None, first.drg),
        stay_id=first.CLM_ID,
        visit_id=ibis.null("string"),
        at=started,
        known_at=coded.coalesce(started + ibis.interval(days=CODED_AFTER)),
    )


def outpatient_claims(rows: ir.Table) -> ir.Table:
    """One row per claim: a stay in an emergency department where a code says so, else a visit.

    segments  rows of the file it is told by
    """
    codes = (rows[column].isin(EMERGENCY) for column in numbered("HCPCS_CD_", HCPCS))
    emergency = reduce(or_, (code.fill_null(False) for code in codes)).any()
    first = _first_segments(rows, OUTPATIENT, emergency=emergency, segments=rows.count())
    at = day(first.at)
    return first.mutate(
        at=at,
        known_at=day(first.until).coalesce(at) + ibis.interval(days=CODED_AFTER),
        stay_id=ibis.ifelse(first.emergency, first.CLM_ID, None),
        visit_id=ibis.ifelse(first.emergency, None, first.CLM_ID),
    )


def inpatient_stays(claims: ir.Table) -> ir.Table:
    number = claims.facility_id
    return claims.select(
        "facility_id", "admitted_at", "discharged_at", "coded_known", "drg", "cost",
        person_id=claims.DESYNPUF_ID,
        stay_id=claims.CLM_ID,
        setting=ibis.cases(*((number.re_search(p), s) for p, s in SETTINGS), else_="acute"),
        admitted_known=claims.admitted_at,
        discharged_known=claims.discharged_at,
        admission_method=ibis.literal("unknown"),
    )  # fmt: skip


def emergency_stays(claims: ir.Table) -> ir.Table:
    """Outpatient claims with an emergency-department visit, each a stay of its first day: later
    days of a claim are of other services."""
    rows = claims.filter(claims.emergency)
    return rows.select(
        "facility_id",
        admitted_at=rows.at,
        discharged_at=rows.at,
        coded_known=rows.known_at,
        drg=ibis.null("string"),
        cost=rows.cost,
        person_id=rows.DESYNPUF_ID,
        stay_id=rows.CLM_ID,
        setting=ibis.literal("emergency"),
        admitted_known=rows.at,
        discharged_known=rows.at,
        admission_method=ibis.literal("unknown"),
    )


def outpatient_visits(claims: ir.Table) -> ir.Table:
    rows = claims.filter(~claims.emergency)
    return rows.select(
        "visit_id", "at", "known_at", "provider_id", "facility_id",
        person_id=rows.DESYNPUF_ID,
        setting=ibis.literal("outpatient"),
        cost=rows.cost.cast("float64"),
    )  # fmt: skip


def codes_of(
    rows: ir.Table, claims: ir.Table, system: str, columns: Sequence[str], places: int
) -> ir.Table:
    """Codes of the numbered columns of claims in segments, a row each; positions run on."""
    long = long_of(rows.select(*KEY, "SEGMENT", *columns), columns)
    segment = long.SEGMENT.cast("float64").cast("int32")
    return _tied(long.mutate(position=long.place + (segment - 1) * places), claims, system)


def admitting(rows: ir.Table, claims: ir.Table) -> ir.Table:
    """The admitting diagnosis, of an outpatient claim the reason for the visit: of no position."""
    codes = rows.select(*KEY, code=rows.ADMTNG_ICD9_DGNS_CD, position=ibis.null("int32"))
    return _tied(codes.filter(codes.code.notnull()), claims, "ICD-9-CM")


def long_of(wide: ir.Table, columns: Sequence[str]) -> ir.Table:
    """A row per column that has a value: its `code` and the number its name ends with, `place`."""
    long = wide.pivot_longer(
        selectors.cols(*columns),
        names_to="place", names_pattern=r"^.*_(\d+)$", names_transform=int, values_to="code",
    )  # fmt: skip
    return long.filter(long.code.notnull())


def _tied(codes: ir.Table, claims: ir.Table, system: str) -> ir.Table:
    times = claims.select(*KEY, "stay_id", "visit_id", "at", "known_at")
    return facts_of(codes.inner_join(times, list(KEY)), system)


def facts_of(found: ir.Table, system: str) -> ir.Table:
    return found.select(
        "code", "stay_id", "visit_id", "at", "known_at",
        position=found.position.cast("int32"),
        person_id=found.DESYNPUF_ID,
        code_system=ibis.literal(system),
    )  # fmt: skip


def values_of(rows: ir.Table, columns: Sequence[str]) -> int:
    """How many values stand in the columns."""
    told = rows.agg(**{column: rows[column].count() for column in columns})
    return sum(told.to_pyarrow().to_pylist()[0].values())


def procedure_columns(rows: ir.Table) -> tuple[list[str], int]:
    """The ICD-9 procedure columns that hold procedures, and how many values stand in the others.

    In the inpatient file columns 2 to 6 hold diagnosis codes; here each column is told by the shape
    of its codes.
    """
    columns = numbered("ICD9_PRCDR_CD_", PROCEDURES)
    told = rows.agg(
        **{column: rows[column].count() for column in columns},
        **{f"odd_{c}": (~rows[c].re_search(PROCEDURE_CODE)).sum() for c in columns},
    )
    found = told.to_pyarrow().to_pylist()[0]
    sound = [c for c in columns if (found[f"odd_{c}"] or 0) <= MOST_ODD * found[c]]
    return sound, sum(found[c] for c in columns if c not in sound)


def segment_diagnoses(rows: ir.Table, claims: ir.Table) -> ir.Table:
    """Coded diagnoses by position, and the admitting diagnosis without one."""
    columns = numbered("ICD9_DGNS_CD_", DIAGNOSES)
    return codes_of(rows, claims, "ICD-9-CM", columns, DIAGNOSES).union(admitting(rows, claims))


def segment_procedures(
    rows: ir.Table, claims: ir.Table, icd9: Sequence[str], places: int
) -> ir.Table:
    """ICD-9 procedures of the columns named, of `places` a segment has, and HCPCS codes."""
    hcpcs = codes_of(rows, claims, "HCPCS", numbered("HCPCS_CD_", HCPCS), HCPCS)
    if not icd9:
        return hcpcs
    return codes_of(rows, claims, "ICD-9-PCS", icd9, places).union(hcpcs)
