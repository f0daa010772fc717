"""FHIR encounters in, stays and visits out: what each element becomes, and what is not made up.

One bundle is read here; that bulk reads the same resources to the same rows is a test of its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from features.errors import InputError
from features.readers.fhir.places import POS
from tests.fhir_resources import (
    SCT,
    concept,
    condition,
    encounter,
    read,
    to,
    told,
)  # fmt: skip

pytestmark = pytest.mark.spec

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


def test_times_are_the_wall_clock_as_written() -> None:
    starts = ("2020-07-01T23:30:00-07:00", "2020-07-01T23:30:00Z", "2020-07-01T23:30:00.5+01:00")
    tables = read(*(encounter(f"e{n}", start=at) for n, at in enumerate(starts)))
    assert told(tables, "visit", "at") == [
        "2020-07-01T23:30:00", "2020-07-01T23:30:00", "2020-07-01T23:30:00.500000"
    ]  # fmt: skip


def test_an_end_told_as_the_day_it_began_is_no_earlier() -> None:
    tables = read(encounter(cls="EMER", start="2020-01-01T10:00:00", end="2020-01-01"))
    assert told(tables, "stay", "discharged_at") == ["2020-01-01T10:00:00"]


def test_a_stay_that_names_no_day_is_refused() -> None:
    with pytest.raises(InputError, match="admitted_at"):
        read(encounter(cls="IMP", start="2020-03"))
