"""Vocabularies and the URIs FHIR names them by, and which coding of several speaks.

One concept often comes in several vocabularies. One of them becomes the row, so that a condition is
not counted twice: the first of `PRIORITY` there is, and within a vocabulary the first written. ICD
goes before SNOMED CT because published groupings of conditions are written in ICD. A vocabulary
that is not listed is `LOCAL`.

Sources: HL7 FHIR R4 (4.0.1), "Using Codes in Resources", terminologies-systems; HL7 OID registry;
UK Core; CMS Blue Button 2.0 implementation guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
        "urn:oid:2.16.840.1.113883.6.90": "ICD-10-CM",
        "http://hl7.org/fhir/sid/icd-10": "ICD-10",
        "urn:oid:2.16.840.1.113883.6.3": "ICD-10",
        "http://hl7.org/fhir/sid/icd-10-uk": "ICD-10",
        "https://fhir.hl7.org.uk/Id/icd-10": "ICD-10",
        "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM",
        "http://hl7.org/fhir/sid/icd-9": "ICD-9-CM",
        "http://terminology.hl7.org/CodeSystem/icd9cm": "ICD-9-CM",
        "http://terminology.hl7.org/CodeSystem/ICD-9CM-diagnosiscodes": "ICD-9-CM",
        "urn:oid:2.16.840.1.113883.6.103": "ICD-9-CM",
        "http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS",
        "http://hl7.org/fhir/sid/icd-10-pcs": "ICD-10-PCS",
        "urn:oid:2.16.840.1.113883.6.4": "ICD-10-PCS",
        "http://www.cms.gov/Medicare/Coding/ICD9": "ICD-9-PCS",
        "http://terminology.hl7.org/CodeSystem/ICD-9CM-procedurecodes": "ICD-9-PCS",
        "urn:oid:2.16.840.1.113883.6.104": "ICD-9-PCS",
        "https://fhir.hl7.org.uk/Id/opcs-4": "OPCS-4",
        "https://fhir.nhs.uk/Id/opcs-4": "OPCS-4",
        "http://www.ama-assn.org/go/cpt": "CPT",
        "urn:oid:2.16.840.1.113883.6.12": "CPT",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
        "https://bluebutton.cms.gov/resources/codesystem/hcpcs": "HCPCS",
        "urn:oid:2.16.840.1.113883.6.285": "HCPCS",
        "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
        "urn:oid:2.16.840.1.113883.6.88": "RXNORM",
        "http://hl7.org/fhir/sid/ndc": "NDC",
        "urn:oid:2.16.840.1.113883.6.69": "NDC",
        "http://www.whocc.no/atc": "ATC",
        "urn:oid:2.16.840.1.113883.6.73": "ATC",
        "http://loinc.org": "LOINC",
        "urn:oid:2.16.840.1.113883.6.1": "LOINC",
        "http://snomed.info/sct": "SNOMED",
        "urn:oid:2.16.840.1.113883.6.96": "SNOMED",
        "https://dmd.nhs.uk": "SNOMED",  # the NHS medicines dictionary gives SNOMED CT ids
        "urn:caseload:ingredient": "INGREDIENT",  # names of ingredients, as our own Histories have
    }
)

PRIORITY: tuple[str, ...] = (
    "ICD-10-CM", "ICD-10", "ICD-9-CM", "ICD-10-PCS", "ICD-9-PCS", "OPCS-4", "CPT", "HCPCS",
    "RXNORM", "NDC", "ATC", "INGREDIENT", "LOINC", "SNOMED", "LOCAL",
)  # fmt: skip
RANK: Mapping[str, int] = MappingProxyType({system: n for n, system in enumerate(PRIORITY)})
