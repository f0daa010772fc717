"""FHIR resources in, canonical rows out: what each element becomes, and what is not made up.

One bundle is read here; that bulk reads the same resources to the same rows is a test of its own.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from features.errors import InputError
from features.readers.fhir import tables_of_bundle
from features.readers.fhir.places import POS
from features.tables.contract import Tables
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
    to,
)  # fmt: skip

pytestmark = pytest.mark.spec


def read(*resources: Resource) -> Tables:
    """The tables of a patient p1 and these resources."""
    own = any(one.get("resourceType") == "Patient" for one in resources)
    return tables_of_bundle(bundle(*(() if own else (patient(),)), *resources))


def told(tables: Tables, name: str, *columns: str) -> list[Any]:
    """The columns of every row, times at midnight as days; one column as plain values."""
    rows = [tuple(_plain(row[c]) for c in columns) for row in tables[name].to_pylist()]
    return [row[0] for row in rows] if len(columns) == 1 else rows


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else value


STAYS = {"IMP": "acute", "ACUTE": "acute", "SS": "acute", "NONAC": "long_term", "EMER": "emergency",
         "OBSENC": "emergency", "HH": "home_health"}  # fmt: skip
VISITS = {"AMB": "outpatient", "VR": "telehealth", "FLD": "other"}


@pytest.mark.parametrize("cls", STAYS)
def test_classes_that_are_stays(cls: str) -> None:
    tables = read(encounter(cls=cls, end="2020-01-05T08:00:00-05:00"))
    assert told(tables, "stay", "setting", "admitted_at", "discharged_at") == [
        (STAYS[cls], "2020-01-01T10:00:00", "2020-01-05T08:00:00")
    ]
    assert told(tables, "visit", "visit_id") == []


@pytest.mark.parametrize("cls", VISITS)
def test_classes_that_are_visits(cls: str) -> None:
    tables = read(encounter(cls=cls, end="2020-01-01T10:20:00-05:00"))
    assert told(tables, "visit", "setting", "at", "known_at") == [
        (VISITS[cls], "2020-01-01T10:00:00", "2020-01-01T10:00:00")
    ]


def test_home_health_within_a_day_is_a_visit_at_home() -> None:
    tables = read(encounter(cls="HH", end="2020-01-01T11:00:00-05:00"))
    assert told(tables, "visit", "setting") == ["home_visit"]


def test_a_short_stay_is_a_day_case_and_of_others_nothing_is_said() -> None:
    tables = read(encounter("e1", cls="SS", end="2020-01-01T18:00:00"), encounter("e2", cls="IMP"))
    assert told(tables, "stay", "stay_id", "day_case") == [("e1", True), ("e2", None)]


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("31", "nursing_facility"),
        ("61", "rehabilitation"),
        ("51", "psychiatric"),
        ("34", "hospice"),
    ],
)
def test_the_type_names_the_kind_of_place(code: str, setting: str) -> None:
    tables = read(encounter(cls="NONAC", type=[concept((POS, code))], end="2020-01-09"))
    assert told(tables, "stay", "setting") == [setting]


def test_a_general_practice_visit_is_primary_care() -> None:
    tables = read(encounter(serviceType=concept((SCT, "394814009"), text="General practice")))
    assert told(tables, "visit", "setting", "specialty") == [("primary_care", "General practice")]


def test_class_and_times_may_be_written_as_r5_has_them() -> None:
    r5 = encounter(
        status="completed", period=None, actualPeriod={"start": "2020-01-01", "end": "2020-01-03"},
        **{"class": [concept(("local", "13"), ("http://terminology.hl7.org", "IMP"))]},
    )  # fmt: skip
    assert told(read(r5), "stay", "setting", "discharged_at") == [("acute", "2020-01-03")]


def test_what_the_source_does_not_say_is_unknown() -> None:
    columns = ("admission_method", "admitted_from", "discharged_to", "specialty", "drg", "cost")
    assert told(read(encounter(cls="IMP")), "stay", *columns) == [("unknown", *[None] * 5)]


def test_a_class_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="not one of those allowed"):
        read(encounter(cls="13"))


DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
UB04 = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
NHS = "https://fhir.hl7.org.uk/CodeSystem/UKCore-DischargeDestinationEngland"


@pytest.mark.parametrize(
    ("coding", "went"),
    [
        ((DISPOSITION, "home"), "home"), ((DISPOSITION, "snf"), "nursing_facility"),
        ((DISPOSITION, "aadvice"), "against_advice"), ((DISPOSITION, "exp"), "died"),
        ((UB04, "01"), "home"), ((UB04, "20"), "died"), ((UB04, "62"), "rehabilitation"),
        ((UB04, "30"), None), ((NHS, "51"), "acute"), ((NHS, "19"), "home"),
    ],
)  # fmt: skip
def test_discharge_dispositions(coding: tuple[str, str], went: str | None) -> None:
    left = {"dischargeDisposition": concept(coding)}
    stay = encounter(cls="IMP", end="2020-01-05", hospitalization=left)
    assert told(read(stay), "stay", "discharged_to") == [went]


def test_a_disposition_of_no_list_is_refused_not_guessed() -> None:
    left = {"dischargeDisposition": concept(("local", "ZZ9"))}
    with pytest.raises(InputError, match="discharged_to"):
        read(encounter(cls="IMP", hospitalization=left))


@pytest.mark.parametrize(
    ("source", "where", "method"),
    [
        ("hosp-trans", "acute", "transfer"), ("emd", "emergency", "unknown"),
        ("nursing", "nursing_facility", "unknown"), ("gp", None, "unknown"),
    ],
)  # fmt: skip
def test_admission_sources(source: str, where: str | None, method: str) -> None:
    stay = encounter(cls="IMP", hospitalization={"admitSource": concept(("hl7", source))})
    assert told(read(stay), "stay", "admitted_from", "admission_method") == [(where, method)]


def test_urgency_is_that_of_the_nhs_extension_else_of_the_priority() -> None:
    nhs = {"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AdmissionMethod",
           "valueCodeableConcept": concept(("nhs", "21"))}  # fmt: skip
    planned = concept(("v3", "EL"))
    tables = read(
        encounter("e1", cls="IMP", priority=planned),
        encounter("e2", cls="IMP", priority=planned, extension=[nhs]),
    )
    assert told(tables, "stay", "stay_id", "admission_method") == [
        ("e1", "elective"), ("e2", "emergency")
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_encounters_that_did_not_happen_are_no_contacts(status: str) -> None:
    tables = read(encounter(status=status, cls="IMP"), encounter("e2", cls="PRENC"))
    assert told(tables, "stay", "stay_id") + told(tables, "visit", "visit_id") == []


def test_the_parts_of_a_stay_are_that_stay_and_facts_belong_to_it() -> None:
    stay = encounter("stay", cls="IMP", start="2020-01-01T08:00:00", end="2020-01-09T08:00:00")
    inside: dict[str, Any] = {"start": "2020-01-02T08:00:00", "end": "2020-01-03T08:00:00"}
    tables = read(
        stay,
        encounter("ward", cls="IMP", partOf=to("Encounter", "stay"), **inside),
        encounter("bed", cls="IMP", partOf=to("Encounter", "ward"), **inside),
        encounter("therapy", cls="AMB", partOf=to("Encounter", "bed"), **inside),
        encounter("door", cls="EMER", partOf=to("Encounter", "stay"), **inside),
        condition(at="therapy"),
    )
    assert told(tables, "stay", "stay_id") == ["stay", "door"]
    assert told(tables, "visit", "visit_id") == []
    assert told(tables, "diagnosis", "stay_id", "at") == [("stay", "2020-01-01")]


def test_encounters_that_are_part_of_themselves_stand_alone() -> None:
    ring = {"a": "b", "b": "c", "c": "a", "own": "own", "after": "a", "lost": "nowhere"}
    tables = read(*(encounter(n, cls="IMP", partOf=to("Encounter", up)) for n, up in ring.items()))
    assert sorted(told(tables, "stay", "stay_id")) == sorted(ring)


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


def test_times_are_the_wall_clock_as_written() -> None:
    starts = ("2020-07-01T23:30:00-07:00", "2020-07-01T23:30:00Z", "2020-07-01T23:30:00.5+01:00")
    tables = read(*(encounter(f"e{n}", start=at) for n, at in enumerate(starts)))
    assert told(tables, "visit", "at") == [
        "2020-07-01T23:30:00", "2020-07-01T23:30:00", "2020-07-01T23:30:00.500000"
    ]  # fmt: skip


def test_an_end_told_as_the_day_it_began_is_no_earlier() -> None:
    tables = read(encounter(cls="EMER", start="2020-01-01T10:00:00", end="2020-01-01"))
    assert told(tables, "stay", "discharged_at") == ["2020-01-01T10:00:00"]


@pytest.mark.parametrize(
    ("birth", "day"),
    [("1940", "1940-07-01"), ("1940-03", "1940-03-15"), ("1940-03-02", "1940-03-02")],
)
def test_a_birth_without_a_day_is_mid_year_or_mid_month(birth: str, day: str) -> None:
    assert told(read(patient(birthDate=birth)), "person", "birth_date") == [day]


def test_a_stay_that_names_no_day_is_refused() -> None:
    with pytest.raises(InputError, match="admitted_at"):
        read(encounter(cls="IMP", start="2020-03"))


def test_a_death_without_a_day_is_of_the_day_the_record_changed_else_the_last_seen() -> None:
    changed = patient(deceasedBoolean=True, meta={"lastUpdated": "2021-05-06T10:00:00Z"})
    assert told(read(changed), "person", "death_date") == ["2021-05-06"]
    seen = read(patient(deceasedBoolean=True), encounter(cls="IMP", end="2020-01-05T08:00:00"))
    assert told(seen, "person", "death_date") == ["2020-01-05"]
    with pytest.raises(InputError, match="death_date"):
        read(patient(deceasedBoolean=True))


US = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def us(kind: str, *codes: str) -> Resource:
    parts = [{"url": "ombCategory", "valueCoding": {"code": code}} for code in codes]
    return {"url": US + kind, "extension": parts}


@pytest.mark.parametrize(
    ("extensions", "word"),
    [
        ([us("race", "2106-3")], "white"),
        ([us("race", "2106-3"), us("ethnicity", "2186-5")], "white"),
        ([us("race", "2106-3"), us("ethnicity", "2135-2")], "hispanic"),
        ([us("race", "2106-3", "2054-5")], "multiple"),
        ([us("race", "ASKU")], None),
        ([{"url": US + "race", "extension": [{"url": "text", "valueString": "Māori"}]}], "Māori"),
        ([], None),
    ],
)  # fmt: skip
def test_us_core_race_and_ethnicity_in_one_word(extensions: list[Resource], word: str) -> None:
    assert told(read(patient(extension=extensions)), "person", "ethnicity") == [word]


def test_language_practice_and_district_and_nothing_finer() -> None:
    one = patient(
        communication=[{"language": concept(("bcp47", "en"))},
                       {"language": concept(("bcp47", "es")), "preferred": True}],
        generalPractitioner=[to("Organization", "g1")],
        managingOrganization=to("Organization", "m1"),
        address=[{"line": ["1 High St"], "city": "Boston", "state": "MA", "postalCode": "02139"}],
    )  # fmt: skip
    tables = read(one, encounter(start="2019-02-03T10:00:00"))
    assert told(tables, "person", "language") == ["es"]
    assert told(tables, "registration", "practice_id", "locality", "from_at") == [
        ("g1", "MA-021", "2019-02-03")
    ]
    uk = read(patient(address=[{"postalCode": "SW1A 1AA"}]), encounter())
    assert told(uk, "registration", "locality") == ["SW1A"]


def test_merged_patients_are_one_person_and_those_who_see_also_are_not() -> None:
    def link(kind: str, other: str) -> Resource:
        return {"link": [{"other": to("Patient", other), "type": kind}]}

    tables = read(
        patient("old", **link("replaced-by", "new"), birthDate="1939-01-01"),
        patient("new", birthDate=None, **link("replaces", "older")),
        patient("older", active=False, deceasedDateTime="2022-01-01"),
        patient("friend", **link("seealso", "new")),
        encounter("e1", person="old"),
        encounter("e2", person="older", start="2020-02-01"),
        encounter("e3", person="friend", start="2020-02-01"),
    )
    people = told(tables, "person", "person_id", "birth_date", "death_date")
    assert sorted(people) == [
        ("friend", "1940-01-01", None), ("new", "1939-01-01", "2022-01-01")
    ]  # fmt: skip
    assert sorted(told(tables, "visit", "visit_id", "person_id")) == [
        ("e1", "new"), ("e2", "new"), ("e3", "friend")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"}, {"reference": "urn:uuid:p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "Patient/p1/_history/3"}, {"reference": "Patient?identifier=urn:mrn|77"},
        {"identifier": {"system": "urn:mrn", "value": "77"}},
    ],
)  # fmt: skip
def test_every_form_of_reference_finds_its_patient(reference: Resource) -> None:
    one = patient(identifier=[{"system": "urn:mrn", "value": "77"}])
    assert told(read(one, encounter(subject=reference)), "visit", "person_id") == ["p1"]


def test_entries_are_found_by_full_url_where_their_id_is_another() -> None:
    entries = [
        {"fullUrl": "urn:uuid:aaaa", "resource": patient("p1")},
        {"fullUrl": "urn:uuid:bbbb",
         "resource": encounter(None, subject={"reference": "urn:uuid:aaaa"})},
    ]  # fmt: skip
    tables = tables_of_bundle({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert told(tables, "visit", "visit_id", "person_id") == [("bbbb", "p1")]


def test_an_identifier_of_nobody_is_refused_without_naming_it() -> None:
    with pytest.raises(InputError) as refused:
        read(encounter(subject={"identifier": {"system": "nhs", "value": "9434765919"}}))
    assert "9434765919" not in str(refused.value)


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


def test_claims_without_patients_make_people_of_whom_nothing_else_is_known() -> None:
    tables = tables_of_bundle(bundle(claim("a", "60", "2020-01-01", "2020-01-05")))
    assert told(tables, "person", "person_id", "birth_date", "sex") == [("p1", None, "unknown")]
