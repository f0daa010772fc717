"""FHIR conditions, procedures, medicines, observations and coverage in, canonical rows out."""

from __future__ import annotations

from typing import Any

import pytest

from features.readers.fhir import tables_of_bundle
from tests.fhir_resources import (
    ICD10CM,
    RXNORM,
    SCT,
    Resource,
    bundle,
    concept,
    condition,
    encounter,
    made,
    medicine,
    observation,
    patient,
    read,
    to,
    told,
)  # fmt: skip

pytestmark = pytest.mark.spec


def test_a_condition_is_of_the_day_of_its_contact_and_known_when_recorded() -> None:
    tables = read(
        encounter("e1", cls="IMP", end="2020-01-05T08:00:00"),
        condition("c1", at="e1", recordedDate="2020-01-03", onsetDateTime="2003"),
        condition("c2", (ICD10CM, "E11.9"), at="e1"),
        condition("c3", recordedDate="2019-06-30", onsetDateTime="2003"),
        condition("c4", onsetDateTime="2003-02"),
    )
    rows = told(tables, "diagnosis", "at", "known_at", "stay_id")
    assert rows == [
        ("2003-02-28", "2003-02-28", None),
        ("2019-06-30", "2019-06-30", None),
        ("2020-01-01", "2020-01-03", "e1"),
        ("2020-01-01", "2020-02-04T08:00:00", "e1"),
    ]


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_conditions_withdrawn_are_none(status: str) -> None:
    tables = read(encounter(), condition(at="e1", verificationStatus=concept(("hl7", status))))
    assert told(tables, "diagnosis", "code") == []


def test_the_rank_of_a_diagnosis_is_its_position_and_others_contacts_have_a_row_too() -> None:
    named = [{"condition": to("Condition", "c1"), "rank": 2}]
    tables = read(
        encounter("e1", cls="IMP", end="2020-01-05", diagnosis=named),
        encounter("e2", cls="IMP", start="2021-01-01", end="2021-01-02", diagnosis=[
            {"condition": to("Condition", "c1"), "rank": 1}
        ]),
        condition("c1", at="e1", recordedDate="2020-01-01"),
    )  # fmt: skip
    assert told(tables, "diagnosis", "stay_id", "position", "known_at") == [
        ("e1", 2, "2020-01-01T10:00:00"), ("e2", 1, "2021-02-01")
    ]  # fmt: skip


def test_of_several_vocabularies_one_speaks() -> None:
    both = concept((SCT, "84114007"), (ICD10CM, "I50.9"), ("http://local", "HF"))
    tables = read(
        encounter(),
        condition("c1", at="e1", code=both),
        condition("c2", ("http://local", "HF"), at="e1"),
        condition("c3", at="e1", code={"text": "in words alone"}),
    )
    assert told(tables, "diagnosis", "code_system", "code") == [
        ("ICD-10-CM", "I509"), ("LOCAL", "HF")
    ]  # fmt: skip


def test_procedures_done_and_icd_as_procedures_are_coded_in_it() -> None:
    base = {
        "status": "completed",
        "subject": to("Patient", "p1"),
        "encounter": to("Encounter", "e1"),
    }
    icd = concept(("http://hl7.org/fhir/sid/icd-10", "0FT44ZZ"))
    tables = read(
        encounter(cls="IMP", end="2020-01-05T08:00:00"),
        made("Procedure", "a", {**base, "code": icd, "performedDateTime": "2020-01-02T09:00:00Z"}),
        made("Procedure", "b", {**base, "code": icd, "status": "not-done"}),
    )
    assert told(tables, "procedure", "stay_id", "at", "known_at", "code_system") == [
        ("e1", "2020-01-02", "2020-02-04T08:00:00", "ICD-10-PCS")
    ]


def test_medicines_by_reference_and_contained() -> None:
    given = {"medicationCodeableConcept": None, "whenHandedOver": "2020-03-01"}
    inside = [{"resourceType": "Medication", "id": "m", "code": concept((RXNORM, "2"))}]
    tables = read(
        made("Medication", "m1", {"code": concept((RXNORM, "1"))}),
        medicine("MedicationDispense", "d1", **given, medicationReference=to("Medication", "m1"),
                 daysSupply={"value": 30, "unit": "day"}),
        medicine("MedicationDispense", "d2", **given, medicationReference={"reference": "#m"},
                 contained=inside),
    )  # fmt: skip
    assert told(tables, "dispensing", "code_system", "code", "at", "days_supply") == [
        ("RXNORM", "1", "2020-03-01", 30), ("RXNORM", "2", "2020-03-01", None)
    ]  # fmt: skip


def test_orders_stand_for_supplies_only_of_people_without_any() -> None:
    order = {"status": "active", "authoredOn": "2020-01-01T10:00:00"}
    tables = read(
        patient("p1"), patient("p2"),
        medicine("MedicationRequest", "r1", "1", intent="order", **order),
        medicine("MedicationRequest", "r2", "2", intent="plan", **order),
        medicine("MedicationRequest", "r3", "3", intent="order", **order,
                 category=[concept(("hl7", "inpatient"))]),
        medicine("MedicationRequest", "r4", "4", intent="order", person="p2", **order),
        medicine("MedicationDispense", "d1", "5", person="p2", whenHandedOver="2020-01-02"),
    )  # fmt: skip
    assert sorted(told(tables, "dispensing", "person_id", "code", "at")) == [
        ("p1", "1", "2020-01-01"), ("p2", "5", "2020-01-02")
    ]  # fmt: skip


def test_observations_have_a_number_or_words_and_their_components_rows() -> None:
    never = concept((SCT, "266919005"), text="Never smoker")
    parts = [{"code": concept(("http://loinc.org", "8480-6")), "valueQuantity": {"value": 120.0}}]
    tables = read(
        observation("o1", 11.5, issued="2020-01-01T12:00:00.250-05:00"),
        observation("o2", None, valueCodeableConcept=never),
        observation("o3", None, component=parts),
        observation("o4", None),
        observation("o5", 3, status="entered-in-error"),
    )
    columns = ("code", "value", "unit", "text", "known_at")
    assert sorted(told(tables, "measurement", *columns), key=str) == [
        ("718-7", 11.5, "g/dL", None, "2020-01-01T12:00:00.250000"),
        ("718-7", None, None, "Never smoker", "2020-01-01T11:00:00"),
        ("8480-6", 120.0, None, None, "2020-01-01T11:00:00"),
    ]


def test_coverage_lasts_through_the_day_its_end_names() -> None:
    def cover(name: str, period: Resource, **more: Any) -> Resource:
        base = {"status": "active", "beneficiary": to("Patient", "p1"), "period": period}
        return made("Coverage", name, base | more)

    tables = read(
        cover("a", {"start": "2019", "end": "2019-12-31"}),
        cover("b", {"start": "2020-01-01"}, type=concept(("v3", "DRUGPOL"))),
        cover("c", {"start": "2020-01-01"}, type=concept(("v3", "DENTPRG"))),
        cover("d", {"start": "2020-01-01"}, status="cancelled"),
    )
    assert told(tables, "coverage", "kind", "from_at", "to_at") == [
        ("medical", "2019-01-01", "2020-01-01"), ("pharmacy", "2020-01-01", None)
    ]  # fmt: skip


def test_the_last_version_of_a_resource_counts_and_deleted_ones_do_not() -> None:
    def changed(at: str, **more: Any) -> Resource:
        return encounter("e1", meta={"lastUpdated": at}, **more)

    resources = [
        changed("2020-03-01T00:00:00Z", cls="EMER"), changed("2020-02-01T00:00:00Z", cls="IMP"),
        encounter("e2"),
    ]  # fmt: skip
    whole = bundle(patient(), *resources)
    whole["entry"].append({"request": {"method": "DELETE", "url": "Encounter/e2"}})
    tables = tables_of_bundle(whole)
    assert told(tables, "stay", "stay_id", "setting") == [("e1", "emergency")]
    assert told(tables, "visit", "visit_id") == []
