"""Reads Synthea's CSV export: patients and encounters, and the other tables that are there.

An encounter is a stay (inpatient, emergency, nursing facility, hospice, home care) or a visit by
its class; its reason is its principal diagnosis, as it is in Synthea's own claims. Conditions,
procedures, medications and observations are an electronic record kept as care happens, so they are
known when recorded; the cost of a stay is known when billed. Times are UTC and taken as written.

A medication is a course: its first dispense is the row, at the price of one. How many dispenses
followed, and until when, was not known at its start and is not laid out into days, so further
dispenses are counted and left out. Payer periods say when a person is followed, insured or not:
Synthea records care whoever pays. Without them no coverage is stated.

What the files do not say stays unknown: how a patient was admitted, from where, and where they
went. The address has no dates; the generator gives it at birth and does not change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.readers.files import empty, table_files
from features.readers.opened import open_if_there, open_table
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.synthea_care import (
    contacts_of,
    diagnosis,
    dispensing,
    further_dispenses,
    measurement,
    procedure,
    reasons,
    stay,
    untied,
    visit,
)
from features.readers.synthea_layout import (
    CONDITIONS,
    ENCOUNTERS,
    LEFT_OUT,
    MEDICATIONS,
    OBSERVATIONS,
    PATIENTS,
    PAYER_TRANSITIONS,
    PROCEDURES,
    PROVIDERS,
    SEX,
    YEAR,
)
from features.readers.unread import rows_unread
from features.readers.workshop import Workshop, counted

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": "30 days after discharge",
    "visit.known_at": "at the visit",
    "diagnosis.known_at": "when recorded: at the encounter, or at the onset where that is later",
    "procedure.known_at": "when done",
    "dispensing.known_at": "at the start of the course",
    "measurement.known_at": "when measured",
    "person.death_known": "on the day of death",
    "coverage.known_at": "on the first day",
    "registration.known_at": "at birth",
}
OPTIONAL = (
    PROVIDERS, CONDITIONS, PROCEDURES, MEDICATIONS, OBSERVATIONS, PAYER_TRANSITIONS,
)  # fmt: skip
"""In the order of `Export`."""

NO_TIE = "ties to an encounter that the patient does not have"
PRECISION = {
    "person": "day", "registration": "day", "coverage": "minute", "stay": "minute",
    "visit": "minute", "diagnosis": "day", "procedure": "minute", "dispensing": "minute",
    "measurement": "minute",
}  # fmt: skip


@dataclass(frozen=True)
class Export:
    """The tables of an export, typed; None where one is not there."""

    patients: ir.Table
    encounters: ir.Table
    providers: ir.Table | None
    conditions: ir.Table | None
    procedures: ir.Table | None
    medications: ir.Table | None
    observations: ir.Table | None
    payers: ir.Table | None


def read(workshop: Workshop, given: Source) -> Reading:
    """The export in the folder given.

    Raises InputError where patients or encounters are missing, there is no patient, or a table
    lacks a column.
    """
    source = given.path
    export = _opened(workshop, source)
    contacts = contacts_of(export.encounters)
    periods = None if export.payers is None else _periods(export.payers)
    last = _last(export.encounters, periods)
    return Reading(
        source="synthea",
        tables=_tables(export, contacts, periods, last),
        precision=PRECISION,
        delays=DELAYS,
        last=last,
        last_known=None if last is None else datetime.combine(last, time.max),
        read={
            "diagnosis": counted(reasons(export.encounters)) + _rows(export.conditions),
            "coverage": _rows(periods),
        },
        left_out=_some({**_left_out(export, contacts, periods), **_unread(workshop, source)}),
    )


READER = Reader("synthea", "Synthea's CSV export, releases 2 and 3", read)


def _opened(workshop: Workshop, source: Path) -> Export:
    patients = open_table(workshop, source, PATIENTS)
    if not workshop.loaded["patients"].read:
        raise empty(table_files(source, "patients")[0])
    return Export(
        patients,
        open_table(workshop, source, ENCOUNTERS),
        *(open_if_there(workshop, source, layout) for layout in OPTIONAL),
    )


def _tables(
    export: Export, contacts: ir.Table, periods: ir.Table | None, last: date | None
) -> dict[str, ir.Table]:
    """The canonical tables that the export tells of."""
    conditions, procedures = export.conditions, export.procedures
    medications, observations = export.medications, export.observations
    kind = "medical" if medications is None else "all"
    told = {
        "person": _person(export.patients),
        "registration": _registration(export.patients),
        "coverage": None if periods is None else _coverage(periods, last, kind),
        "stay": stay(export.encounters, export.providers),
        "visit": visit(export.encounters, export.providers),
        "diagnosis": diagnosis(export.encounters, conditions, contacts),
        "procedure": None if procedures is None else procedure(procedures, contacts),
        "dispensing": None if medications is None else dispensing(medications),
        "measurement": None if observations is None else measurement(observations),
    }
    return {name: rows for name, rows in told.items() if rows is not None}


def _left_out(
    export: Export, contacts: ir.Table, periods: ir.Table | None
) -> dict[str, dict[str, int]]:
    momentary = _rows(export.payers) - _rows(periods)
    further = further_dispenses(export.medications)
    return {
        "registration": {"no birth date or no address": _placeless(export.patients)},
        "coverage": {"periods that end as they start": momentary},
        "diagnosis": {NO_TIE: untied(export.conditions, contacts)},
        "procedure": {NO_TIE: untied(export.procedures, contacts)},
        "dispensing": {"further dispenses of a course": further},
    }


def _rows(table: ir.Table | None) -> int:
    return 0 if table is None else counted(table)


def _person(patients: ir.Table) -> ir.Table:
    sex = patients.GENDER.fill_null("").strip().lower()
    return patients.select(
        person_id=patients.Id,
        birth_date=patients.BIRTHDATE,
        sex=sex.cases(*SEX.items(), else_=patients.GENDER),
        death_date=patients.DEATHDATE,
        death_known=patients.DEATHDATE.cast("timestamp(6)"),
        ethnicity=ibis.coalesce(
            patients.RACE + ", " + patients.ETHNICITY, patients.RACE, patients.ETHNICITY
        ),
    )


def _place(patients: ir.Table) -> ir.StringValue:
    return ibis.coalesce(
        patients.COUNTY + ", " + patients.STATE, patients.COUNTY, patients.STATE
    )  # fmt: skip


def _registration(patients: ir.Table) -> ir.Table:
    """One row per person with an address: county and state since birth. There is no practice."""
    born = patients.BIRTHDATE.cast("timestamp(6)")
    rows = patients.select(
        person_id=patients.Id, from_at=born, known_at=born, locality=_place(patients)
    )
    return rows.filter(rows.from_at.notnull() & rows.locality.notnull())


def _placeless(patients: ir.Table) -> int:
    return counted(patients.filter(patients.BIRTHDATE.isnull() | _place(patients).isnull()))


def _periods(payers: ir.Table) -> ir.Table:
    """Periods of some length, as text that reads as a time. Older releases give years, both
    included."""
    rows = payers.select(
        "PATIENT", from_at=_moment(payers.START_DATE, 0), to_at=_moment(payers.END_DATE, 1)
    )
    return rows.filter(~rows.from_at.identical_to(rows.to_at))


def _moment(text: ir.StringValue, years: int) -> ir.StringValue:
    year = text.try_cast("int64") + years
    first_day = year.cast("string") + "-01-01"
    return ibis.ifelse(text.re_search(YEAR), first_day, text.re_replace("[Zz]$", ""))


def _coverage(periods: ir.Table, last: date | None, kind: str) -> ir.Table:
    """One row per person and first day: the longest period, open where it passes the last day."""
    ended = periods.to_at.try_cast("date") <= ibis.literal(last, "date")
    goes_on = periods.to_at.isnull() | ~ended.fill_null(True)
    rows = periods.group_by("PATIENT", "from_at").agg(
        goes_on=goes_on.any(), to_at=periods.to_at.max()
    )
    return rows.select(
        person_id=rows.PATIENT,
        from_at=rows.from_at,
        to_at=ibis.ifelse(rows.goes_on, None, rows.to_at),
        known_at=rows.from_at,
        kind=ibis.literal(kind),
    )


def _last(encounters: ir.Table, periods: ir.Table | None) -> date | None:
    """Last day of the export: of the last encounter, or of the last payer period that began; None
    where there is neither."""
    days = [encounters.START.max(), encounters.STOP.max()]
    if periods is not None:
        days.append(periods.from_at.try_cast("timestamp(6)").max())
    found = [day.to_pyarrow().as_py() for day in days]
    return max((day.date() for day in found if day is not None), default=None)


def _some(left_out: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Only what there is some of."""
    return {name: told for name, told in left_out.items() if any(told.values())}


def _unread(workshop: Workshop, source: Path) -> dict[str, dict[str, int]]:
    """Rows of the tables that become no rows of the History."""
    numbers = {name: rows_unread(workshop, source, name) for name in LEFT_OUT}
    return {name: {LEFT_OUT[name]: n} for name, n in numbers.items() if n is not None}
