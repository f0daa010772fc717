"""Synthea's CSV export in, canonical rows out: what each column becomes, what is not made up."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.synthea_files import write_export
from tests.told import told

pytestmark = pytest.mark.spec


class Read:
    """A drawn export, read: the rows of its tables and the answer."""

    def __init__(self, folder: Path, **tables: str) -> None:
        source = write_export(folder / "in", gz=False, **tables)
        self.report = ingest("synthea", source, folder / "out")
        self.history = History.open(folder / "out")
        self.tables = self.history.bucket(0)

    def rows(self, name: str, *columns: str) -> list[tuple[object, ...]]:
        """The columns of the rows, times at midnight as ISO days."""
        return told(self.tables, name, *columns)


def test_a_patient_is_a_person_without_name_or_number(tmp_path: Path) -> None:
    read = Read(tmp_path, patients="""
        Id | BIRTHDATE  | DEATHDATE  | GENDER | RACE  | ETHNICITY
        A  | 1940-02-03 | 2020-05-06 | M      | black | hispanic
        B  | 1950-01-01 |            | F      |       | nonhispanic
        C  | 1960-01-01 |            |        |       |
    """)  # fmt: skip
    columns = ("person_id", "birth_date", "sex", "death_date", "death_known", "ethnicity")
    assert sorted(read.rows("person", *columns), key=str) == [
        ("A", "1940-02-03", "male", "2020-05-06", "2020-05-06", "black, hispanic"),
        ("B", "1950-01-01", "female", None, None, "nonhispanic"),
        ("C", "1960-01-01", "unknown", None, None, None),
    ]


def test_county_and_state_are_where_a_person_lives_since_birth(tmp_path: Path) -> None:
    read = Read(tmp_path)
    assert read.rows("registration", "from_at", "to_at", "locality", "practice_id") == [
        ("1940-01-01", None, "Suffolk County, Massachusetts", None)
    ]


CLASSES = {
    "inpatient": ("stay", "acute"),
    "emergency": ("stay", "emergency"),
    "snf": ("stay", "nursing_facility"),
    "hospice": ("stay", "hospice"),
    "home": ("stay", "home_health"),
    "wellness": ("visit", "primary_care"),
    "ambulatory": ("visit", "outpatient"),
    "outpatient": ("visit", "outpatient"),
    "urgentcare": ("visit", "other"),
    "virtual": ("visit", "telehealth"),
}


def test_the_class_of_an_encounter_says_where_it_was(tmp_path: Path) -> None:
    drawn = "\n".join(["Id | ENCOUNTERCLASS", *(f"{c} | {c.upper()}" for c in CLASSES)])
    read = Read(tmp_path, encounters=drawn)
    found = {i: (t, s) for t in ("stay", "visit") for i, s in read.rows(t, f"{t}_id", "setting")}
    assert found == CLASSES


def test_a_stay_is_told_by_its_encounter_and_its_cost_comes_later(tmp_path: Path) -> None:
    read = Read(tmp_path, providers="")
    columns = ("stay_id", "facility_id", "specialty", "cost", "admitted_at", "discharged_at")
    assert read.rows("stay", *columns) == [
        ("e1", "O1", "CARDIOLOGY", 4000.0, "2020-03-01 10:00", "2020-03-05 12:30")
    ]
    known = ("admitted_known", "discharged_known", "coded_known")
    assert read.rows("stay", *known) == [
        ("2020-03-01 10:00", "2020-03-05 12:30", "2020-04-04 12:30")
    ]


def test_a_stay_without_an_end_is_open_and_not_coded(tmp_path: Path) -> None:
    read = Read(tmp_path, encounters="Id | STOP\ne1 |")
    assert read.rows("stay", "discharged_at", "discharged_known", "coded_known") == [
        (None, None, None)
    ]


def test_what_the_export_does_not_say_is_unknown(tmp_path: Path) -> None:
    columns = ("admission_method", "admitted_from", "discharged_to", "day_case", "drg", "specialty")
    read = Read(tmp_path, patients="DEATHDATE\n2020-03-05")
    assert read.rows("stay", *columns) == [("unknown", None, None, None, None, None)]
    assert read.rows("coverage", "kind") == []


def test_a_visit_names_its_clinician_and_clinic(tmp_path: Path) -> None:
    read = Read(tmp_path, encounters="ENCOUNTERCLASS\nwellness")
    columns = ("visit_id", "at", "known_at", "provider_id", "facility_id", "cost")
    at = "2020-03-01 10:00"
    assert read.rows("visit", *columns) == [("e1", at, at, "D1", "O1", 4000.0)]


def test_the_reason_of_an_encounter_is_its_principal_diagnosis(tmp_path: Path) -> None:
    read = Read(tmp_path, encounters="""
        Id | ENCOUNTERCLASS | REASONCODE
        e1 | inpatient      | 84114007
        e2 | ambulatory     | 44054006
        e3 | ambulatory     |
    """)  # fmt: skip
    columns = ("stay_id", "visit_id", "code_system", "code", "position", "known_at")
    at = "2020-03-01 10:00"
    assert sorted(read.rows("diagnosis", *columns), key=str) == [
        ("e1", None, "SNOMED", "84114007", 1, at), (None, "e2", "SNOMED", "44054006", 1, at)
    ]  # fmt: skip


def test_a_reason_that_is_a_condition_of_the_encounter_too_is_one_diagnosis(tmp_path: Path) -> None:
    read = Read(tmp_path, encounters="REASONCODE\n84114007", conditions="""
        CODE     | START
        84114007 | 2020-03-01
        59621000 | 2020-03-02
    """)  # fmt: skip
    assert read.rows("diagnosis", "stay_id", "code", "position", "at") == [
        ("e1", "84114007", 1, "2020-03-01 10:00"), ("e1", "59621000", None, "2020-03-02")
    ]  # fmt: skip
    count = read.report.tables["diagnosis"]
    assert (count.read, count.kept, count.merged) == (3, 2, 1)


def test_a_condition_is_known_at_its_encounter_not_at_an_earlier_onset(tmp_path: Path) -> None:
    read = Read(tmp_path, conditions="START\n2020-02-20")
    at = "2020-03-01 10:00"
    assert read.rows("diagnosis", "at", "known_at") == [(at, at)]


def test_a_named_code_system_is_handed_on(tmp_path: Path) -> None:
    read = Read(tmp_path, conditions="""
        CODE     | SYSTEM
        84114007 | SNOMED-CT
        1        | http://snomed.info/sct
        I50.9    | http://hl7.org/fhir/sid/icd-10-cm
        X1       | our own
    """)  # fmt: skip
    assert sorted(read.rows("diagnosis", "code_system", "code")) == [
        ("ICD-10-CM", "I509"), ("LOCAL", "X1"), ("SNOMED", "1"), ("SNOMED", "84114007")
    ]  # fmt: skip


def test_a_procedure_is_tied_to_its_encounter_and_known_when_done(tmp_path: Path) -> None:
    read = Read(tmp_path, procedures="")
    at = "2020-03-02 09:00"
    columns = ("stay_id", "visit_id", "at", "known_at", "code_system", "code", "position")
    assert read.rows("procedure", *columns) == [("e1", None, at, at, "SNOMED", "265764009", None)]


def test_older_exports_date_procedures(tmp_path: Path) -> None:
    read = Read(tmp_path, procedures="DATE\n2020-03-02T09:00:00Z")
    assert read.rows("procedure", "at") == [("2020-03-02 09:00",)]


def test_a_fact_of_an_encounter_that_is_not_there_is_kept_untied(tmp_path: Path) -> None:
    drawn = "ENCOUNTER | CODE\ne9 | 1\n | 2"
    read = Read(tmp_path, conditions=drawn)
    assert sorted(read.rows("diagnosis", "code", "stay_id", "visit_id")) == [
        ("1", None, None), ("2", None, None)
    ]  # fmt: skip
    assert list(read.report.left_out["diagnosis"].values()) == [1]


def test_a_course_of_medicine_is_its_first_dispense_at_the_price_of_one(tmp_path: Path) -> None:
    """How often it was dispensed, until when and for how much was not known at its start."""
    read = Read(tmp_path, medications="")
    columns = ("at", "known_at", "code_system", "code", "days_supply", "cost")
    at = "2020-03-05 12:00"
    assert read.rows("dispensing", *columns) == [(at, at, "RXNORM", "314076", None, 12.5)]
    assert read.report.left_out["dispensing"] == {"further dispenses of a course": 11}


def test_an_observation_is_a_number_or_words_as_its_type_says(tmp_path: Path) -> None:
    read = Read(tmp_path, observations="""
        CODE    | VALUE        | UNITS  | TYPE
        2951-2  | 138.4        | mmol/L | numeric
        72166-2 | Never smoker |        | text
        63586-2 | 46166        | /a     | text
        QALY    | 21.5         | a      | numeric
        8302-2  | 170          | cm     |
        32624-9 | White        |        |
    """)  # fmt: skip
    columns = ("code_system", "code", "value", "unit", "text")
    assert sorted(read.rows("measurement", *columns), key=str) == [
        ("LOCAL", "QALY", 21.5, "a", None),
        ("LOINC", "2951-2", 138.4, "mmol/L", None),
        ("LOINC", "32624-9", None, None, "White"),
        ("LOINC", "63586-2", None, "/a", "46166"),
        ("LOINC", "72166-2", None, None, "Never smoker"),
        ("LOINC", "8302-2", 170.0, "cm", None),
    ]


PERIODS = {
    "dates": ("""
        START_DATE           | END_DATE
        2018-01-01T05:00:00Z | 2019-01-08T05:00:00Z
        2019-01-08T05:00:00Z | 2020-01-15T05:00:00Z
    """, [("2018-01-01 05:00", "2019-01-08 05:00"),
          ("2019-01-08 05:00", "2020-01-15 05:00")]),
    "times under the older name": ("""
        START_YEAR           | END_YEAR
        2018-01-01T05:00:00Z | 2019-01-08T05:00:00Z
    """, [("2018-01-01 05:00", "2019-01-08 05:00")]),
    "years, both included": ("""
        START_YEAR | END_YEAR
        2016       | 2018
    """, [("2016-01-01", "2019-01-01")]),
    "past the last day": ("""
        START_DATE           | END_DATE
        2019-06-01T00:00:00Z | 2020-06-08T00:00:00Z
    """, [("2019-06-01", None)]),
    "without an end": ("""
        START_DATE | END_DATE
        2019-06-01 |
    """, [("2019-06-01", None)]),
    "of no length": ("""
        START_DATE | END_DATE
        2018-06-01 | 2018-06-01
        2018-06-01 | 2018-07-01
    """, [("2018-06-01", "2018-07-01")]),
    "two that begin together": ("""
        START_DATE | END_DATE
        2018-06-01 | 2018-09-01
        2018-06-01 | 2018-07-01
    """, [("2018-06-01", "2018-09-01")]),
}  # fmt: skip


@pytest.mark.parametrize("case", PERIODS)
def test_a_payer_period_is_coverage_whoever_pays(tmp_path: Path, case: str) -> None:
    drawn, expected = PERIODS[case]
    read = Read(tmp_path, payer_transitions=drawn, medications="")
    assert read.rows("coverage", "from_at", "to_at") == expected
    assert {kind for (kind,) in read.rows("coverage", "kind")} == {"all"}
    count = read.report.tables["coverage"]
    assert count.read == count.kept + count.merged
    assert not count.rejected


def test_without_medications_medicines_are_not_observed(tmp_path: Path) -> None:
    assert Read(tmp_path, payer_transitions="").rows("coverage", "kind") == [("medical",)]


def test_tables_that_become_no_rows_are_counted_with_the_reason(tmp_path: Path) -> None:
    read = Read(tmp_path, allergies="CODE\n1\n2", claims="")
    left_out = read.report.left_out
    assert {name: list(found.values()) for name, found in left_out.items()} == {
        "allergies": [2], "claims": [1]
    }  # fmt: skip
    assert all("reason" not in why and why for found in left_out.values() for why in found)


def test_the_manifest_says_when_the_export_ends_and_how_late_its_facts_are(tmp_path: Path) -> None:
    manifest = Read(tmp_path).history.manifest
    assert (manifest.source, manifest.last) == ("synthea", date(2020, 3, 5))
    assert manifest.last_known == datetime.combine(date(2020, 3, 5), time.max)
    assert manifest.delays["stay.coded_known"] == "30 days after discharge"
