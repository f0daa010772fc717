"""FHIR patients in, people out: who is who, what is told of them, and how references find them."""

from __future__ import annotations

import pytest

from features.errors import InputError
from features.readers.fhir import tables_of_bundle
from tests.fhir_resources import (
    Resource,
    concept,
    encounter,
    patient,
    read,
    to,
    told,
)  # fmt: skip

pytestmark = pytest.mark.spec


@pytest.mark.parametrize(
    ("birth", "day"),
    [("1940", "1940-07-01"), ("1940-03", "1940-03-15"), ("1940-03-02", "1940-03-02")],
)
def test_a_birth_without_a_day_is_mid_year_or_mid_month(birth: str, day: str) -> None:
    assert told(read(patient(birthDate=birth)), "person", "birth_date") == [day]


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
