"""People of the DE-SynPUF: who they are, where they live and when their use is observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from features.readers.filekind import FileKind
from features.readers.synpuf_layout import BENEFICIARY, RACE, SEX
from features.readers.workshop import day

PERSON = {
    "birth_date": "BENE_BIRTH_DT",
    "death_date": "BENE_DEATH_DT",
    "sex": "BENE_SEX_IDENT_CD",
    "ethnicity": "BENE_RACE_CD",
}

HOSPITAL, PHYSICIAN = "BENE_HI_CVRAGE_TOT_MONS", "BENE_SMI_CVRAGE_TOT_MONS"
MANAGED, MEDICINES = "BENE_HMO_CVRAGE_TOT_MONS", "PLAN_CVRG_MOS_NUM"


def beneficiaries(kinds: Mapping[str, bool]) -> FileKind:
    """The beneficiary files with the months that the kinds of coverage stated are made of."""
    also = [PHYSICIAN] * kinds["ambulatory"] + [MEDICINES] * kinds["pharmacy"]
    return replace(
        BENEFICIARY,
        columns=(*BENEFICIARY.columns, *also),
        numbers=(*BENEFICIARY.numbers, *also),
    )


def latest(yearly: ir.Table) -> ir.Table:
    """One row per person: of each column the latest value there is."""
    newest = yearly.year.desc()
    return yearly.group_by("DESYNPUF_ID").agg(
        **{name: yearly[c].first(order_by=newest) for name, c in PERSON.items()}
    )


def person(people: ir.Table) -> ir.Table:
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


def registration(yearly: ir.Table) -> ir.Table:
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


def coverage(yearly: ir.Table, last: date, kinds: Mapping[str, bool]) -> ir.Table:
    """Periods of each kind that the files at hand let us see."""
    return ibis.union(*(_periods(yearly, last, kind) for kind, seen in kinds.items() if seen))


def _periods(yearly: ir.Table, last: date, kind: str) -> ir.Table:
    """One row per person and year with months of cover of that kind.

    A part of a year runs to December where cover goes on into the next year and did not last
    through the year before, else from January: cover that is interrupted least. Cover that reaches
    the last day of the files goes on as far as they can tell.
    """
    counted = yearly.select("DESYNPUF_ID", year=_year(yearly), months=MONTHS[kind](yearly))
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
        kind=ibis.literal(kind),
    )


def _months(yearly: ir.Table, column: str) -> ir.IntegerValue:
    return yearly[column].cast("float64").cast("int32").fill_null(0)


def _hospital(yearly: ir.Table) -> ir.IntegerValue:
    """Months in which hospital claims are paid by Medicare itself, 0 to 12."""
    return (_months(yearly, HOSPITAL) - _months(yearly, MANAGED)).clip(0, 12)


def _ambulatory(yearly: ir.Table) -> ir.IntegerValue:
    """Months in which hospital and physician claims are, at the most: the shorter of the two."""
    both = ibis.least(_months(yearly, HOSPITAL), _months(yearly, PHYSICIAN))
    return (both - _months(yearly, MANAGED)).clip(0, 12)


def _medicines(yearly: ir.Table) -> ir.IntegerValue:
    """Months with a medicine plan; its events are told for members of an HMO, too."""
    return _months(yearly, MEDICINES).clip(0, 12)


MONTHS = {"inpatient": _hospital, "ambulatory": _ambulatory, "pharmacy": _medicines}
