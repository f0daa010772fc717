"""Reads the CMS 2008-2010 DE-SynPUF: yearly beneficiary files and inpatient claims.

A person is a DESYNPUF_ID over all years, the latest year speaking for what may change. A stay is an
inpatient claim: where it has several segments, the first that has a value speaks (the yearly totals
of the beneficiary file count the first segment's payment alone).

What the files do not say stays unknown: how a patient was admitted, from where, and where they
went. Outpatient, physician and medicine claims are not read, so coverage is of admissions alone: of
emergency visits, nursing facilities and the costs of all other care nothing is known. Months of
coverage come as totals of a year: Part A less HMO months, laid out as `_coverage` says. Deaths
come by month, so a death is known at the end of its month.

Left out: the yearly flags SP_* and BENE_ESRD_IND and the yearly money, which hold for a whole year
and would tell of its end at its beginning; and ICD9_PRCDR_CD_2 to 6, which hold diagnosis codes in
this file. The data are synthetic: relations between variables are distorted.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir
from ibis import selectors

from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.synpuf_layout import (
    BENEFICIARY,
    DIAGNOSES,
    HCPCS,
    INPATIENT,
    MISFILED,
    NO_DRG,
    RACE,
    SETTINGS,
    SEX,
)
from features.readers.workshop import Workshop, counted, day

CODED_AFTER = 30
"""Days after discharge when codes and payment of a claim are taken to be known.

Hospitals bill within weeks; whoever runs a programme hears of an admission or discharge at once.
"""

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "person.death_known": "at the end of the month of death",
    "coverage.known_at": "on the first day",
    "registration.known_at": "on the first day",
}
PRECISION = {"person": "month", "coverage": "month", "registration": "year", "stay": "day"}


def read(workshop: Workshop, given: Source) -> Reading:
    """One or several samples below the folder. Raises InputError where a file or column lacks."""
    source = given.path
    yearly = workshop.load(source, BENEFICIARY)
    claims = workshop.load(source, INPATIENT)
    people, stays = _latest(yearly), _stays(claims)
    last = date(int(yearly.year.max().to_pyarrow().as_py()), 12, 31)
    return Reading(
        source="synpuf",
        tables={
            "person": _person(people),
            "registration": _registration(yearly),
            "coverage": _coverage(yearly, last),
            "stay": _stay(stays),
            "diagnosis": _diagnosis(claims, stays),
            "procedure": _procedure(claims, stays),
        },
        precision=PRECISION,
        delays=DELAYS,
        last=last,
        last_known=datetime.combine(last, time.max),
        latest=date(last.year + 1, 12, 31),
        read={
            "person": counted(yearly),
            "stay": counted(claims),
        },
        conflicts={
            "person": _disagreeing(yearly, ["DESYNPUF_ID"], _PERSON),
            "stay": _disagreeing(claims, ["DESYNPUF_ID", "CLM_ID"], _STAY),
        },
        left_out={
            "procedure": {"values of ICD9_PRCDR_CD_2 to 6, diagnosis codes here": _misfiled(claims)}
        },
    )


READER = Reader("synpuf", "CMS 2008-2010 DE-SynPUF, one or several samples", read)

_PERSON = {
    "birth_date": "BENE_BIRTH_DT",
    "death_date": "BENE_DEATH_DT",
    "sex": "BENE_SEX_IDENT_CD",
    "ethnicity": "BENE_RACE_CD",
}
_STAY = {
    "facility_id": "PRVDR_NUM",
    "admitted_at": "CLM_ADMSN_DT",
    "discharged_at": "NCH_BENE_DSCHRG_DT",
    "drg": "CLM_DRG_CD",
    "cost": "CLM_PMT_AMT",
}


def _disagreeing(rows: ir.Table, key: list[str], columns: dict[str, str]) -> dict[str, int]:
    """How many people or stays are told of by rows that differ in a column."""
    different = {name: rows[c].nunique() > 1 for name, c in columns.items()}
    groups = rows.group_by(key).agg(**different)
    counts = groups.agg(**{name: groups[name].sum() for name in columns}).to_pyarrow()
    return {name: int(n or 0) for name, n in counts.to_pylist()[0].items()}


def _latest(yearly: ir.Table) -> ir.Table:
    """One row per person: of each column the latest value there is."""
    newest = yearly.year.desc()
    return yearly.group_by("DESYNPUF_ID").agg(
        **{name: yearly[c].first(order_by=newest) for name, c in _PERSON.items()}
    )


def _misfiled(claims: ir.Table) -> int:
    """How many values stand in the procedure columns that hold diagnosis codes."""
    told = claims.agg(**{column: claims[column].count() for column in MISFILED})
    return sum(told.to_pyarrow().to_pylist()[0].values())


def _person(people: ir.Table) -> ir.Table:
    died = day(people.death_date)
    return people.select(
        person_id=people.DESYNPUF_ID,
        birth_date=day(people.birth_date),
        sex=people.sex.cases(*SEX.items(), else_="unknown"),
        death_date=died,
        death_known=died.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1),
        ethnicity=people.ethnicity.cases(*RACE.items(), else_=None),
    )


def _year(rows: ir.Table) -> ir.IntegerValue:
    return rows.year.cast("int32")


def _registration(yearly: ir.Table) -> ir.Table:
    """One row per person and place, from the first year seen there. There is no practice."""
    placed = yearly.select(
        person_id=yearly.DESYNPUF_ID,
        from_at=ibis.date(_year(yearly), 1, 1),
        locality=yearly.SP_STATE_CODE + "-" + yearly.BENE_COUNTY_CD,
    )
    years = ibis.window(group_by="person_id", order_by="from_at")
    seen = placed.mutate(
        first=ibis.row_number().over(years) == 0, before=placed.locality.lag().over(years)
    )
    moved = seen.filter(seen.first | ~seen.locality.identical_to(seen.before))
    return moved.select(
        "person_id", "from_at", "locality",
        to_at=moved.from_at.lead().over(years),
        known_at=moved.from_at,
    )  # fmt: skip


def _coverage(yearly: ir.Table, last: date) -> ir.Table:
    """One row per person and year with months of Part A outside an HMO.

    A part of a year runs to December where cover goes on into the next year and did not last
    through the year before, else from January: cover that is interrupted least. Cover that reaches
    the last day of the files goes on as far as they can tell.
    """
    counted = yearly.select("DESYNPUF_ID", year=_year(yearly), months=_months(yearly))
    years = ibis.window(group_by="DESYNPUF_ID", order_by="year")
    before, after = (
        ibis.ifelse(year == counted.year + step, months, 0).fill_null(0)
        for step, year, months in (
            (-1, counted.year.lag().over(years), counted.months.lag().over(years)),
            (1, counted.year.lead().over(years), counted.months.lead().over(years)),
        )
    )
    placed = counted.mutate(
        skipped=ibis.ifelse((after > 0) & (before < 12), 12 - counted.months, 0)
    )
    covered = placed.filter(placed.months > 0)
    end = covered.skipped + covered.months
    start = ibis.date(covered.year, covered.skipped + 1, 1)
    stop = ibis.date(covered.year + end // 12, end % 12 + 1, 1)
    return covered.select(
        person_id=covered.DESYNPUF_ID,
        from_at=start,
        to_at=stop.nullif(ibis.literal(last + timedelta(days=1))),
        known_at=start,
        kind=ibis.literal("inpatient"),
    )


def _months(yearly: ir.Table) -> ir.IntegerValue:
    """Months of a year in which hospital claims are paid by Medicare itself, 0 to 12."""
    hospital = yearly.BENE_HI_CVRAGE_TOT_MONS.cast("float64").cast("int32").fill_null(0)
    managed = yearly.BENE_HMO_CVRAGE_TOT_MONS.cast("float64").cast("int32").fill_null(0)
    return (hospital - managed).clip(0, 12)


def _stays(claims: ir.Table) -> ir.Table:
    """One row per claim: of each column the first segment's value there is."""
    segment = claims.SEGMENT.cast("float64")
    first = claims.group_by("DESYNPUF_ID", "CLM_ID").agg(
        **{name: claims[c].first(order_by=segment) for name, c in _STAY.items()}
    )
    ended = day(first.discharged_at)
    return first.mutate(
        admitted_at=day(first.admitted_at),
        discharged_at=ended,
        coded_known=ended + ibis.interval(days=CODED_AFTER),
        drg=ibis.ifelse(first.drg.isin(NO_DRG), None, first.drg),
    )


def _stay(stays: ir.Table) -> ir.Table:
    number = stays.facility_id
    return stays.select(
        "facility_id", "admitted_at", "discharged_at", "coded_known", "drg", "cost",
        person_id=stays.DESYNPUF_ID,
        stay_id=stays.CLM_ID,
        setting=ibis.cases(*((number.re_search(p), s) for p, s in SETTINGS), else_="acute"),
        admitted_known=stays.admitted_at,
        discharged_known=stays.discharged_at,
        admission_method=ibis.literal("unknown"),
    )  # fmt: skip


def _facts(claims: ir.Table, stays: ir.Table, system: str, places: int, prefix: str) -> ir.Table:
    """Codes of the columns `prefix`1, 2, ..., a row each; positions run on over the segments."""
    columns = [f"{prefix}{place}" for place in range(1, places + 1)]
    long = claims.select("DESYNPUF_ID", "CLM_ID", "SEGMENT", *columns).pivot_longer(
        selectors.cols(*columns),
        names_to="place", names_pattern=rf"^{prefix}(\d+)$", names_transform=int, values_to="code",
    )  # fmt: skip
    segment = long.SEGMENT.cast("float64").cast("int32")
    placed = long.mutate(position=(long.place + (segment - 1) * places).cast("int32"))
    return _tied(placed.filter(placed.code.notnull()), stays, system)


def _tied(codes: ir.Table, stays: ir.Table, system: str) -> ir.Table:
    times = stays.select("DESYNPUF_ID", "CLM_ID", "admitted_at", "coded_known")
    found = codes.inner_join(times, ["DESYNPUF_ID", "CLM_ID"])
    return found.select(
        "code", "position",
        person_id=found.DESYNPUF_ID,
        stay_id=found.CLM_ID,
        at=found.admitted_at,
        known_at=found.coded_known.coalesce(found.admitted_at + ibis.interval(days=CODED_AFTER)),
        code_system=ibis.literal(system),
    )  # fmt: skip


def _diagnosis(claims: ir.Table, stays: ir.Table) -> ir.Table:
    """Coded diagnoses by position, and the admitting diagnosis without one."""
    admitting = claims.select(
        "DESYNPUF_ID", "CLM_ID",
        code=claims.ADMTNG_ICD9_DGNS_CD, position=ibis.null("int32"),
    )  # fmt: skip
    admitting = _tied(admitting.filter(admitting.code.notnull()), stays, "ICD-9-CM")
    return _facts(claims, stays, "ICD-9-CM", DIAGNOSES, "ICD9_DGNS_CD_").union(admitting)


def _procedure(claims: ir.Table, stays: ir.Table) -> ir.Table:
    """The first ICD-9 procedure of a claim, and its HCPCS codes."""
    own = _facts(claims, stays, "ICD-9-PCS", 1, "ICD9_PRCDR_CD_")
    return own.union(_facts(claims, stays, "HCPCS", HCPCS, "HCPCS_CD_"))
