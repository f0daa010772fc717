"""MIMIC-IV in, canonical rows out: what each column becomes, and what is not made up."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.readers.ingest import ingest
from features.readers.report import IngestReport
from features.tables.contract import Tables
from features.tables.history import History
from tests.mimic_files import write_mimic
from tests.told import told

pytestmark = pytest.mark.spec


def load(folder: Path, **tables: str) -> tuple[Tables, IngestReport]:
    source = write_mimic(folder / "in", **tables)
    report = ingest("mimic", source, folder / "out", buckets=1)
    return History.open(folder / "out").bucket(0), report


def test_an_admission_is_an_acute_stay(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, admissions="""
        hadm | admitted         | discharged       | type     | from               | to
        1    | 2180-05-06 22:23 | 2180-05-09 17:15 | EW EMER. | EMERGENCY ROOM     | REHAB
        2    | 2180-06-26 18:27 | -                | ELECTIVE | PHYSICIAN REFERRAL | -
    """)  # fmt: skip
    columns = ("stay_id", "facility_id", "setting", "admitted_at", "discharged_at",
               "admission_method", "admitted_from", "discharged_to")  # fmt: skip
    assert told(tables, "stay", *columns) == [
        ("1", "BIDMC", "acute", "2180-05-06 22:23", "2180-05-09 17:15", "emergency", "emergency",
         "rehabilitation"),
        ("2", "BIDMC", "acute", "2180-06-26 18:27", None, "elective", "home", None),
    ]  # fmt: skip


def test_codes_are_known_thirty_days_after_discharge(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, admissions="""
        hadm | admitted         | discharged
        1    | 2180-05-06 22:23 | 2180-05-09 17:15
    """, diagnoses_icd="hadm\n1")  # fmt: skip
    columns = ("admitted_known", "discharged_known", "coded_known")
    assert told(tables, "stay", *columns) == [
        ("2180-05-06 22:23", "2180-05-09 17:15", "2180-06-08 17:15")
    ]
    assert told(tables, "diagnosis", "at", "known_at") == [("2180-05-06 22:23", "2180-06-08 17:15")]


METHODS = {
    "EW EMER.": "emergency",
    "DIRECT EMER.": "emergency",
    "URGENT": "emergency",
    "EU OBSERVATION": "emergency",
    "OBSERVATION ADMIT": "emergency",
    "DIRECT OBSERVATION": "emergency",
    "AMBULATORY OBSERVATION": "elective",
    "ELECTIVE": "elective",
    "SURGICAL SAME DAY ADMISSION": "elective",
    "-": "unknown",
}
CAME_FROM = {
    "EMERGENCY ROOM": "emergency",
    "PHYSICIAN REFERRAL": "home",
    "CLINIC REFERRAL": "home",
    "WALK-IN/SELF REFERRAL": "home",
    "TRANSFER FROM HOSPITAL": "acute",
    "TRANSFER FROM SKILLED NURSING FACILITY": "nursing_facility",
    "INTERNAL TRANSFER TO OR FROM PSYCH": "other",
    "PROCEDURE SITE": "other",
    "PACU": "other",
    "INFORMATION NOT AVAILABLE": None,
    "-": None,
}
WENT_TO = {
    "HOME": "home",
    "HOME HEALTH CARE": "home_health",
    "SKILLED NURSING FACILITY": "nursing_facility",
    "REHAB": "rehabilitation",
    "CHRONIC/LONG TERM ACUTE CARE": "other",
    "HOSPICE": "hospice",
    "PSYCH FACILITY": "psychiatric",
    "ACUTE HOSPITAL": "acute",
    "AGAINST ADVICE": "against_advice",
    "ASSISTED LIVING": "home",
    "OTHER FACILITY": "other",
    "DIED": "died",
    "-": None,
}


def test_the_words_of_an_admission(tmp_path: Path) -> None:
    words = list(zip_longest(METHODS, CAME_FROM, WENT_TO, fillvalue="-"))
    lines = [f"{number} | {' | '.join(line)}" for number, line in enumerate(words, 100)]
    tables, _ = load(tmp_path, admissions="\n".join(["hadm | type | from | to", *lines]))
    columns = ("admission_method", "admitted_from", "discharged_to")
    assert told(tables, "stay", *columns) == [
        (METHODS[method], CAME_FROM[came], WENT_TO[went]) for method, came, went in words
    ]


def test_who_died_in_hospital_is_said_by_the_flag_too(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, admissions="hadm | to | died\n1 | - | 1\n2 | HOSPICE | 0")
    assert told(tables, "stay", "discharged_to") == [("died",), ("hospice",)]


def test_a_time_in_the_emergency_department_is_a_stay_of_its_own(tmp_path: Path) -> None:
    """One that ended in an admission lasts until its `edouttime`; one that did not, by itself."""
    tables, report = load(tmp_path, admissions="""
        hadm | admitted         | edregtime        | edouttime
        1    | 2180-05-06 22:23 | 2180-05-06 19:17 | 2180-05-06 23:45
    """, transfers="""
        hadm | transfer_id | eventtype | intime           | outtime
        1    | 31          | ED        | 2180-05-06 19:17 | 2180-05-06 22:24
        1    | 32          | admit     | 2180-05-06 22:24 | 2180-05-08 10:00
        1    | 33          | discharge | 2180-05-09 17:15 | -
        -    | 34          | ED        | 2180-07-01 08:00 | 2180-07-01 14:30
    """)  # fmt: skip
    columns = ("stay_id", "setting", "admitted_at", "discharged_at", "admission_method",
               "discharged_to", "coded_known")  # fmt: skip
    emergency = [row for row in told(tables, "stay", *columns) if row[1] == "emergency"]
    assert emergency == [
        ("31", "emergency", "2180-05-06 19:17", "2180-05-06 23:45", "emergency", "acute", None),
        ("34", "emergency", "2180-07-01 08:00", "2180-07-01 14:30", "emergency", None, None),
    ]
    assert report.left_out["stay"]["transfers: moves within an admission"] == 2


def test_without_transfers_the_way_in_is_told_by_the_admission(tmp_path: Path) -> None:
    tables, report = load(tmp_path, admissions="""
        hadm | edregtime        | edouttime
        1    | 2180-05-06 19:17 | 2180-05-06 23:45
        2    | -                | -
    """)  # fmt: skip
    emergency = [r for r in told(tables, "stay", "stay_id", "setting") if r[1] == "emergency"]
    assert emergency == [("ED-1", "emergency")]
    assert report.left_out["stay"]["transfers: the table is not there"] == 0


def test_codes_keep_their_zeros_and_name_their_edition(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, admissions="hadm\n1", diagnoses_icd="""
        hadm | seq | code  | version
        1    | 2   | 0389  | 9
        1    | 1   | A047  | 10
    """, procedures_icd="""
        hadm | seq | code    | version | chartdate
        1    | 1   | 0331    | 9       | 2180-05-07
        1    | 2   | 02HV33Z | 10      | 2180-05-08
    """, hcpcsevents="hadm | hcpcs_cd\n1 | G0378")  # fmt: skip
    columns = ("stay_id", "code_system", "code", "position")
    assert told(tables, "diagnosis", *columns) == [
        ("1", "ICD-10-CM", "A047", 1), ("1", "ICD-9-CM", "0389", 2)
    ]  # fmt: skip
    assert sorted(told(tables, "procedure", "at", "code_system", "code")) == [
        ("2180-05-07", "HCPCS", "G0378"), ("2180-05-07", "ICD-9-PCS", "0331"),
        ("2180-05-08", "ICD-10-PCS", "02HV33Z"),
    ]  # fmt: skip


def test_a_stay_has_medicares_group_and_its_last_service(tmp_path: Path) -> None:
    tables, report = load(tmp_path, admissions="hadm\n1\n2", drgcodes="""
        hadm | drg_type | drg_code
        1    | APR      | 194
        1    | HCFA     | 022
        2    | APR      | 720
    """, services="""
        hadm | transfertime     | curr_service
        1    | 2180-05-07 10:00 | SURG
        1    | 2180-05-06 22:25 | MED
    """)  # fmt: skip
    assert told(tables, "stay", "stay_id", "drg", "specialty") == [
        ("1", "022", "SURG"), ("2", None, None)
    ]  # fmt: skip
    other = "drgcodes: groups other than Medicare's, and a stay has one"
    assert report.left_out["stay"][other] == 2
    count = report.tables["stay"]
    assert (count.read, count.kept, count.merged) == (5, 2, 3), "a group and two services merged"


def test_prescriptions_are_supplies_by_ndc_or_name_for_the_days_they_ran(tmp_path: Path) -> None:
    tables, report = load(tmp_path, prescriptions="""
        start            | stop             | drug       | ndc
        2180-05-07 08:00 | 2180-05-09 20:00 | Furosemide | 00517570425
        2180-05-07 08:00 | 2180-05-08 08:00 | Insulin    | 0
        2180-05-08 08:00 | 2180-05-08 08:00 | Insulin    | -
        2180-05-09 08:00 | -                | Insulin    | 0
        2180-05-09 08:00 | 2180-05-08 20:00 | Senna      | 0
        -                | 2180-05-08 20:00 | Senna      | 0
    """)  # fmt: skip
    assert told(tables, "dispensing", "at", "code_system", "code", "days_supply") == [
        ("2180-05-07 08:00", "LOCAL", "INSULIN", 1),
        ("2180-05-07 08:00", "NDC", "00517570425", 3),
        ("2180-05-08 08:00", "LOCAL", "INSULIN", 0),
        ("2180-05-09 08:00", "LOCAL", "INSULIN", None),
    ]
    assert dict(report.left_out["dispensing"]) == {
        "prescriptions: orders without a start": 1,
        "prescriptions: orders stopped before they started": 1,
    }


def test_results_are_numbers_where_they_are_and_words_where_not(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, omr="""
        chartdate  | result_name    | result_value
        2180-04-01 | Weight (Lbs)   | 127
        2180-04-01 | Blood Pressure | 120/80
    """, labevents="""
        itemid | charttime        | storetime        | value | valuenum | valueuom
        50912  | 2180-05-07 06:00 | 2180-05-07 07:10 | 1.1   | 1.1      | mg/dL
        51003  | 2180-05-08 06:00 | -                | <0.01 | 0.01     | ng/mL
        51463  | 2180-05-09 06:00 | -                | FEW   | -        | -
    """)  # fmt: skip
    columns = ("at", "known_at", "code_system", "code", "value", "unit", "text")
    assert told(tables, "measurement", *columns) == [
        ("2180-04-01", "2180-04-01", "LOCAL", "BLOOD PRESSURE", None, None, "120/80"),
        ("2180-04-01", "2180-04-01", "LOCAL", "WEIGHT (LBS)", 127.0, "Lbs", None),
        ("2180-05-07 06:00", "2180-05-07 07:10", "LOCAL", "50912", 1.1, "mg/dL", None),
        ("2180-05-08 06:00", "2180-05-08 06:00", "LOCAL", "51003", 0.01, "ng/mL", "<0.01"),
        ("2180-05-09 06:00", "2180-05-09 06:00", "LOCAL", "51463", None, None, "FEW"),
    ]


def test_a_person_is_told_by_patients_and_the_latest_admission_that_says(tmp_path: Path) -> None:
    tables, report = load(tmp_path, patients="""
        person | gender | anchor_age | anchor_year | dod
        1      | F      | 52         | 2180        | 2180-09-09
        2      | M      | 91         | 2134        | -
    """, admissions="""
        person | hadm | admitted   | discharged | race                       | language
        1      | 1    | 2180-01-01 | 2180-01-02 | WHITE                      | ?
        1      | 2    | 2180-02-01 | 2180-02-02 | BLACK/AFRICAN AMERICAN     | ENGLISH
        1      | 3    | 2180-03-01 | 2180-03-02 | PATIENT DECLINED TO ANSWER | ?
        2      | 4    | 2134-01-01 | 2134-01-02 | UNKNOWN                    | ?
    """)  # fmt: skip
    columns = ("person_id", "birth_date", "sex", "death_date", "death_known", "ethnicity",
               "language")  # fmt: skip
    assert sorted(told(tables, "person", *columns)) == [
        ("1", "2128-01-01", "female", "2180-09-09", "2180-09-10", "BLACK/AFRICAN AMERICAN",
         "ENGLISH"),
        ("2", "2043-01-01", "male", None, None, None, None),
    ]  # fmt: skip
    assert report.conflicts["person"] == {"ethnicity": 1, "language": 0}


def test_nobody_is_said_to_have_been_observed(tmp_path: Path) -> None:
    tables, _ = load(tmp_path, admissions="hadm\n1")
    assert not len(tables["coverage"])
    assert not len(tables["registration"])


def test_missing_tables_are_named_in_the_answer_and_the_manifest(tmp_path: Path) -> None:
    _, report = load(tmp_path, admissions="hadm\n1", diagnoses_icd="hadm\n1")
    assert report.left_out["measurement"] == {
        "omr: the table is not there": 0, "labevents: the table is not there": 0
    }  # fmt: skip
    manifest = History.open(tmp_path / "out").manifest
    assert manifest.delays["missing tables"] == (
        "transfers, services, drgcodes, procedures_icd, hcpcsevents, prescriptions, omr, labevents"
    )
    assert manifest.precision["person"] == "year"


def test_rows_of_tables_with_no_place_are_counted(tmp_path: Path) -> None:
    source = write_mimic(tmp_path / "in", admissions="hadm\n1")
    (source / "hosp" / "pharmacy.csv").write_text("subject_id,pharmacy_id\n1,5\n1,6\n")
    pq.write_table(pa.table({"poe_id": ["1-1"]}), source / "hosp" / "poe.parquet")
    report = ingest("mimic", source, tmp_path / "out")
    assert report.left_out["dispensing"]["pharmacy: the orders of prescriptions told again"] == 2
    orders = "poe: orders, which say what was asked for and not what was done"
    assert report.left_out["procedure"][orders] == 1
    assert report.left_out["stay"]["values of admissions.insurance: a History has no place for it"]


def test_the_folder_hosp_itself_and_gzipped_files_will_do(tmp_path: Path) -> None:
    write_mimic(tmp_path / "in", ending=".csv.gz", admissions="hadm\n1\n2")
    report = ingest("mimic", tmp_path / "in" / "hosp", tmp_path / "out")
    assert report.tables["stay"].kept == 2


def test_codes_of_no_admission_are_rejected_and_groups_of_none_counted(tmp_path: Path) -> None:
    source = write_mimic(
        tmp_path / "in", admissions="hadm\n1", diagnoses_icd="hadm\n1\n9", drgcodes="hadm\n9",
        services="hadm\n9",
    )  # fmt: skip
    report = ingest("mimic", source, tmp_path / "out", on_error="reject")
    assert dict(report.tables["diagnosis"].rejected) == {"missing_value": 1}
    lone = {why: n for why, n in report.left_out["stay"].items() if "of no admission" in why}
    assert lone == {"drgcodes: of no admission": 1, "services: of no admission": 1}
