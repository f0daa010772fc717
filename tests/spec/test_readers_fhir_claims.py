"""FHIR claims in, canonical rows out: contacts of their own, or cost and codes of encounters."""

from __future__ import annotations

from typing import Any

import pytest

from features.readers.fhir import tables_of_bundle
from tests.fhir_resources import (
    ICD10CM,
    Resource,
    bundle,
    concept,
    condition,
    encounter,
    made,
    read,
    to,
    told,
)  # fmt: skip

pytestmark = pytest.mark.spec

CMS = "https://bluebutton.cms.gov/resources/variables/"


def claim(name: str, kind: str, start: str, end: str, **more: Any) -> Resource:
    base = {
        "status": "active", "use": "claim", "patient": to("Patient", "p1"),
        "type": concept((CMS + "nch_clm_type_cd", kind)),
        "billablePeriod": {"start": start, "end": end},
        "payment": {"amount": {"value": 100.0}},
    }  # fmt: skip
    return made("ExplanationOfBenefit", name, base | more)


def place_of(code: str) -> list[Resource]:
    return [
        {"sequence": 1, "locationCodeableConcept": concept((CMS + "line_place_of_srvc_cd", code))}
    ]


def test_claims_without_an_encounter_are_contacts_by_their_type() -> None:
    left = {"code": concept((CMS + "ptnt_dschrg_stus_cd", "3")), "sequence": 1}
    tables = read(
        claim("a", "60", "2020-01-01", "2020-01-05", supportingInfo=[left]),
        claim("b", "20", "2020-01-05", "2020-01-20"),
        claim("c", "50", "2020-02-01", "2020-02-20"),
        claim("d", "40", "2020-03-01", "2020-03-01"),
        claim("e", "40", "2020-03-02", "2020-03-02",
              item=[{"sequence": 1, "revenue": concept((CMS + "rev_cntr", "0450"))}]),
        claim("f", "71", "2020-03-03", "2020-03-03", item=place_of("11")),
        claim("g", "71", "2020-01-02", "2020-01-02", item=place_of("21")),
        claim("h", "82", "2020-03-04", "2020-03-04"),
    )  # fmt: skip
    assert told(tables, "stay", "stay_id", "setting", "discharged_to", "cost") == [
        ("a", "acute", "nursing_facility", 100.0), ("b", "nursing_facility", None, 100.0),
        ("c", "hospice", None, 100.0), ("e", "emergency", None, 100.0),
    ]  # fmt: skip
    assert told(tables, "visit", "visit_id", "setting", "known_at") == [
        ("d", "outpatient", "2020-03-31"), ("f", "outpatient", "2020-04-02")
    ]  # fmt: skip


def test_a_claim_of_an_encounter_gives_it_cost_codes_and_positions() -> None:
    line = [{"sequence": 1, "encounter": [to("Encounter", "e1")]}]
    listed = [
        {"sequence": 1, "diagnosisReference": to("Condition", "c1")},
        {"sequence": 2, "diagnosisCodeableConcept": concept((ICD10CM, "E11.9"))},
    ]
    total = [{"category": concept(("hl7", "submitted")), "amount": {"value": 250.0}}]
    tables = read(
        encounter("e1", cls="IMP", end="2020-01-05T08:00:00"),
        condition("c1", at="e1", recordedDate="2020-01-02"),
        claim("x", "60", "2020-01-01", "2020-01-05", item=line, diagnosis=listed, total=total),
        made("Claim", "y", {"status": "active", "patient": to("Patient", "p1"), "item": line,
                            "total": {"value": 999.0}}),
        claim("z", "60", "2020-01-01", "2020-01-05", item=line, claim=to("Claim", "y")),
    )  # fmt: skip
    assert told(tables, "stay", "stay_id", "cost") == [("e1", 350.0)]
    assert told(tables, "diagnosis", "code", "position", "known_at") == [
        ("I509", 1, "2020-01-02"), ("E119", 2, "2020-02-04T08:00:00")
    ]  # fmt: skip


def test_pharmacy_claims_are_supplies() -> None:
    line = {
        "sequence": 1, "servicedDate": "2011-12-31",
        "productOrService": concept(("http://hl7.org/fhir/sid/ndc", "68071071630")),
        "quantity": {"value": 60, "extension": [
            {"url": CMS + "days_suply_num", "valueQuantity": {"value": 30}}]},
        "adjudication": [{"category": concept(("bb", CMS + "tot_rx_cst_amt")),
                          "amount": {"value": 12.5}}],
    }  # fmt: skip
    kind = concept(("https://bluebutton.cms.gov/resources/codesystem/eob-type", "PDE"))
    tables = read(claim("x", "", "2011-12-31", "2011-12-31", type=kind, item=[line]))
    columns = ("code_system", "code", "at", "days_supply", "cost")
    assert told(tables, "dispensing", *columns) == [("NDC", "68071071630", "2011-12-31", 30, 12.5)]


def test_claims_without_patients_make_people_of_whom_nothing_else_is_known() -> None:
    tables = tables_of_bundle(bundle(claim("a", "60", "2020-01-01", "2020-01-05")))
    assert told(tables, "person", "person_id", "birth_date", "sex") == [("p1", None, "unknown")]
