"""Layout of a MEDS data set, and the grammar by which its codes are read.

Source: Medical Event Data Standard, schema 0.3.3 and 0.4 (medical-event-data-standard.github.io);
both have the same columns. MEDS says what a row is, not what a code looks like: codes are the
producer's. The grammar here reads those of the MIMIC-IV conversion (van de Water R, et al.,
"MIMIC-IV demo data in the Medical Event Data Standard", PhysioNet 2025), and a few general forms
that take their place where a source has more to tell. Parts of a code stand between `//`; UNK is an
unknown part. A code of no rule is left out and counted by its first part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from features.readers import mimic_layout as mimic
from features.readers.layout import Layout
from features.tables.schema import CODE_SYSTEMS, STAY

EVENTS = Layout(
    "data", "measurement", ("subject_id",),
    {"subject_id": "text", "time": "time", "code": "text"},
    {"numeric_value": "number", "text_value": "text", "hadm_id": "text", "visit_id": "text",
     "race": "text", "language": "text"},
    also={"numeric_value": ("value",), "time": ("timestamp",), "subject_id": ("patient_id",)},
)  # fmt: skip
"""`value` for `numeric_value` as one copy of the demo has it; `patient_id` and `timestamp` before
version 0.3.3. The last four columns are extras that producers add."""

Kind = Literal[
    "birth", "death", "sex", "ethnicity", "language", "admission", "discharge", "visit", "drg",
    "diagnosis", "procedure", "dispensing", "measurement", "left",
]  # fmt: skip
PERSON_KINDS = ("birth", "death", "sex", "ethnicity", "language")


@dataclass(frozen=True)
class Rule:
    """How codes that are `prefix`, or begin with it and `//`, are read.

    setting  of the stay that is begun or ended (None: the next part says it)
    by_id    an admission and its discharge may be told by their hadm_id
    system   vocabulary of the rest (None: the next part may say it, else LOCAL)
    unit     measurement that the prefix itself names: its unit, where the rest does not say it
    named    measurement: the prefix itself names it
    why      left: why it is not carried
    """

    prefix: str
    kind: Kind
    setting: str | None = None
    by_id: bool = False
    system: str | None = None
    unit: str | None = None
    named: bool = False
    why: str = ""


def _left(prefix: str, why: str) -> Rule:
    return Rule(prefix, "left", why=why)


GRAMMAR = (
    Rule("MEDS_BIRTH", "birth"),
    Rule("MEDS_DEATH", "death"),
    Rule("GENDER", "sex"),
    Rule("RACE", "ethnicity"),
    Rule("ETHNICITY", "ethnicity"),
    Rule("LANGUAGE", "language"),
    Rule("HOSPITAL_ADMISSION", "admission", "acute", by_id=True),
    Rule("HOSPITAL_DISCHARGE", "discharge", "acute", by_id=True),
    Rule("FACILITY_ADMISSION", "admission", by_id=True),
    Rule("FACILITY_DISCHARGE", "discharge", by_id=True),
    Rule("ED_REGISTRATION", "admission", "emergency"),
    Rule("ED_OUT", "discharge", "emergency"),
    Rule("TRANSFER_TO//ED", "admission", "emergency"),
    _left("TRANSFER_TO", "moves within an admission"),
    Rule("VISIT", "visit"),
    Rule("DRG//HCFA", "drg"),
    _left("DRG", "groups other than Medicare's, a stay has one"),
    Rule("DIAGNOSIS", "diagnosis"),
    _left("PROCEDURE//START", "bedside charting in intensive care"),
    _left("PROCEDURE//END", "bedside charting in intensive care"),
    Rule("PROCEDURE", "procedure"),
    Rule("HCPCS", "procedure"),
    _left("MEDICATION//START//UNK", "orders that name no medicine"),
    Rule("MEDICATION//START", "dispensing"),
    _left("MEDICATION//STOP", "ends of orders, tied to no start"),
    *(Rule(f"MEDICATION//{system}", "dispensing", system=system) for system in CODE_SYSTEMS),
    _left("MEDICATION", "doses given of the orders that MEDICATION//START tells"),
    Rule("LAB", "measurement"),
    Rule("SUBJECT_FLUID_OUTPUT", "measurement"),
    *(Rule(name, "measurement", unit=mimic.OMR_UNITS.get(name), named=True) for name in (
        *mimic.OMR_UNITS, "eGFR", "Blood Pressure", "Blood Pressure Lying",
        "Blood Pressure Sitting", "Blood Pressure Standing (1 min)",
        "Blood Pressure Standing (3 mins)", "SUBJECT_WEIGHT_AT_INFUSION",
    )),
    _left("ICU_ADMISSION", "intensive care within an admission"),
    _left("ICU_DISCHARGE", "intensive care within an admission"),
    _left("INFUSION_START", "bedside charting in intensive care"),
    _left("INFUSION_END", "bedside charting in intensive care"),
    _left("INSURANCE", "a History has no place for it"),
    _left("MARITAL_STATUS", "a History has no place for it"),
)  # fmt: skip
"""In order: the first rule that fits a code reads it."""

UNKNOWN = "UNK"

DIAGNOSIS_SYSTEMS = {"ICD//9": "ICD-9-CM", "ICD//10": "ICD-10-CM"}
PROCEDURE_SYSTEMS = {"ICD//9": "ICD-9-PCS", "ICD//10": "ICD-10-PCS"}
NAMED_SYSTEMS = {system: system for system in CODE_SYSTEMS}
"""First parts that say the vocabulary of the rest: DIAGNOSIS//ICD//9//5715, LAB//LOINC//2160-0//.
A code without one is LOCAL."""


def _own(column: str) -> Mapping[str, str]:
    return {word.upper(): word for word in STAY.column(column).allowed}


METHODS: Mapping[str, str] = {**_own("admission_method"), **mimic.METHODS}
CAME_FROM: Mapping[str, str | None] = {**_own("admitted_from"), **mimic.CAME_FROM}
WENT_TO: Mapping[str, str] = {**_own("discharged_to"), **mimic.WENT_TO}
"""Words of a History in capitals, and those of MIMIC-IV."""

SEX = {"F": "female", "M": "male", "FEMALE": "female", "MALE": "male", "OTHER": "other",
       "UNKNOWN": "unknown", UNKNOWN: "unknown"}  # fmt: skip

MOST_NAMED = 20
"""How many first parts without a rule the answer names; the rest are counted together."""
