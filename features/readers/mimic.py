"""Reads the MIMIC-IV hosp module: a folder of its tables, CSV or gzipped, in `hosp/` or not.

An admission is an acute stay, its codes tied to it. A time in the emergency department is a stay
of its own, as `transfers` tells them: most end in an admission (its `edouttime` says when the
patient left), some do not. Prescriptions are medicines supplied for the days they ran.

`patients` and `admissions` must be there; any other table may be missing, and is then named in the
answer and in the manifest. Nobody is said to have been observed, so there is no coverage.

What is known of the times: they are shifted per person into years from 2100 on, so days between
two people mean nothing; a birth is known by its year; deaths out of hospital come from state
records, up to a year after the last discharge.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from features.readers import mimic_layout as layout
from features.readers.delays import CODED_AFTER
from features.readers.mimic_left_out import LEFT, left_out, of_payer
from features.readers.opened import open_if_there, open_table
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.workshop import Workshop, counted

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "person.death_known": "at the end of the day of death",
    "dispensing.known_at": "when the order starts",
    "measurement.known_at": "when stored, else when taken",
}
PRECISION = {
    "person": "year", "stay": "minute", "diagnosis": "minute", "procedure": "day",
    "dispensing": "minute", "measurement": "minute",
}  # fmt: skip

Tables = Mapping[str, ir.Table | None]


def read(workshop: Workshop, given: Source) -> Reading:
    """The tables below the folder. Raises InputError where patients or admissions lack."""
    source = given.path
    patients = open_table(workshop, source, layout.PATIENTS)
    admissions = open_table(workshop, source, layout.ADMISSIONS)
    found = {t.name: open_if_there(workshop, source, t) for t in layout.OPTIONAL}
    missing = [name for name, rows in found.items() if rows is None]
    emergencies = _emergencies(admissions, found["transfers"])
    tables = {
        "person": _person(patients, admissions),
        "stay": _stay(admissions, found).union(_emergency(emergencies)),
        "diagnosis": _diagnosis(found["diagnoses_icd"], admissions),
        "procedure": _procedure(found, admissions),
        "dispensing": _dispensing(found["prescriptions"]),
        "measurement": _measurement(found),
    }
    return Reading(
        source="mimic",
        tables={name: rows for name, rows in tables.items() if rows is not None},
        precision=PRECISION,
        delays=DELAYS | ({"missing tables": ", ".join(missing)} if missing else {}),
        read={"stay": _rows_of_stays(admissions, emergencies, found)},
        conflicts={"person": _disagreeing(admissions)},
        left_out=left_out(workshop, source, patients, admissions, found),
    )


READER = Reader("mimic", "the MIMIC-IV hosp module, CSV", read)


def worded(text: ir.StringValue, words: Mapping[str, str | None]) -> ir.StringValue:
    """The canonical word; text that is no word of the table stays, for the check to refuse."""
    return text.cases(*words.items(), else_=text)


def words(number: ir.NumericValue, text: ir.StringValue) -> ir.StringValue:
    """The text of a measurement, null where it says no more than its number does ("<0.1" does)."""
    return ibis.ifelse(number.notnull() & text.try_cast("float64").notnull(), None, text)


def _said(text: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(text.strip().isin(layout.UNSAID), None, text.strip())


def _person(patients: ir.Table, admissions: ir.Table) -> ir.Table:
    """Race and language as the latest admission says that has them."""
    newest = admissions.admittime.desc()
    told = admissions.group_by("subject_id").agg(
        ethnicity=_said(admissions.race).first(order_by=newest),
        language=_said(admissions.language).first(order_by=newest),
    )
    rows = patients.left_join(told, "subject_id")
    return rows.select(
        "ethnicity", "language",
        person_id=rows.subject_id,
        birth_date=ibis.date((rows.anchor_year - rows.anchor_age).cast("int32"), 1, 1),
        sex=worded(rows.gender, layout.SEX).fill_null("unknown"),
        death_date=rows.dod,
        death_known=rows.dod.cast("timestamp(6)") + ibis.interval(days=1),
    )  # fmt: skip


def _stay(admissions: ir.Table, found: Tables) -> ir.Table:
    drgs, services = found["drgcodes"], found["services"]
    rows = _with(admissions, "drg", None if drgs is None else _drg(drgs))
    rows = _with(rows, "specialty", None if services is None else _service(services))
    died = rows.hospital_expire_flag == "1"
    return rows.select(
        "drg", "specialty",
        person_id=rows.subject_id,
        stay_id=rows.hadm_id,
        facility_id=ibis.literal(layout.FACILITY),
        setting=ibis.literal("acute"),
        admitted_at=rows.admittime,
        discharged_at=rows.dischtime,
        admitted_known=rows.admittime,
        discharged_known=rows.dischtime,
        coded_known=_coded(rows),
        admission_method=worded(rows.admission_type, layout.METHODS).fill_null("unknown"),
        admitted_from=worded(rows.admission_location, layout.CAME_FROM),
        discharged_to=ibis.ifelse(died, "died", worded(rows.discharge_location, layout.WENT_TO)),
    )  # fmt: skip


def _with(rows: ir.Table, column: str, told: ir.Table | None) -> ir.Table:
    """The rows with the column that `told` has by admission; null where it says nothing."""
    if told is None:
        return rows.mutate(**{column: ibis.null("string")})
    found = rows.left_join(told, ["subject_id", "hadm_id"])
    return found.select(rows, told[column])


def _coded(rows: ir.Table) -> ir.TimestampValue:
    return rows.dischtime + ibis.interval(days=CODED_AFTER)


def _drg(drgcodes: ir.Table) -> ir.Table:
    payer = of_payer(drgcodes)
    return payer.group_by("subject_id", "hadm_id").agg(drg=payer.drg_code.strip().min())


def _service(services: ir.Table) -> ir.Table:
    """The service that had the patient last, which discharged."""
    last = services.curr_service.strip().last(order_by=services.transfertime)
    return services.group_by("subject_id", "hadm_id").agg(specialty=last)


def _emergencies(admissions: ir.Table, transfers: ir.Table | None) -> ir.Table:
    """Times in the emergency department: those of `transfers`, and where an admission tells of one
    that is not there, that one. `hadm_id` is null where none was admitted."""
    told = admissions.filter(admissions.edregtime.notnull()).select(
        "subject_id", "hadm_id", intime="edregtime", outtime="edouttime",
        emergency_id=ibis.literal("ED-") + admissions.hadm_id,
    )  # fmt: skip
    if transfers is None:
        return told
    moves = transfers.filter(transfers.eventtype == "ED").select(
        "subject_id", "hadm_id", "intime", "outtime", emergency_id="transfer_id"
    )
    same = ["subject_id", "hadm_id", "intime"]
    left = told.select(*same, left_at=told.outtime)
    timed = moves.left_join(left, same)
    timed = timed.mutate(outtime=timed.left_at.coalesce(timed.outtime)).select(moves.columns)
    seen = moves.select("subject_id", "intime").distinct()
    admitted = moves.filter(moves.hadm_id.notnull()).select("subject_id", "hadm_id").distinct()
    other = told.anti_join(seen, ["subject_id", "intime"])
    return timed.union(other.anti_join(admitted, ["subject_id", "hadm_id"]))


def _emergency(visits: ir.Table) -> ir.Table:
    return visits.select(
        drg=ibis.null("string"),
        specialty=ibis.null("string"),
        person_id=visits.subject_id,
        stay_id=visits.emergency_id,
        facility_id=ibis.literal(layout.FACILITY),
        setting=ibis.literal("emergency"),
        admitted_at=visits.intime,
        discharged_at=visits.outtime,
        admitted_known=visits.intime,
        discharged_known=visits.outtime,
        coded_known=ibis.null("timestamp(6)"),
        admission_method=ibis.literal("emergency"),
        admitted_from=ibis.null("string"),
        discharged_to=ibis.ifelse(visits.hadm_id.notnull(), "acute", None),
    )


def _of_admissions(rows: ir.Table, admissions: ir.Table) -> ir.Table:
    """The rows with the times of their admission; null where there is no such admission."""
    times = admissions.group_by("subject_id", "hadm_id").agg(
        admittime=admissions.admittime.min(), dischtime=admissions.dischtime.max()
    )
    found = rows.left_join(times, ["subject_id", "hadm_id"])
    return found.select(rows, times.admittime, times.dischtime)


def _coded_rows(rows: ir.Table, at: ir.TimestampValue, system: ir.Value, code: str) -> ir.Table:
    return rows.select(
        person_id=rows.subject_id,
        stay_id=rows.hadm_id,
        at=at,
        known_at=_coded(rows).coalesce(at + ibis.interval(days=CODED_AFTER)),
        code_system=system,
        code=rows[code].strip(),
        position=rows.seq_num,
    )


def _diagnosis(diagnoses: ir.Table | None, admissions: ir.Table) -> ir.Table | None:
    if diagnoses is None:
        return None
    rows = _of_admissions(diagnoses, admissions)
    system = worded(rows.icd_version, layout.ICD_DIAGNOSES)
    return _coded_rows(rows, rows.admittime, system, "icd_code")


def _procedure(found: Tables, admissions: ir.Table) -> ir.Table | None:
    parts = []
    if (icd := found["procedures_icd"]) is not None:
        rows = _of_admissions(icd, admissions)
        system = worded(rows.icd_version, layout.ICD_PROCEDURES)
        parts.append(_coded_rows(rows, rows.chartdate, system, "icd_code"))
    if (hcpcs := found["hcpcsevents"]) is not None:
        rows = _of_admissions(hcpcs, admissions)
        parts.append(_coded_rows(rows, rows.chartdate, ibis.literal("HCPCS"), "hcpcs_cd"))
    return ibis.union(*parts) if parts else None


def _dispensing(orders: ir.Table | None) -> ir.Table | None:
    """By NDC where there is one, else by the name of the drug; days from start to stop, begun."""
    if orders is None:
        return None
    for bad in LEFT["prescriptions"].values():
        orders = orders.filter(~bad(orders))
    ndc = orders.ndc.strip().nullif(layout.NO_NDC).nullif("")
    seconds = orders.stoptime.epoch_seconds() - orders.starttime.epoch_seconds()
    return orders.select(
        person_id=orders.subject_id,
        at=orders.starttime,
        known_at=orders.starttime,
        code_system=ibis.ifelse(ndc.notnull(), "NDC", "LOCAL"),
        code=ndc.coalesce(orders.drug.strip()),
        days_supply=(seconds / 86_400).ceil(),
    )


def _measurement(found: Tables) -> ir.Table | None:
    parts = []
    if (omr := found["omr"]) is not None:
        parts.append(_omr(omr))
    if (labs := found["labevents"]) is not None:
        parts.append(_labs(labs))
    return ibis.union(*parts) if parts else None


def _omr(rows: ir.Table) -> ir.Table:
    value = rows.result_value.strip().try_cast("float64")
    return rows.select(
        person_id=rows.subject_id,
        at=rows.chartdate,
        known_at=rows.chartdate,
        code_system=ibis.literal("LOCAL"),
        code=rows.result_name,
        value=value,
        unit=rows.result_name.cases(*layout.OMR_UNITS.items(), else_=None),
        text=ibis.ifelse(value.isnull(), rows.result_value, None),
    )


def _labs(rows: ir.Table) -> ir.Table:
    return rows.select(
        person_id=rows.subject_id,
        at=rows.charttime,
        known_at=rows.storetime.coalesce(rows.charttime),
        code_system=ibis.literal("LOCAL"),
        code=rows.itemid,
        value=rows.valuenum,
        unit=rows.valueuom,
        text=words(rows.valuenum, rows.value),
    )


def _rows_of_stays(admissions: ir.Table, emergencies: ir.Table, found: Tables) -> int:
    """Rows of the source that stays are made of: DRGs and services are merged into them."""
    number = counted(admissions) + counted(emergencies)
    if (drgs := found["drgcodes"]) is not None:
        number += counted(of_payer(drgs).semi_join(admissions, ["subject_id", "hadm_id"]))
    if (services := found["services"]) is not None:
        number += counted(services.semi_join(admissions, ["subject_id", "hadm_id"]))
    return number


def _disagreeing(admissions: ir.Table) -> dict[str, int]:
    """People whose admissions tell of more than one race or language."""
    told = admissions.group_by("subject_id").agg(
        ethnicity=_said(admissions.race).nunique() > 1,
        language=_said(admissions.language).nunique() > 1,
    )
    sums = told.agg(ethnicity=told.ethnicity.sum(), language=told.language.sum()).to_pyarrow()
    return {name: int(number or 0) for name, number in sums.to_pylist()[0].items()}
