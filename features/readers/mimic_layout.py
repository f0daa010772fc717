"""Layout and words of the MIMIC-IV hosp module, versions 1.0 to 3.1.

Sources: Johnson A, Bulgarelli L, Shen L, et al., "MIMIC-IV, a freely accessible electronic health
record dataset", Sci Data 2023;10:1, and the publisher's table pages (mimic.mit.edu/docs/iv). What
an admission type or discharge location may be: the code systems of the publisher's MIMIC
implementation guide (mimic.mit.edu/fhir). What the words mean for urgency the publisher does not
say; the reasons stand beside each table here.
"""

from __future__ import annotations

from collections.abc import Mapping

from features.readers.layout import Layout, Type

FACILITY = "BIDMC"
"""Every row is of one hospital, the Beth Israel Deaconess Medical Center (Johnson 2023)."""


ROW: tuple[str, ...] = ("subject_id",)
OF_ADMISSION = ("subject_id", "hadm_id")
IDS: Mapping[str, Type] = {"subject_id": "text", "hadm_id": "text"}
ICD: Mapping[str, Type] = {"seq_num": "whole", "icd_code": "text", "icd_version": "text"}

PATIENTS = Layout(
    "patients", "person", ROW,
    {"subject_id": "text", "gender": "text", "anchor_age": "whole", "anchor_year": "whole"},
    {"anchor_year_group": "text", "dod": "date"},
)  # fmt: skip
ADMISSIONS = Layout(
    "admissions", "stay", OF_ADMISSION,
    {**IDS, "admittime": "time", "dischtime": "time", "admission_type": "text",
     "admission_location": "text", "discharge_location": "text"},
    {"race": "text", "language": "text", "insurance": "text", "marital_status": "text",
     "admit_provider_id": "text", "edregtime": "time", "edouttime": "time",
     "hospital_expire_flag": "text"},
    also={"race": ("ethnicity",)},
)  # fmt: skip
TRANSFERS = Layout(
    "transfers", "stay", ("subject_id", "transfer_id"),
    {**IDS, "transfer_id": "text", "eventtype": "text", "intime": "time", "outtime": "time"},
)  # fmt: skip
SERVICES = Layout(
    "services", "stay", OF_ADMISSION, {**IDS, "transfertime": "time", "curr_service": "text"}
)
DRGCODES = Layout("drgcodes", "stay", OF_ADMISSION, {**IDS, "drg_type": "text", "drg_code": "text"})
DIAGNOSES = Layout("diagnoses_icd", "diagnosis", OF_ADMISSION, {**IDS, **ICD})
PROCEDURES = Layout(
    "procedures_icd", "procedure", OF_ADMISSION, {**IDS, **ICD, "chartdate": "time"}
)
HCPCS = Layout(
    "hcpcsevents", "procedure", OF_ADMISSION,
    {**IDS, "hcpcs_cd": "text", "chartdate": "time", "seq_num": "whole"},
)  # fmt: skip
PRESCRIPTIONS = Layout(
    "prescriptions", "dispensing", ROW,
    {"subject_id": "text", "starttime": "time", "stoptime": "time", "drug": "text", "ndc": "text"},
)  # fmt: skip
OMR = Layout(
    "omr", "measurement", ROW,
    {"subject_id": "text", "chartdate": "time", "result_name": "text", "result_value": "text"},
)  # fmt: skip
LABEVENTS = Layout(
    "labevents", "measurement", ROW,
    {"subject_id": "text", "itemid": "text", "charttime": "time", "value": "text",
     "valuenum": "number"},
    {"storetime": "time", "valueuom": "text"},
)  # fmt: skip

OPTIONAL = (
    TRANSFERS, SERVICES, DRGCODES, DIAGNOSES, PROCEDURES, HCPCS, PRESCRIPTIONS, OMR, LABEVENTS
)  # fmt: skip

LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "pharmacy": ("dispensing", "the orders of prescriptions told again"),
    "emar": ("dispensing", "doses given of the orders of prescriptions"),
    "emar_detail": ("dispensing", "doses given of the orders of prescriptions"),
    "poe": ("procedure", "orders, which say what was asked for and not what was done"),
    "poe_detail": ("procedure", "orders, which say what was asked for and not what was done"),
    "microbiologyevents": ("measurement", "a value cannot hold specimen, organism and antibiotic"),
    "icustays": ("stay", "intensive care within an admission"),
    "procedureevents": ("procedure", "bedside charting of the icu module"),
    "chartevents": ("measurement", "bedside charting of the icu module"),
    "datetimeevents": ("measurement", "bedside charting of the icu module"),
    "inputevents": ("dispensing", "bedside charting of the icu module"),
    "ingredientevents": ("dispensing", "bedside charting of the icu module"),
    "outputevents": ("measurement", "bedside charting of the icu module"),
}
"""Tables that are counted and not carried: the canonical table they are nearest to, and why."""

SEX = {"F": "female", "M": "male"}

METHODS = {
    "EW EMER.": "emergency",
    "DIRECT EMER.": "emergency",
    "URGENT": "emergency",
    "EU OBSERVATION": "emergency",
    "OBSERVATION ADMIT": "emergency",
    "DIRECT OBSERVATION": "emergency",
    "AMBULATORY OBSERVATION": "elective",
    "ELECTIVE": "elective",
    "SURGICAL SAME DAY ADMISSION": "elective",
}
"""Admission type -> how admitted. All are admissions here (each has a `hadm_id`).

Observation is care while it is decided whether to admit (Medicare Benefit Policy Manual, chapter 6,
section 20.6): begun in the emergency unit, on direct referral, or turned into an admission it was
not planned. Ambulatory observation follows a procedure that was: such admissions come from a
procedure site or a recovery room.
"""

CAME_FROM = {
    "EMERGENCY ROOM": "emergency",
    "PHYSICIAN REFERRAL": "home",
    "CLINIC REFERRAL": "home",
    "WALK-IN/SELF REFERRAL": "home",
    "TRANSFER FROM HOSPITAL": "acute",
    "TRANSFER FROM SKILLED NURSING FACILITY": "nursing_facility",
    "INTERNAL TRANSFER TO OR FROM PSYCH": "other",
    "PROCEDURE SITE": "other",
    "PACU": "other",
    "AMBULATORY SURGERY TRANSFER": "other",
    "INFORMATION NOT AVAILABLE": None,
}
"""Admission location -> where from. A referral comes from no facility: the UB-04 point of origin 1
(NUBC manual) holds physician referrals and the home alike."""

WENT_TO = {
    "HOME": "home",
    "ASSISTED LIVING": "home",
    "HOME HEALTH CARE": "home_health",
    "SKILLED NURSING FACILITY": "nursing_facility",
    "REHAB": "rehabilitation",
    "CHRONIC/LONG TERM ACUTE CARE": "other",
    "HOSPICE": "hospice",
    "PSYCH FACILITY": "psychiatric",
    "ACUTE HOSPITAL": "acute",
    "AGAINST ADVICE": "against_advice",
    "LEFT AGAINST MEDICAL ADVICE": "against_advice",
    "OTHER FACILITY": "other",
    "HEALTHCARE FACILITY": "other",
    "OTHER": "other",
    "DIED": "died",
}
"""Discharge location -> where to. A long-term acute hospital (UB-04 63) is no short-term one, so
going there is no transfer within a spell. Assisted living is home (UB-04 01; CMS MLN SE1411)."""

UNSAID = ("?", "UNKNOWN", "UNABLE TO OBTAIN", "PATIENT DECLINED TO ANSWER")
"""Race or language that says it is not known."""

ICD_DIAGNOSES = {"9": "ICD-9-CM", "10": "ICD-10-CM"}
ICD_PROCEDURES = {"9": "ICD-9-PCS", "10": "ICD-10-PCS"}

PAYER_DRG = "HCFA"
"""The Medicare groups. The other type, APR, numbers other groups with the same numbers, and a stay
has one DRG."""

NO_NDC = "0"
"""What stands for no NDC."""

OMR_UNITS = {"Weight (Lbs)": "Lbs", "Height (Inches)": "Inches", "BMI (kg/m2)": "kg/m2"}
