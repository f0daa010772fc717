"""The ten canonical tables of History, contract version 1.

Every fact carries when it happened and when it was known. A stay is three facts with three known
times: admitted, discharged, coded. A column that is null says "unknown", never "no" and never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from features.tables.contract import Column, Table

CONTRACT = "1"

CODE_SYSTEMS = (
    "ICD-10-CM",
    "ICD-10",
    "ICD-9-CM",
    "ICD-10-PCS",
    "ICD-9-PCS",
    "OPCS-4",
    "CPT",
    "HCPCS",
    "SNOMED",
    "RXNORM",
    "NDC",
    "ATC",
    "LOINC",
    "INGREDIENT",
    "LOCAL",
)

PERSON_ID = Column("person_id", "text", "the person, opaque to the outside")
KNOWN_AT = Column("known_at", "time", "when the row became known to whoever scores")


def _at(meaning: str) -> Column:
    return Column("at", "time", meaning)


def _code(of: str) -> tuple[Column, ...]:
    return (
        Column("code_system", "category", f"vocabulary of the {of} code", allowed=CODE_SYSTEMS),
        Column(
            "code",
            "text",
            f"{of} code in capitals, without the dots and padding that its system prints",
        ),
    )


def _cost(what: str) -> Column:
    return Column(
        "cost", "number", f"cost of the {what}", null="cost unknown", unit="currency of the source"
    )


def _tied() -> tuple[Column, ...]:
    return (
        Column("stay_id", "text", "stay the fact belongs to", null="not tied to a stay"),
        Column("visit_id", "text", "visit the fact belongs to", null="not tied to a visit"),
    )


PERSON = Table(
    "person",
    "a patient",
    (
        PERSON_ID,
        Column("birth_date", "date", "day of birth", null="birth unknown"),
        Column(
            "sex", "category", "administrative sex", allowed=("female", "male", "other", "unknown")
        ),
        Column("death_date", "date", "day of death", null="not known to be dead"),
        Column(
            "death_known",
            "time",
            "when the death became known",
            null="known since the day of death; without one, not known to be dead",
        ),
        Column("ethnicity", "text", "for audit only, never scored", null="unknown"),
        Column("language", "text", "for audit only, never scored", null="unknown"),
    ),
    key=("person_id",),
    time=None,
    known=None,
    order=(("birth_date", "death_date"),),
)

REGISTRATION = Table(
    "registration",
    "a period with a practice and a place of living",
    (
        PERSON_ID,
        Column("from_at", "time", "first day"),
        Column("to_at", "time", "first day no longer registered", null="still registered"),
        KNOWN_AT,
        Column("practice_id", "text", "practice or clinic", null="unknown"),
        Column("locality", "text", "area the programme plans by", null="unknown"),
        Column(
            "deprivation",
            "number",
            "deprivation score of the home area, higher is more deprived",
            null="unknown",
            least=0,
        ),
        Column("deprivation_scheme", "text", "which index and edition", null="unknown"),
        Column("carer", "flag", "has an informal carer", null="unknown"),
        Column(
            "residence",
            "category",
            "where the person lives",
            null="unknown",
            allowed=("home", "alone_at_home", "care_home", "homeless", "other"),
        ),
    ),
    key=("person_id", "from_at"),
    time="from_at",
    known="known_at",
    order=(("from_at", "to_at"),),
)

COVERAGE = Table(
    "coverage",
    "a period in which use is observable; outside it use is unknown, never zero",
    (
        PERSON_ID,
        Column("from_at", "time", "first day"),
        Column(
            "to_at",
            "time",
            "first day no longer covered",
            null="still covered at the end of the extract",
        ),
        KNOWN_AT,
        Column(
            "kind",
            "category",
            "which use the source sees: all; medical (all but medicines); ambulatory (admissions, "
            "emergency visits and visits, but no nursing facility, hospice or care at home, no "
            "measurements and no medicines); hospital (stays of every setting); inpatient "
            "(admissions, not emergency visits or nursing facilities); pharmacy (medicines)",
            allowed=("all", "ambulatory", "hospital", "inpatient", "medical", "pharmacy"),
        ),
    ),
    key=("person_id", "kind", "from_at"),
    time="from_at",
    known="known_at",
    order=(("from_at", "to_at"),),
)

STAY = Table(
    "stay",
    "an inpatient, emergency, nursing-facility, rehabilitation, hospice or home-health stay",
    (
        PERSON_ID,
        Column("stay_id", "text", "the stay; diagnoses and procedures are tied by it"),
        Column("facility_id", "text", "hospital or facility", null="unknown"),
        Column(
            "setting",
            "category",
            "kind of place",
            allowed=(
                "acute",
                "emergency",
                "nursing_facility",
                "rehabilitation",
                "long_term",
                "psychiatric",
                "hospice",
                "home_health",
            ),
        ),
        Column("admitted_at", "time", "admission or arrival"),
        Column("discharged_at", "time", "discharge", null="not known to have ended: an open stay"),
        Column("admitted_known", "time", "when the admission became known"),
        Column(
            "discharged_known",
            "time",
            "when the discharge became known",
            null="discharge not known",
        ),
        Column(
            "coded_known",
            "time",
            "when diagnoses, procedures, DRG and cost became known",
            null="not coded yet",
        ),
        Column(
            "admission_method",
            "category",
            "how admitted",
            allowed=("emergency", "elective", "maternity", "newborn", "transfer", "unknown"),
        ),
        Column(
            "admitted_from",
            "category",
            "where the person came from",
            null="unknown",
            allowed=("home", "emergency", "acute", "nursing_facility", "rehabilitation", "other"),
        ),
        Column(
            "discharged_to",
            "category",
            "where the person went; known with the discharge",
            null="unknown",
            allowed=(
                "home",
                "home_health",
                "acute",
                "nursing_facility",
                "rehabilitation",
                "psychiatric",
                "hospice",
                "died",
                "against_advice",
                "other",
            ),
        ),
        Column("day_case", "flag", "planned to be without a night", null="unknown"),
        Column("specialty", "text", "specialty of the discharging team", null="unknown"),
        Column(
            "drg",
            "text",
            "diagnosis-related group; known when coded",
            null="not coded or not carried",
        ),
        _cost("stay; known when coded"),
    ),
    key=("person_id", "stay_id"),
    time="admitted_at",
    known="admitted_known",
    order=(("admitted_at", "discharged_at"),),
)

VISIT = Table(
    "visit",
    "an outpatient, primary-care or telehealth contact",
    (
        PERSON_ID,
        Column("visit_id", "text", "the visit"),
        _at("day and time of the visit"),
        KNOWN_AT,
        Column(
            "setting",
            "category",
            "kind of contact",
            allowed=("primary_care", "outpatient", "telehealth", "home_visit", "other"),
        ),
        Column("provider_id", "text", "clinician", null="unknown"),
        Column("facility_id", "text", "clinic", null="unknown"),
        Column("specialty", "text", "specialty", null="unknown"),
        _cost("visit"),
    ),
    key=("person_id", "visit_id"),
    time="at",
    known="known_at",
)

DIAGNOSIS = Table(
    "diagnosis",
    "a coded condition of a date",
    (
        PERSON_ID,
        *_tied(),
        _at("day of the contact it was recorded at"),
        KNOWN_AT,
        *_code("diagnosis"),
        Column(
            "position", "count", "1 for the principal diagnosis", null="position unknown", least=1
        ),
    ),
    key=("person_id", "stay_id", "visit_id", "at", "code_system", "code", "position"),
    time="at",
    known="known_at",
)

PROCEDURE = Table(
    "procedure",
    "a coded procedure of a date",
    (
        PERSON_ID,
        *_tied(),
        _at("day it was done"),
        KNOWN_AT,
        *_code("procedure"),
        Column(
            "position", "count", "1 for the principal procedure", null="position unknown", least=1
        ),
    ),
    key=("person_id", "stay_id", "visit_id", "at", "code_system", "code", "position"),
    time="at",
    known="known_at",
)

DISPENSING = Table(
    "dispensing",
    "a medicine supplied",
    (
        PERSON_ID,
        _at("day of supply"),
        KNOWN_AT,
        *_code("medicine"),
        Column(
            "days_supply", "count", "days the supply lasts", null="unknown", unit="days", least=0
        ),
        _cost("supply"),
    ),
    key=("person_id", "at", "code_system", "code", "days_supply", "cost"),
    time="at",
    known="known_at",
)

MEASUREMENT = Table(
    "measurement",
    "a laboratory or clinical value, or a scored assessment",
    (
        PERSON_ID,
        _at("day and time of the measurement"),
        KNOWN_AT,
        *_code("measurement"),
        Column("value", "number", "the value", null="not a number: see text"),
        Column("unit", "text", "unit of the value", null="no unit"),
        Column("text", "text", "a value in words", null="none"),
    ),
    key=("person_id", "at", "code_system", "code", "value", "unit", "text"),
    time="at",
    known="known_at",
)

PROGRAMME = Table(
    "programme",
    "an offer, enrolment, contact or exit of the care programme",
    (
        PERSON_ID,
        _at("day of the event"),
        KNOWN_AT,
        Column(
            "event",
            "category",
            "what happened",
            allowed=("offer", "accepted", "declined", "enrolment", "contact", "exit"),
        ),
        Column("programme_id", "text", "which programme"),
        Column("nurse_id", "text", "who", null="unknown"),
        Column("reason", "text", "coded reason", null="none given"),
    ),
    key=("person_id", "at", "event", "programme_id", "nurse_id", "reason"),
    time="at",
    known="known_at",
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (
            PERSON,
            REGISTRATION,
            COVERAGE,
            STAY,
            VISIT,
            DIAGNOSIS,
            PROCEDURE,
            DISPENSING,
            MEASUREMENT,
            PROGRAMME,
        )
    }
)
