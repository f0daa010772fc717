"""MEDS in, canonical rows out: the grammar of codes, and how stays are put together."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.readers.ingest import ingest
from features.readers.report import IngestReport
from features.tables.contract import Tables
from features.tables.history import History
from tests.mimic_files import events, write_meds
from tests.told import told

pytestmark = pytest.mark.spec


def load(folder: Path, drawn: str) -> tuple[Tables, IngestReport]:
    report = ingest("meds", write_meds(folder / "in", drawn), folder / "out", buckets=1)
    return History.open(folder / "out").bucket(0), report


def test_static_rows_and_two_codes_tell_a_person(tmp_path: Path) -> None:
    tables, report = load(tmp_path, """
        person | time             | code
        1      | -                | GENDER//F
        1      | -                | RACE//WHITE
        1      | -                | LANGUAGE//ENGLISH
        1      | 2128-01-01       | MEDS_BIRTH
        1      | 2180-09-09 17:05 | MEDS_DEATH
        2      | -                | GENDER//UNK
        2      | 2180-01-01       | LAB//50912//mg/dL
    """)  # fmt: skip
    columns = ("person_id", "birth_date", "sex", "death_date", "death_known", "ethnicity",
               "language")  # fmt: skip
    assert sorted(told(tables, "person", *columns)) == [
        ("1", "2128-01-01", "female", "2180-09-09", "2180-09-10", "WHITE", "ENGLISH"),
        ("2", None, "unknown", None, None, None, None),
    ]
    count = report.tables["person"]
    assert (count.read, count.kept, count.merged) == (6, 2, 4)


FACTS = {
    "DIAGNOSIS//ICD//9//0389": ("diagnosis", "ICD-9-CM", "0389", None),
    "DIAGNOSIS//ICD//10//A047": ("diagnosis", "ICD-10-CM", "A047", None),
    "DIAGNOSIS//SNOMED//84114007": ("diagnosis", "SNOMED", "84114007", None),
    "DIAGNOSIS//Sepsis": ("diagnosis", "LOCAL", "SEPSIS", None),
    "PROCEDURE//ICD//9//0331": ("procedure", "ICD-9-PCS", "0331", None),
    "PROCEDURE//ICD//10//02HV33Z": ("procedure", "ICD-10-PCS", "02HV33Z", None),
    "PROCEDURE//CPT//99213": ("procedure", "CPT", "99213", None),
    "HCPCS//G0378": ("procedure", "HCPCS", "G0378", None),
    "HCPCS//Digestive system": ("procedure", "LOCAL", "DIGESTIVE SYSTEM", None),
    "MEDICATION//START//Furosemide": ("dispensing", "LOCAL", "FUROSEMIDE", None),
    "MEDICATION//RXNORM//4603": ("dispensing", "RXNORM", "4603", None),
    "LAB//50912//mg/dL": ("measurement", "LOCAL", "50912", "mg/dL"),
    "LAB//51463///hpf": ("measurement", "LOCAL", "51463", "/hpf"),
    "LAB//51087//UNK": ("measurement", "LOCAL", "51087", None),
    "LAB//LOINC//2160-0//mg/dL": ("measurement", "LOINC", "2160-0", "mg/dL"),
    "BMI (kg/m2)": ("measurement", "LOCAL", "BMI (KG/M2)", "kg/m2"),
    "Blood Pressure": ("measurement", "LOCAL", "BLOOD PRESSURE", None),
    "SUBJECT_WEIGHT_AT_INFUSION//KG": (
        "measurement", "LOCAL", "SUBJECT_WEIGHT_AT_INFUSION", "KG"
    ),
    "SUBJECT_FLUID_OUTPUT//226559//ml": ("measurement", "LOCAL", "226559", "ml"),
}  # fmt: skip


def test_what_a_code_becomes(tmp_path: Path) -> None:
    lines = [f"2180-05-06 08:{minute:02} | {code}" for minute, code in enumerate(FACTS)]
    tables, _ = load(tmp_path, "\n".join(["time | code", *lines]))
    columns = ("at", "code_system", "code")
    found = {
        (at, name, *rest)
        for name, last in (
            ("diagnosis", "visit_id"),
            ("procedure", "visit_id"),
            ("dispensing", "cost"),
            ("measurement", "unit"),
        )
        for at, *rest in told(tables, name, *columns, last)
    }
    assert found == {
        (f"2180-05-06 08:{minute:02}", *row) for minute, row in enumerate(FACTS.values())
    }


def test_other_codes_are_left_out_by_their_first_part(tmp_path: Path) -> None:
    tables, report = load(tmp_path, """
        time       | code
        2180-05-06 | ICU_ADMISSION//Medical Intensive Care Unit (MICU)
        2180-05-06 | PROCEDURE//START//221214
        2180-05-06 | MEDICATION//Heparin//Administered
        2180-05-06 | MEDICATION//START//UNK
        2180-05-06 | DRG//APR//283//OTHER DISORDERS OF THE LIVER
        2180-05-06 | WEATHER//RAIN
        2180-05-06 | WEATHER//SUN
        2180-05-06 | -
    """)  # fmt: skip
    assert not any(len(tables[name]) for name in tables if name != "person")
    assert dict(report.left_out["data"]) == {
        "DRG: groups other than Medicare's, a stay has one": 1,
        "PROCEDURE//START: bedside charting in intensive care": 1,
        "MEDICATION//START//UNK: orders that name no medicine": 1,
        "MEDICATION: doses given of the orders that MEDICATION//START tells": 1,
        "ICU_ADMISSION: intensive care within an admission": 1,
        "WEATHER: not in the grammar": 2,
        "no code: not in the grammar": 1,
    }


def test_many_unknown_first_parts_are_counted_together(tmp_path: Path) -> None:
    lines = [f"2180-05-06 | P{number}//x" for number in range(25)]
    _, report = load(tmp_path, "\n".join(["time | code", *lines]))
    assert len(report.left_out["data"]) == 21
    assert report.left_out["data"]["5 other first parts: not in the grammar"] == 5


def test_admissions_are_paired_with_discharges_in_order_of_time(tmp_path: Path) -> None:
    """At 12:00 on the 3rd a transfer; on the 9th a stay of no length; the last has not ended."""
    tables, report = load(tmp_path, """
        time             | code
        2180-04-30 08:00 | HOSPITAL_DISCHARGE//HOME
        2180-05-01 08:00 | HOSPITAL_ADMISSION//EW EMER.//EMERGENCY ROOM
        2180-05-03 12:00 | HOSPITAL_DISCHARGE//ACUTE HOSPITAL
        2180-05-03 12:00 | HOSPITAL_ADMISSION//URGENT//TRANSFER FROM HOSPITAL
        2180-05-05 10:00 | HOSPITAL_DISCHARGE//HOME
        2180-05-09 09:00 | HOSPITAL_ADMISSION//ELECTIVE//UNK
        2180-05-09 09:00 | HOSPITAL_DISCHARGE//UNK
        2180-05-20 09:00 | HOSPITAL_ADMISSION//ELECTIVE//PHYSICIAN REFERRAL
        2180-06-20 09:00 | HOSPITAL_ADMISSION//ELECTIVE//PHYSICIAN REFERRAL
    """)  # fmt: skip
    columns = ("stay_id", "admitted_at", "discharged_at", "admission_method", "admitted_from",
               "discharged_to")  # fmt: skip
    assert told(tables, "stay", *columns) == [
        ("acute-1", "2180-05-01 08:00", "2180-05-03 12:00", "emergency", "emergency", "acute"),
        ("acute-2", "2180-05-03 12:00", "2180-05-05 10:00", "emergency", "acute", "home"),
        ("acute-3", "2180-05-09 09:00", "2180-05-09 09:00", "elective", None, None),
        ("acute-4", "2180-05-20 09:00", None, "elective", "home", None),
        ("acute-5", "2180-06-20 09:00", None, "elective", "home", None),
    ]
    assert report.left_out["stay"] == {"discharges with no admission before them": 1}
    count = report.tables["stay"]
    assert (count.read, count.kept, count.merged) == (8, 5, 3)


def test_an_id_pairs_what_order_cannot(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, """
        time             | code                     | hadm
        2180-05-01 08:00 | HOSPITAL_ADMISSION//UNK  | 7
        2180-05-02 08:00 | HOSPITAL_ADMISSION//UNK  | 8
        2180-05-03 08:00 | HOSPITAL_DISCHARGE//HOME | 8
        2180-05-09 08:00 | HOSPITAL_DISCHARGE//DIED | 7
        2180-05-09 08:00 | DIAGNOSIS//ICD//9//4280  | 7
        2180-05-09 08:00 | DIAGNOSIS//ICD//9//0389  | 8
        2180-05-09 08:00 | DIAGNOSIS//ICD//9//2724  | -
    """)  # fmt: skip
    assert told(tables, "stay", "stay_id", "discharged_at", "discharged_to") == [
        ("7", "2180-05-09 08:00", "died"), ("8", "2180-05-03 08:00", "home")
    ]  # fmt: skip
    assert sorted(told(tables, "diagnosis", "code", "stay_id"), key=str) == [
        ("0389", "8"), ("2724", None), ("4280", "7")
    ]  # fmt: skip


def test_a_discharge_before_its_admission_by_id_is_refused(tmp_path: Path) -> None:
    source = write_meds(tmp_path / "in", """
        time       | code                     | hadm
        2180-05-03 | HOSPITAL_ADMISSION//UNK  | 7
        2180-05-01 | HOSPITAL_DISCHARGE//HOME | 7
    """)  # fmt: skip
    report = ingest("meds", source, tmp_path / "out", on_error="reject")
    assert dict(report.tables["stay"].rejected) == {"ends_before_start": 1}


def test_emergency_department_and_other_settings(tmp_path: Path) -> None:
    """A registration and a transfer to the department at one moment are one visit."""
    tables, _ = load(tmp_path, """
        time             | code
        2180-05-06 19:17 | ED_REGISTRATION
        2180-05-06 19:17 | TRANSFER_TO//ED//Emergency Department
        2180-05-06 23:30 | ED_OUT
        2180-07-01 08:00 | TRANSFER_TO//ED//Emergency Department
        2180-08-01 08:00 | FACILITY_ADMISSION//NURSING_FACILITY//TRANSFER//ACUTE
        2180-09-01 08:00 | FACILITY_DISCHARGE//NURSING_FACILITY//HOME
        2180-10-01 08:00 | VISIT//PRIMARY_CARE
    """)  # fmt: skip
    columns = ("stay_id", "setting", "admitted_at", "discharged_at", "admission_method",
               "admitted_from", "discharged_to")  # fmt: skip
    assert told(tables, "stay", *columns) == [
        ("emergency-1", "emergency", "2180-05-06 19:17", "2180-05-06 23:30", "emergency", None,
         None),
        ("emergency-2", "emergency", "2180-07-01 08:00", None, "emergency", None, None),
        ("nursing_facility-1", "nursing_facility", "2180-08-01 08:00", "2180-09-01 08:00",
         "transfer", "acute", "home"),
    ]  # fmt: skip
    assert told(tables, "visit", "visit_id", "at", "setting") == [
        ("visit-1", "2180-10-01 08:00", "primary_care")
    ]


def test_facts_belong_to_the_stay_that_ends_then_or_holds_them(tmp_path: Path) -> None:
    """Diagnoses are timed at discharge and procedures by day, as the MIMIC-IV conversion does."""
    tables, _ = load(tmp_path, """
        time             | code
        2180-05-05 20:00 | ED_REGISTRATION
        2180-05-06 03:00 | ED_OUT
        2180-05-06 02:00 | HOSPITAL_ADMISSION//EW EMER.//EMERGENCY ROOM
        2180-05-06 00:00 | PROCEDURE//ICD//9//5491
        2180-05-09 17:15 | HOSPITAL_DISCHARGE//HOME
        2180-05-09 17:15 | DIAGNOSIS//ICD//9//5715
        2180-05-09 17:15 | DRG//HCFA//42//DISORDERS OF LIVER
        2180-06-30 00:00 | PROCEDURE//ICD//9//3893
    """)  # fmt: skip
    columns = ("stay_id", "at", "known_at", "code")
    assert told(tables, "diagnosis", *columns) == [
        ("acute-1", "2180-05-06 02:00", "2180-06-08 17:15", "5715")
    ]
    assert told(tables, "procedure", *columns) == [
        ("acute-1", "2180-05-06", "2180-06-08 17:15", "5491"),
        (None, "2180-06-30", "2180-06-30", "3893"),
    ]
    assert told(tables, "stay", "stay_id", "drg") == [("emergency-1", None), ("acute-1", "042")]


def test_words_the_grammar_does_not_know_are_unknown_and_counted(tmp_path: Path) -> None:
    tables, report = load(tmp_path, """
        time       | code
        2180-05-01 | HOSPITAL_ADMISSION//HELICOPTER//FIELD
        2180-05-03 | HOSPITAL_DISCHARGE//MOON
        -          | GENDER//X
    """)  # fmt: skip
    columns = ("admission_method", "admitted_from", "discharged_to")
    assert told(tables, "stay", *columns) == [("unknown", None, None)]
    assert report.left_out["stay"] == {
        "ways of admission the grammar has no word for": 1,
        "places of admission the grammar has no word for": 1,
        "places of discharge the grammar has no word for": 1,
    }
    assert report.left_out["person"] == {"sexes the grammar has no word for": 1}


def test_values_by_either_name_and_words_that_say_more(tmp_path: Path) -> None:
    drawn = """
        time             | code              | value | text
        2180-05-07 06:00 | LAB//50912//mg/dL | 1.5   | 1.5
        2180-05-07 07:00 | LAB//50912//mg/dL | 0.5   | <0.5
        2180-05-07 08:00 | LAB//50912//mg/dL | -     | HAEMOLYSED
    """
    tables, _ = load(tmp_path, drawn)
    rows = [(1.5, None), (0.5, "<0.5"), (None, "HAEMOLYSED")]
    assert told(tables, "measurement", "value", "text") == rows
    old = events(drawn).rename_columns({"numeric_value": "value"})
    pq.write_table(old, tmp_path / "events.parquet")
    ingest("meds", tmp_path / "events.parquet", tmp_path / "old", buckets=1)
    assert History.open(tmp_path / "old").digest == History.open(tmp_path / "out").digest


def test_shards_are_one_data_set_and_metadata_is_none(tmp_path: Path) -> None:
    source = write_meds(tmp_path / "in", "person | time | code\n1 | - | GENDER//F")
    (source / "data" / "held_out").mkdir()
    other = events("person | time | code\n2 | - | GENDER//M")
    pq.write_table(other, source / "data" / "held_out" / "0.parquet")
    (source / "metadata").mkdir()
    pq.write_table(other.select(["code"]), source / "metadata" / "codes.parquet")
    assert ingest("meds", source, tmp_path / "out").people == 2


def test_race_and_language_beside_an_admission(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, """
        time       | code                    | race    | language
        2180-05-01 | HOSPITAL_ADMISSION//UNK | WHITE   | ?
        2180-06-01 | HOSPITAL_ADMISSION//UNK | UNKNOWN | ENGLISH
    """)  # fmt: skip
    assert told(tables, "person", "ethnicity", "language") == [("WHITE", "ENGLISH")]
