"""Synthea's encounters and what happened in them, as canonical rows."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.synthea_layout import LOINC, NUMBER, STAYS, SYSTEMS, VISITS
from features.readers.workshop import counted


def contacts_of(encounters: ir.Table) -> ir.Table:
    """One row per encounter: PATIENT, ENCOUNTER, `is_stay`, when it `began`, and its `reason`."""
    return encounters.group_by(PATIENT=encounters.PATIENT, ENCOUNTER=encounters.Id).agg(
        began=encounters.START.min(),
        is_stay=_class(encounters).isin(list(STAYS)).any(),
        reason=encounters.REASONCODE.min(),
    )


def stay(encounters: ir.Table, providers: ir.Table | None) -> ir.Table:
    """One row per encounter of a class that is a stay."""
    kind = _class(encounters)
    rows = _with_specialty(encounters.filter(kind.isin(list(STAYS))), providers)
    return rows.select(
        person_id=rows.PATIENT,
        stay_id=rows.Id,
        facility_id=rows.ORGANIZATION,
        setting=_class(rows).cases(*STAYS.items()),
        admitted_at=rows.START,
        discharged_at=rows.STOP,
        admitted_known=rows.START,
        discharged_known=rows.STOP,
        coded_known=rows.STOP + ibis.interval(days=CODED_AFTER),
        admission_method=ibis.literal("unknown"),
        specialty=rows.specialty,
        cost=rows.TOTAL_CLAIM_COST,
    )


def visit(encounters: ir.Table, providers: ir.Table | None) -> ir.Table:
    """One row per other encounter; a class nobody knows is handed on, and refused."""
    kind = _class(encounters)
    rows = _with_specialty(encounters.filter(~kind.isin(list(STAYS))), providers)
    return rows.select(
        person_id=rows.PATIENT,
        visit_id=rows.Id,
        at=rows.START,
        known_at=rows.START,
        setting=_class(rows).cases(*VISITS.items(), else_=rows.ENCOUNTERCLASS),
        provider_id=rows.PROVIDER,
        facility_id=rows.ORGANIZATION,
        specialty=rows.specialty,
        cost=rows.TOTAL_CLAIM_COST,
    )


def reasons(encounters: ir.Table) -> ir.Table:
    """Encounters that name a reason."""
    return encounters.filter(encounters.REASONCODE.notnull())


def diagnosis(
    encounters: ir.Table, conditions: ir.Table | None, contacts: ir.Table
) -> ir.Table:  # fmt: skip
    """Conditions, and the reasons of encounters that are not among their conditions."""
    named = reasons(encounters)
    if conditions is None:
        return _reason_rows(named, contacts)
    same = [
        named.PATIENT == conditions.PATIENT,
        named.Id == conditions.ENCOUNTER,
        named.REASONCODE == conditions.CODE,
    ]
    return _condition_rows(conditions, contacts).union(
        _reason_rows(named.anti_join(conditions, same), contacts)
    )


def _condition_rows(conditions: ir.Table, contacts: ir.Table) -> ir.Table:
    """One row per condition, at its encounter or, where that is later, its onset."""
    rows = _tied(conditions, contacts)
    recorded = ibis.greatest(rows.START, rows.began).coalesce(rows.START)
    is_reason = (rows.reason == rows.CODE).fill_null(False)
    return rows.select(
        "stay_id", "visit_id",
        person_id=rows.PATIENT, at=recorded, known_at=recorded,
        code_system=_system(rows.SYSTEM), code=rows.CODE,
        position=ibis.ifelse(is_reason, 1, None).cast("int32"),
    )  # fmt: skip


def _reason_rows(named: ir.Table, contacts: ir.Table) -> ir.Table:
    rows = _tied(named.mutate(ENCOUNTER=named.Id), contacts)
    return rows.select(
        "stay_id", "visit_id",
        person_id=rows.PATIENT, at=rows.START, known_at=rows.START,
        code_system=ibis.literal("SNOMED"), code=rows.REASONCODE,
        position=ibis.literal(1, "int32"),
    )  # fmt: skip


def procedure(procedures: ir.Table, contacts: ir.Table) -> ir.Table:
    rows = _tied(procedures, contacts)
    return rows.select(
        "stay_id", "visit_id",
        person_id=rows.PATIENT, at=rows.START, known_at=rows.START,
        code_system=_system(rows.SYSTEM), code=rows.CODE,
    )  # fmt: skip


def dispensing(medications: ir.Table) -> ir.Table:
    """The first dispense of each course, at the price of one; how long it lasts is not told."""
    return medications.select(
        person_id=medications.PATIENT,
        at=medications.START,
        known_at=medications.START,
        code_system=ibis.literal("RXNORM"),
        code=medications.CODE,
        cost=medications.BASE_COST,
    )


def further_dispenses(medications: ir.Table | None) -> int:
    """Dispenses after the first of each course."""
    if medications is None:
        return 0
    further = (medications.DISPENSES - 1).clip(0, None).sum().to_pyarrow().as_py()
    return int(further or 0)


def measurement(observations: ir.Table) -> ir.Table:
    """One row per observation: a number where TYPE says so, else words."""
    kind = observations.TYPE.strip().lower()
    numeric = (kind == "numeric").fill_null(observations.VALUE.re_search(NUMBER)).fill_null(False)
    is_loinc = observations.CODE.re_search(LOINC).fill_null(False)
    return observations.select(
        person_id=observations.PATIENT,
        at=observations.DATE,
        known_at=observations.DATE,
        code_system=ibis.ifelse(is_loinc, "LOINC", "LOCAL"),
        code=observations.CODE,
        value=ibis.ifelse(numeric, observations.VALUE.strip(), None),
        unit=observations.UNITS,
        text=ibis.ifelse(numeric, None, observations.VALUE),
    )


def untied(facts: ir.Table | None, contacts: ir.Table) -> int:
    """Facts that name an encounter which the patient does not have; they are kept without a tie."""
    if facts is None:
        return 0
    named = facts.filter(facts.ENCOUNTER.notnull())
    return counted(named.anti_join(contacts, ["PATIENT", "ENCOUNTER"]))


def _class(encounters: ir.Table) -> ir.StringValue:
    return encounters.ENCOUNTERCLASS.fill_null("").strip().lower()


def _system(named: ir.StringValue) -> ir.StringValue:
    return named.fill_null("").strip().lower().cases(*SYSTEMS.items(), else_="LOCAL")


def _tied(facts: ir.Table, contacts: ir.Table) -> ir.Table:
    """The facts with `stay_id` or `visit_id`, and `began` and `reason` of their encounter."""
    found = facts.left_join(contacts, ["PATIENT", "ENCOUNTER"])
    is_stay = found.is_stay
    return found.mutate(
        stay_id=ibis.ifelse(is_stay, found.ENCOUNTER, None),
        visit_id=ibis.ifelse(~is_stay, found.ENCOUNTER, None),
    )


def _with_specialty(encounters: ir.Table, providers: ir.Table | None) -> ir.Table:
    """The encounters with the `specialty` of their clinician."""
    if providers is None:
        return encounters.mutate(specialty=ibis.null("string"))
    known = providers.group_by(PROVIDER=providers.Id).agg(specialty=providers.SPECIALITY.min())
    return encounters.left_join(known, "PROVIDER")
