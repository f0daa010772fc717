"""What the codes of FHIR contacts mean in a History, as tables: places, ways in and out, claims.

Sources: HL7 v3 ActCode (ActEncounterCode, ActPriority) and FHIR R4 value set `admit-source`;
NUBC UB-04 Data Specifications (form locators 14 and 15); CMS Place of Service Code Set; CMS Chronic
Conditions Warehouse data dictionaries (claim types); NHS Data Dictionary (ADMISSION METHOD); CDC
race and ethnicity code set 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STAY, VISIT, HOME, NOWHERE = "stay", "visit", "home", "nowhere"
"""A contact is a stay or a visit. HOME is a stay where it lasts a night, else a visit."""

CLASSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "IMP": (STAY, "acute"),
        "ACUTE": (STAY, "acute"),
        "SS": (STAY, "acute"),
        "NONAC": (STAY, "long_term"),  # unless its type names the kind of place
        "EMER": (STAY, "emergency"),
        "OBSENC": (STAY, "emergency"),  # observed in hospital and not admitted
        "HH": (HOME, "home_health"),
        "AMB": (VISIT, "outpatient"),
        "VR": (VISIT, "telehealth"),
        "FLD": (VISIT, "other"),
        "PRENC": (NOWHERE, "before the contact"),
    }
)
"""Encounter.class -> what it is, and its setting."""
DAY_CASE = "SS"

POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
SCT = "http://snomed.info/sct"
NUCC = "http://nucc.org/provider-taxonomy"

STAY_TYPES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (POS, "31"): "nursing_facility",
        (POS, "32"): "nursing_facility",
        (POS, "33"): "nursing_facility",
        (POS, "34"): "hospice",
        (POS, "51"): "psychiatric",
        (POS, "56"): "psychiatric",
        (POS, "61"): "rehabilitation",
        (SCT, "449411000124106"): "nursing_facility",  # admission to skilled nursing facility
        (SCT, "305336008"): "hospice",  # admission to hospice
    }
)
"""Encounter.type or serviceType -> setting of a stay that is neither emergency nor observation."""

VISIT_TYPES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (POS, "50"): "primary_care",
        (POS, "72"): "primary_care",
        (POS, "02"): "telehealth",
        (POS, "10"): "telehealth",
        (POS, "12"): "home_visit",
        (SCT, "394814009"): "primary_care",  # general practice
        (NUCC, "207Q00000X"): "primary_care",  # family medicine
        (NUCC, "208D00000X"): "primary_care",  # general practice
    }
)
"""Encounter.type or serviceType -> setting of an ambulatory visit."""
POS_SYSTEMS = (POS, "https://bluebutton.cms.gov/resources/variables/line_place_of_srvc_cd")

ADMITTED_FROM: Mapping[str, str | None] = MappingProxyType(
    {
        "hosp-trans": "acute", "emd": "emergency", "nursing": "nursing_facility",
        "rehab": "rehabilitation", "outp": "other", "born": "other", "psych": "other",
        "other": "other", "gp": None, "mp": None,  # who sent the person says not from where
        "1": "home", "2": "other", "4": "acute", "5": "nursing_facility", "6": "other",
        "7": "emergency", "8": "other", "9": None, "D": "acute", "E": "other", "F": "other",
    }
)  # fmt: skip
"""Hospitalization.admitSource, HL7 and UB-04 point of origin -> admitted_from."""
FROM_HOSPITAL = ("hosp-trans", "4")
"""Sources that say the admission was a transfer from a hospital."""

STILL_PATIENT = "30"
NHS_DESTINATION = "DischargeDestination"
"""Part of the code systems that hold NHS codes; their numbers mean other things than UB-04's.
What codes of discharge mean stands in features/codes/dispositions.py."""

PRIORITY_METHODS: Mapping[str, str] = MappingProxyType(
    {"EM": "emergency", "S": "emergency", "UR": "emergency", "EL": "elective"}
)
"""Encounter.priority -> admission_method; other priorities do not say."""
UB04_METHODS: Mapping[str, str] = MappingProxyType(
    {"1": "emergency", "2": "emergency", "3": "elective", "4": "newborn", "5": "emergency"}
)
NHS_METHODS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("11", "12", "13"), "elective"),
        **dict.fromkeys(("21", "22", "23", "24", "25", "2A", "2C", "2D", "28"), "emergency"),
        **dict.fromkeys(("2B", "81"), "transfer"),
        **dict.fromkeys(("31", "32"), "maternity"),
        **dict.fromkeys(("82", "83"), "newborn"),
    }
)
ADMISSION_METHOD = "AdmissionMethod"
"""Part of the URL of the UK extension that holds the NHS admission method."""

RACES: Mapping[str, str] = MappingProxyType(
    {
        "2106-3": "white", "2054-5": "black", "2028-9": "asian", "1002-5": "native",
        "2076-8": "pacific", "2131-1": "other", "2135-2": "hispanic",
    }
)  # fmt: skip
NOT_HISPANIC = "2186-5"

LEFT_OUT: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "Encounter": ("stay", frozenset({"planned", "cancelled", "entered-in-error"})),
        "Condition": ("diagnosis", frozenset({"refuted", "entered-in-error"})),
        "Procedure": (
            "procedure",
            frozenset({"preparation", "not-done", "on-hold", "entered-in-error"}),
        ),
        "Observation": (
            "measurement",
            frozenset({"registered", "cancelled", "entered-in-error", "unknown"}),
        ),
        "MedicationDispense": (
            "dispensing",
            frozenset({"preparation", "cancelled", "on-hold", "declined", "entered-in-error"}),
        ),
        "MedicationRequest": ("dispensing", frozenset({"draft", "cancelled", "entered-in-error"})),
        "Coverage": ("coverage", frozenset({"draft", "entered-in-error"})),
        "ExplanationOfBenefit": ("stay", frozenset({"cancelled", "draft", "entered-in-error"})),
        "Claim": ("stay", frozenset({"cancelled", "draft", "entered-in-error"})),
    }
)
"""Resource -> table it would be of, and statuses of what did not happen or was withdrawn."""

ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
"""MedicationRequest.intent of orders; plans and proposals are none."""

COVERAGES: Mapping[str, str | None] = MappingProxyType(
    {"DRUGPOL": "pharmacy", "DENTPRG": None, "DENTAL": None, "VISPOL": None, "DISEASEPRG": None,
     "pay": None, "Part A": "inpatient", "Part B": None, "Part D": "pharmacy"}
)  # fmt: skip
"""Coverage.type or class -> kind; None: no kind of a History. All others are medical."""

CLAIM_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "60": (STAY, "acute"), "61": (STAY, "acute"), "62": (STAY, "acute"), "63": (STAY, "acute"),
        "64": (STAY, "acute"), "INPATIENT": (STAY, "acute"), "inpatient": (STAY, "acute"),
        "20": (STAY, "nursing_facility"), "30": (STAY, "nursing_facility"),
        "SNF": (STAY, "nursing_facility"), "50": (STAY, "hospice"), "HOSPICE": (STAY, "hospice"),
        "10": (STAY, "home_health"), "HHA": (STAY, "home_health"), "40": (VISIT, "outpatient"),
        "OUTPATIENT": (VISIT, "outpatient"), "outpatient": (VISIT, "outpatient"),
        "71": ("professional", ""), "72": ("professional", ""), "CARRIER": ("professional", ""),
        "81": (NOWHERE, ""), "82": (NOWHERE, ""), "DME": (NOWHERE, ""),
        "PDE": ("pharmacy", ""), "pharmacy": ("pharmacy", ""),
        "professional": ("professional", ""), "institutional": ("institutional", ""),
        "oral": (NOWHERE, ""), "vision": (NOWHERE, ""),
    }
)  # fmt: skip
"""Claim type of CMS, else of HL7 -> what it tells of. 71 and 81 are carrier and supplier claims
without, 72 and 82 with medical equipment; PDE is a prescription drug event."""

PROFESSIONAL_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "02": "telehealth", "10": "telehealth", "12": "home_visit", "50": "primary_care",
        "71": "primary_care", "72": "primary_care", "41": "other", "42": "other", "81": "other",
    }
)  # fmt: skip
"""Place of service of a professional's claim -> setting of the visit; others are outpatient."""
IN_A_STAY = ("21", "23", "31", "32", "34", "51", "61")
"""Places of service inside a stay: the claim is of someone who worked there, not a contact more."""

EMERGENCY_REVENUE = r"^045"
EMERGENCY_SERVICE = r"^9928[1-5]$"
"""Revenue centre and HCPCS codes of an emergency department on an outpatient claim."""
