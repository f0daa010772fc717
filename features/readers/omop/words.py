"""What concepts of OMOP mean in the words of the History: visits, places, vocabularies, people.

A concept is read by what the source's own vocabulary tables say of it (vocabulary and code, or
name), then by its ancestors there. The few concept ids below serve extracts that come without
vocabulary tables. What none of them tells is unknown.

Sources: OHDSI, CommonDataModel 5.4 and Athena vocabularies (visit ids as used by OHDSI ETLs and
PEDSnet); CMS, Place of Service Code Set (two-digit codes); NUBC UB-04 discharge status, see
features/codes/data/SOURCES.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from features.codes.dispositions import destinations

SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "ICD10CM": "ICD-10-CM",
        "ICD10": "ICD-10",
        "ICD9CM": "ICD-9-CM",
        "ICD10PCS": "ICD-10-PCS",
        "ICD9Proc": "ICD-9-PCS",
        "OPCS4": "OPCS-4",
        "CPT4": "CPT",
        "HCPCS": "HCPCS",
        "SNOMED": "SNOMED",
        "RxNorm": "RXNORM",
        "NDC": "NDC",
        "ATC": "ATC",
        "LOINC": "LOINC",
    }
)
"""vocabulary_id -> code system. Any other vocabulary's codes are LOCAL."""

OF_DIAGNOSES = ("ICD-10-CM", "ICD-10", "ICD-9-CM")
OF_PROCEDURES = ("ICD-10-PCS", "ICD-9-PCS", "OPCS-4", "CPT", "HCPCS")
FINDINGS = ("Clinical Finding", "Disorder", "Context-dependent", "Social Context", "Event")
"""SNOMED concept classes whose bare record says that somebody has something. A bare substance or
organism (an allergy, without saying to what degree) or question does not."""


@dataclass(frozen=True)
class Kind:
    """Where a visit goes: table `stay` or `visit`, its setting; `via` emergency for concept 262."""

    table: str
    setting: str
    via: str | None = None


@dataclass(frozen=True)
class Concept:
    """A row of the source's table CONCEPT; `ancestors` by concept id, nearest first."""

    concept_id: int
    vocabulary: str = ""
    code: str = ""
    name: str = ""
    ancestors: tuple[int, ...] = ()


ACUTE, EMERGENCY = Kind("stay", "acute"), Kind("stay", "emergency")
VIA_EMERGENCY = Kind("stay", "acute", "emergency")
NURSING, HOSPICE = Kind("stay", "nursing_facility"), Kind("stay", "hospice")
REHABILITATION = Kind("stay", "rehabilitation")
PSYCHIATRIC = Kind("stay", "psychiatric")
OUTPATIENT, OTHER = Kind("visit", "outpatient"), Kind("visit", "other")
AT_HOME, REMOTE = Kind("visit", "home_visit"), Kind("visit", "telehealth")

VISITS: Mapping[int, Kind] = MappingProxyType(
    {
        9201: ACUTE,
        8717: ACUTE,
        32037: ACUTE,
        581379: ACUTE,
        38004515: ACUTE,
        262: VIA_EMERGENCY,
        9203: EMERGENCY,
        8870: EMERGENCY,
        581381: EMERGENCY,
        8863: NURSING,
        8676: NURSING,
        8971: PSYCHIATRIC,
        8920: REHABILITATION,
        42898160: NURSING,
        44814710: NURSING,
        8546: HOSPICE,
        9202: OUTPATIENT,
        8716: OUTPATIENT,
        8756: OUTPATIENT,
        8761: OUTPATIENT,
        8782: OUTPATIENT,
        8883: OUTPATIENT,
        8940: OUTPATIENT,
        581477: OUTPATIENT,
        **dict.fromkeys((38004207, 38004225, 38004228, 38004238, 38004250, 38004251), OUTPATIENT),
        581476: AT_HOME,
        5083: REMOTE,
        581458: OTHER,
        32036: OTHER,
        581478: OTHER,
    }
)
"""visit_concept_id -> kind. Pharmacy, laboratory and ambulance contacts are visits `other`."""

VISIT_CODES: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "Visit": {
            "IP": ACUTE,
            "ERIP": VIA_EMERGENCY,
            "ER": EMERGENCY,
            "LTCP": NURSING,
            "OP": OUTPATIENT,
        },
        "CMS Place of Service": {
            **dict.fromkeys(("21",), ACUTE),
            **dict.fromkeys(("23",), EMERGENCY),
            **dict.fromkeys(("31", "32"), NURSING),
            **dict.fromkeys(("34",), HOSPICE),
            **dict.fromkeys(("51",), PSYCHIATRIC),
            **dict.fromkeys(("61",), REHABILITATION),
            **dict.fromkeys(("02", "10"), REMOTE),
            **dict.fromkeys(("12",), AT_HOME),
            **dict.fromkeys(("11", "17", "19", "20", "22", "24", "49", "50"), OUTPATIENT),
            **dict.fromkeys(("52", "53", "62", "65", "71", "72"), OUTPATIENT),
            **dict.fromkeys(("01", "41", "42", "81"), OTHER),
        },
    }
)

PLACES: Mapping[int, str] = MappingProxyType(
    {
        8536: "home",
        8863: "nursing_facility",
        8676: "nursing_facility",
        8546: "hospice",
        8717: "acute",
        9201: "acute",
        8971: "psychiatric",
        8920: "rehabilitation",
        8870: "emergency",
        9203: "emergency",
        4216643: "died",
    }
)
PLACE_CODES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "CMS Place of Service": {
            "12": "home",
            "21": "acute",
            "23": "emergency",
            "31": "nursing_facility",
            "32": "nursing_facility",
            "34": "hospice",
            "51": "psychiatric",
            "61": "rehabilitation",
        },
        "Visit": {"IP": "acute", "ER": "emergency", "ERIP": "acute", "LTCP": "nursing_facility"},
        "UB04 Pt dis status": {c: to for c, to in destinations("UB-04").items() if to is not None},
    }
)
PLACE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("died", "dead", "expired", "deceased", "patient died"), "died"),
        **dict.fromkeys(("home", "home or self care", "home or self-care"), "home"),
        **dict.fromkeys(("home health", "home health care"), "home_health"),
        **dict.fromkeys(
            ("skilled nursing facility", "nursing facility", "nursing home", "snf"),
            "nursing_facility",
        ),
        **dict.fromkeys(("rehabilitation", "rehab", "inpatient rehabilitation"), "rehabilitation"),
        **dict.fromkeys(
            ("hospital", "acute hospital", "inpatient hospital", "acute care hospital"), "acute"
        ),
        **dict.fromkeys(("psychiatric facility", "psychiatric hospital"), "psychiatric"),
        "hospice": "hospice",
        **dict.fromkeys(("emergency room", "emergency department"), "emergency"),
        **dict.fromkeys(
            ("ama", "against advice", "against medical advice", "left against medical advice"),
            "against_advice",
        ),
    }
)
"""A place in plain words, as concept names and source values have it. Codes of an unnamed list are
not read: 01 is home in one list and something else in the next."""

FROM = ("home", "emergency", "acute", "nursing_facility", "rehabilitation", "other")
TO = (
    "home", "home_health", "acute", "nursing_facility", "rehabilitation", "psychiatric", "hospice",
    "died", "against_advice", "other",
)  # fmt: skip

SEXES: Mapping[int, str] = MappingProxyType({8507: "male", 8532: "female", 8521: "other"})
SEX_WORDS: Mapping[str, str] = MappingProxyType(
    {"m": "male", "male": "male", "f": "female", "female": "female", "other": "other"}
)
RACES: Mapping[int, str] = MappingProxyType(
    {
        8527: "White",
        8516: "Black or African American",
        8515: "Asian",
        8557: "Native Hawaiian or Other Pacific Islander",
        8657: "American Indian or Alaska Native",
        38003563: "Hispanic or Latino",
        38003564: "Not Hispanic or Latino",
    }
)
UNTOLD = ("no matching concept", "unknown", "unknown racial group", "")

PRINCIPAL: Mapping[int, int] = MappingProxyType({32902: 1, 32903: 1, 44786627: 1})
"""Concepts "primary diagnosis", "primary discharge diagnosis" and "primary condition"."""
PRINCIPAL_WORDS = re.compile(r"primary (discharge )?(diagnosis|condition)|- primary$")
PLACED = re.compile(r"\b(\d+)(st|nd|rd|th) position")
AS_RECORDED = re.compile(r"problem list")
PROBLEM_LIST = (38000245, 32840)
GIVEN_IN_HOSPITAL = re.compile(r"administ")
ADMINISTERED = (38000179, 38000180, 32818)
"""Types of drug exposure that say a dose was given, not that a supply was handed over."""

Told = TypeVar("Told")


def name(concept: Concept) -> str | None:
    """The name of a concept, where the vocabulary has one."""
    return concept.name or None


def visit_kind(concept: Concept) -> Kind | None:
    """The kind of a visit; None where neither id, code nor ancestors tell."""
    return _first(concept, VISITS, VISIT_CODES)


def place(concept: Concept, allowed: tuple[str, ...]) -> str | None:
    """Where somebody came from or went; a place the History has no word for is `other`."""
    if concept.concept_id == 0 and not concept.name:
        return None
    found = _first(concept, PLACES, PLACE_CODES) or PLACE_WORDS.get(concept.name.lower())
    if found is None:
        return None if concept.name.lower() in UNTOLD else "other"
    return found if found in allowed else "other"


def place_said(text: str, allowed: tuple[str, ...]) -> str | None:
    """The place that a source value names in plain words; None for any other text."""
    found = PLACE_WORDS.get(text.strip().lower())
    return found if found in allowed else None


def sex(concept: Concept) -> str | None:
    return SEX_WORDS.get(concept.name.lower()) or SEXES.get(concept.concept_id)


def ethnicity(concept: Concept) -> str | None:
    told = concept.name or RACES.get(concept.concept_id, "")
    return None if told.lower() in UNTOLD else told


def position(concept: Concept) -> int | None:
    """1 for a principal diagnosis, or the place in the list of codes that its type names."""
    told = concept.name.lower()
    placed = PLACED.search(told)
    if placed:
        return int(placed[1])
    if PRINCIPAL_WORDS.search(told) and "secondary" not in told:
        return 1
    return PRINCIPAL.get(concept.concept_id)


def recorded_live(concept: Concept) -> bool:
    return concept.concept_id in PROBLEM_LIST or bool(AS_RECORDED.search(concept.name.lower()))


def administered(concept: Concept) -> bool:
    given = GIVEN_IN_HOSPITAL.search(concept.name.lower())
    return concept.concept_id in ADMINISTERED or bool(given)


def _first(
    concept: Concept, by_id: Mapping[int, Told], by_code: Mapping[str, Mapping[str, Told]]
) -> Told | None:
    coded = by_code.get(concept.vocabulary, {}).get(concept.code)
    if coded is not None:
        return coded
    return next((by_id[i] for i in (concept.concept_id, *concept.ancestors) if i in by_id), None)
