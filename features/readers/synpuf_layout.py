"""Layout and code values of the CMS 2008-2010 DE-SynPUF files.

Source: Centers for Medicare & Medicaid Services, "CMS 2008-2010 Data Entrepreneurs' Synthetic
Public Use File (DE-SynPUF)", codebook and file headers. Kinds of provider: CMS, State Operations
Manual (Pub. 100-07), chapter 2, section 2779A1 (numbering of certified providers).
"""

from __future__ import annotations

import re

from features.readers.filekind import FileKind

ENDING = r"(_Sample_\d+)?\.csv(\.gz)?$"

DIAGNOSES = 10
PROCEDURES = 6
HCPCS = 45

MISFILED = tuple(f"ICD9_PRCDR_CD_{n}" for n in range(2, PROCEDURES + 1))
"""Procedure columns that hold no procedures: every value there is an ICD-9-CM diagnosis code, and
half have five characters or a letter, as no ICD-9 procedure code has. The first column is sound."""

NO_DRG = ("OTH", "000")
"""What stands in place of a diagnosis-related group where none is told."""

BENEFICIARY = FileKind(
    kind="beneficiary",
    pattern=re.compile(r"^.*(?P<year>\d{4})_Beneficiary_Summary_File" + ENDING),
    columns=(
        "DESYNPUF_ID", "BENE_BIRTH_DT", "BENE_DEATH_DT", "BENE_SEX_IDENT_CD", "BENE_RACE_CD",
        "SP_STATE_CODE", "BENE_COUNTY_CD", "BENE_HI_CVRAGE_TOT_MONS", "BENE_HMO_CVRAGE_TOT_MONS",
    ),
    key=("DESYNPUF_ID", "year"),
    table="person",
    dates=("BENE_BIRTH_DT", "BENE_DEATH_DT"),
    numbers=("BENE_HI_CVRAGE_TOT_MONS", "BENE_HMO_CVRAGE_TOT_MONS"),
)  # fmt: skip

INPATIENT = FileKind(
    kind="inpatient",
    pattern=re.compile(r"Inpatient_Claims" + ENDING),
    columns=(
        "DESYNPUF_ID", "CLM_ID", "SEGMENT", "PRVDR_NUM", "CLM_PMT_AMT", "CLM_ADMSN_DT",
        "NCH_BENE_DSCHRG_DT", "CLM_DRG_CD", "ADMTNG_ICD9_DGNS_CD",
        *(f"ICD9_DGNS_CD_{n}" for n in range(1, DIAGNOSES + 1)),
        *(f"ICD9_PRCDR_CD_{n}" for n in range(1, PROCEDURES + 1)),
        *(f"HCPCS_CD_{n}" for n in range(1, HCPCS + 1)),
    ),
    key=("DESYNPUF_ID", "CLM_ID", "SEGMENT"),
    table="stay",
    dates=("CLM_ADMSN_DT", "NCH_BENE_DSCHRG_DT"),
    numbers=("SEGMENT", "CLM_PMT_AMT"),
)  # fmt: skip

SEX = {"1": "male", "2": "female"}
RACE = {"1": "white", "2": "black", "3": "other", "5": "hispanic"}

SETTINGS = (
    (r"^..(2[012])", "long_term"),
    (r"^..(30|T|R)", "rehabilitation"),
    (r"^..(4[0-4]|S|M)", "psychiatric"),
    (r"^..(U|W|Y|Z)", "nursing_facility"),
)
"""Third and fourth place of a provider number (the last two are masked in this file) -> setting.

Long-term hospitals 2000-2299; rehabilitation hospitals 3025-3099 and units T, R; psychiatric
hospitals 4000-4499 and units S, M; swing beds U, W, Y, Z. All others are acute hospitals.
"""

LINES = 13
CARRIER_DIAGNOSES = 8

OUTPATIENT = FileKind(
    kind="outpatient",
    pattern=re.compile(r"Outpatient_Claims" + ENDING),
    columns=(
        "DESYNPUF_ID", "CLM_ID", "SEGMENT", "CLM_FROM_DT", "CLM_THRU_DT", "PRVDR_NUM",
        "CLM_PMT_AMT", "AT_PHYSN_NPI", "ADMTNG_ICD9_DGNS_CD",
        *(f"ICD9_DGNS_CD_{n}" for n in range(1, DIAGNOSES + 1)),
        *(f"ICD9_PRCDR_CD_{n}" for n in range(1, PROCEDURES + 1)),
        *(f"HCPCS_CD_{n}" for n in range(1, HCPCS + 1)),
    ),
    key=("DESYNPUF_ID", "CLM_ID", "SEGMENT"),
    table="visit",
    dates=("CLM_FROM_DT", "CLM_THRU_DT"),
    numbers=("SEGMENT", "CLM_PMT_AMT"),
)  # fmt: skip

CARRIER = FileKind(
    kind="carrier",
    pattern=re.compile(r"Carrier_Claims(_Sample_\d+[AB]?)?\.csv(\.gz)?$"),
    columns=(
        "DESYNPUF_ID", "CLM_ID", "CLM_FROM_DT", "CLM_THRU_DT",
        *(f"ICD9_DGNS_CD_{n}" for n in range(1, CARRIER_DIAGNOSES + 1)),
        *(f"PRF_PHYSN_NPI_{n}" for n in range(1, LINES + 1)),
        *(f"HCPCS_CD_{n}" for n in range(1, LINES + 1)),
        *(f"LINE_NCH_PMT_AMT_{n}" for n in range(1, LINES + 1)),
        *(f"LINE_ICD9_DGNS_CD_{n}" for n in range(1, LINES + 1)),
    ),
    key=("DESYNPUF_ID", "CLM_ID"),
    table="visit",
    dates=("CLM_FROM_DT", "CLM_THRU_DT"),
    numbers=tuple(f"LINE_NCH_PMT_AMT_{n}" for n in range(1, LINES + 1)),
)  # fmt: skip

DRUGS = FileKind(
    kind="drugs",
    pattern=re.compile(r"Prescription_Drug_Events" + ENDING),
    columns=(
        "DESYNPUF_ID", "PDE_ID", "SRVC_DT", "PROD_SRVC_ID", "DAYS_SUPLY_NUM", "TOT_RX_CST_AMT",
    ),
    key=("DESYNPUF_ID", "PDE_ID"),
    table="dispensing",
    dates=("SRVC_DT",),
    numbers=("DAYS_SUPLY_NUM", "TOT_RX_CST_AMT"),
)  # fmt: skip

PROCEDURE_CODE = r"^\d{2,4}$"
"""How ICD-9-CM procedure codes look; diagnosis codes have up to five characters, some a letter."""
MOST_ODD = 0.05
"""A procedure column where more of the codes than this cannot be procedures holds diagnoses."""

NDC = r"^\d{11}$"


def _codes(*spans: tuple[int, int]) -> tuple[str, ...]:
    return tuple(str(code) for first, last in spans for code in range(first, last + 1))


EMERGENCY = _codes((99281, 99285))
"""Emergency-department visits: American Medical Association, CPT, evaluation and management."""

CONTACTS = (
    ("home_visit", _codes((99341, 99350))),
    ("telehealth", (*_codes((99441, 99443)), *(f"G0{n}" for n in range(406, 409)),
                    *(f"G0{n}" for n in range(425, 428)))),
    ("outpatient", (*_codes((99201, 99205), (99211, 99215), (99241, 99245), (99381, 99397)),
                    "G0101", "G0344", "G0402", "G0438", "G0439")),
)  # fmt: skip
"""HCPCS of a claim's lines -> kind of contact, the first that fits; all others are "other".

Home visits; calls and telehealth consultations; office visits, office consultations and preventive
visits. Edition of 2010: American Medical Association, CPT; CMS, HCPCS level II.
"""
