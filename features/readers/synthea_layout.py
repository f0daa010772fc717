"""Layout and code values of Synthea's CSV export.

Source: Synthea, "CSV File Data Dictionary" (Walonoski J et al., J Am Med Inform Assoc 2018;25:230,
and the exporter's headers of releases 2.x to 3.3). Columns are read by name; those that not every
release or every cut of it has are optional. Kinds of encounter: the generator's `EncounterType`.
"""

from __future__ import annotations

from features.readers.layout import Layout

PATIENTS = Layout(
    "patients",
    table="person",
    key=("Id",),
    columns={"Id": "text", "BIRTHDATE": "date", "DEATHDATE": "date", "GENDER": "text"},
    optional={"RACE": "text", "ETHNICITY": "text", "STATE": "text", "COUNTY": "text"},
)

ENCOUNTERS = Layout(
    "encounters",
    table="stay",
    key=("Id", "PATIENT"),
    columns={
        "Id": "text", "PATIENT": "text", "START": "time", "STOP": "time", "ENCOUNTERCLASS": "text",
    },
    optional={
        "ORGANIZATION": "text", "PROVIDER": "text", "TOTAL_CLAIM_COST": "number",
        "REASONCODE": "text",
    },
)  # fmt: skip

PROVIDERS = Layout(
    "providers", table="visit", key=("Id",), columns={"Id": "text", "SPECIALITY": "text"}
)

CONDITIONS = Layout(
    "conditions",
    table="diagnosis",
    key=("PATIENT",),
    columns={"PATIENT": "text", "ENCOUNTER": "text", "START": "time", "CODE": "text"},
    optional={"SYSTEM": "text"},
)

PROCEDURES = Layout(
    "procedures",
    table="procedure",
    key=("PATIENT",),
    columns={"PATIENT": "text", "ENCOUNTER": "text", "START": "time", "CODE": "text"},
    optional={"SYSTEM": "text"},
    also={"START": ("DATE",)},
)

MEDICATIONS = Layout(
    "medications",
    table="dispensing",
    key=("PATIENT",),
    columns={"PATIENT": "text", "START": "time", "CODE": "text"},
    optional={"BASE_COST": "number", "DISPENSES": "whole"},
)

OBSERVATIONS = Layout(
    "observations",
    table="measurement",
    key=("PATIENT",),
    columns={"PATIENT": "text", "DATE": "time", "CODE": "text", "VALUE": "text"},
    optional={"UNITS": "text", "TYPE": "text"},
)

PAYER_TRANSITIONS = Layout(
    "payer_transitions",
    table="coverage",
    key=("PATIENT",),
    columns={"PATIENT": "text", "START_DATE": "text", "END_DATE": "text"},
    also={"START_DATE": ("START_YEAR",), "END_DATE": ("END_YEAR",)},
)

LEFT_OUT = {
    "allergies": "allergies: the History has no table for them",
    "careplans": "care plans: the History has no table for them",
    "claims": "claims: their diagnoses and money are told by the encounters",
    "claims_transactions": "lines of claims: their money is told by the encounters",
    "devices": "devices: the History has no table for them",
    "imaging_studies": "images: the procedures tell of them",
    "immunizations": "vaccines: the History has no table for them",
    "organizations": "names and addresses",
    "payers": "names and addresses",
    "supplies": "supplies: the History has no table for them",
}
"""Tables that become no rows, and why. Their rows are counted."""

SEX = {"f": "female", "m": "male", "": "unknown"}
"""Any other value is handed on, and refused."""

STAYS = {
    "inpatient": "acute",
    "emergency": "emergency",
    "snf": "nursing_facility",
    "hospice": "hospice",
    "home": "home_health",
}
VISITS = {
    "wellness": "primary_care",
    "ambulatory": "outpatient",
    "outpatient": "outpatient",
    "urgentcare": "other",
    "virtual": "telehealth",
}
"""ENCOUNTERCLASS -> setting of a stay or visit. Any other value is handed on, and refused."""

SYSTEMS = {
    "": "SNOMED",
    "snomed-ct": "SNOMED",
    "http://snomed.info/sct": "SNOMED",
    "icd10-cm": "ICD-10-CM",
    "icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "icd10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "icd9-cm": "ICD-9-CM",
    "icd-9-cm": "ICD-9-CM",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM",
    "icd10-pcs": "ICD-10-PCS",
    "http://www.cms.gov/medicare/coding/icd10": "ICD-10-PCS",
    "cpt": "CPT",
    "http://www.ama-assn.org/go/cpt": "CPT",
    "hcpcs": "HCPCS",
}
"""SYSTEM in small letters -> code system; all others are LOCAL. Older releases name none."""

LOINC = r"^\d{1,7}-\d$"
"""How LOINC codes look; the export also has scores of the simulation (QALY, DALY, QOLS)."""
NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
YEAR = r"^\d{4}$"
