"""The MIMIC-IV demo as CSV and as MEDS: every row accounted for, the counts its README states, and
the same admissions, diagnoses and people by either way.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.spells import SpellRule, spells
from features.tables.contract import Tables
from features.tables.history import History, verify
from tests.command import caseload
from tests.exporters.carried import everybody

pytestmark = pytest.mark.integration

ADMISSIONS, PEOPLE, DIED, SOON, DIAGNOSES, PROCEDURES, PRESCRIPTIONS, EVENTS = (
    275, 100, 15, 53, 4_506, 722, 18_087, 916_166,
)  # fmt: skip
"""Counts of the README."""
Answer = Mapping[str, dict[str, Any]]


def load(reader: str, source: Path, folder: Path) -> tuple[History, Answer]:
    ran = caseload("ingest", "--from", reader, source, "--out", "h", "--json", folder=folder)
    assert ran.status == 0, ran.err
    assert [path.name for path in folder.iterdir()] == ["h"]
    return History.open(folder / "h"), cast(Answer, ran.answer)


@pytest.fixture(scope="module")
def files(third_party: Path) -> Path:
    return third_party / "mimic_iv_demo"


@pytest.fixture(scope="module")
def mimic(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, Answer]:
    return load("mimic", files, tmp_path_factory.mktemp("mimic"))


@pytest.fixture(scope="module")
def meds(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[History, Answer]:
    source = third_party / "mimic_iv_demo_meds"
    return load("meds", source, tmp_path_factory.mktemp("meds"))


@pytest.fixture(scope="module")
def tables(mimic: tuple[History, Answer]) -> Tables:
    return everybody(mimic[0])


@pytest.fixture(scope="module")
def meds_tables(meds: tuple[History, Answer]) -> Tables:
    return everybody(meds[0])


def lines(files: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(files / "hosp" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def acute(tables: Tables) -> pa.Table:
    return tables["stay"].filter(pc.equal(tables["stay"]["setting"], "acute"))


def accounted(answer: Answer) -> int:
    """Rows read, each kept, merged or rejected."""
    total = 0
    for count in answer["tables"].values():
        rejected = sum(count["rejected"].values())
        assert count["read"] == count["kept"] + count["merged"] + rejected
        assert not rejected
        total += count["read"]
    return total


def test_the_counts_are_those_of_the_readme(mimic: tuple[History, Answer], tables: Tables) -> None:
    stays = acute(tables)
    assert len(tables["person"]) == PEOPLE
    assert len(stays) == ADMISSIONS
    assert pc.sum(pc.equal(stays["discharged_to"], "died")).as_py() == DIED
    assert len(tables["diagnosis"]) == DIAGNOSES
    assert len(tables["procedure"]) == PROCEDURES


def test_as_many_admissions_as_stated_are_soon_followed_by_another(tables: Tables) -> None:
    """Of each person's admissions in order, those whose next begins at most 30 days after their
    discharge, by the minute; whatever became of the patient and however the next was admitted."""
    stays = acute(tables).sort_by([("person_id", "ascending"), ("admitted_at", "ascending")])
    person, start, end = (stays[n].to_pylist() for n in ("person_id", "admitted_at",
                                                         "discharged_at"))  # fmt: skip
    month = timedelta(days=30)
    soon = [
        person[n] == person[n + 1] and start[n + 1] <= end[n] + month for n in range(len(stays) - 1)
    ]
    assert sum(soon) == SOON


def test_every_row_of_the_tables_is_accounted_for(
    mimic: tuple[History, Answer], files: Path
) -> None:
    answer = mimic[1]
    counts = {name: sum(1 for _ in lines(files, name)) for name in (
        "patients", "admissions", "transfers", "services", "drgcodes", "diagnoses_icd",
        "procedures_icd", "prescriptions", "omr",
    )}  # fmt: skip
    assert answer["inputs"] == counts
    assert counts["prescriptions"] == PRESCRIPTIONS
    rows = {
        table: {why: n for why, n in found.items() if not why.startswith("values of")}
        for table, found in answer["left_out"].items()
    }
    left = sum(sum(found.values()) for found in rows.values())
    beside = {"pharmacy": 15_306, "poe_detail": 3_795, "microbiologyevents": 2_899}
    icu = 140
    assert accounted(answer) + left == sum(counts.values()) + sum(beside.values()) + icu
    assert rows["measurement"]["labevents: the table is not there"] == 0
    assert "labevents" in str(mimic[0].manifest.delays["missing tables"])


def test_prescriptions_are_kept_merged_or_left_out_for_a_reason(
    mimic: tuple[History, Answer], tables: Tables, files: Path
) -> None:
    count = mimic[1]["tables"]["dispensing"]
    stopped = mimic[1]["left_out"]["dispensing"][
        "prescriptions: orders stopped before they started"
    ]
    assert count["read"] + stopped == PRESCRIPTIONS
    assert stopped == sum(bool(r["stoptime"]) and r["stoptime"] < r["starttime"]
                          for r in lines(files, "prescriptions"))  # fmt: skip
    systems = Counter(tables["dispensing"]["code_system"].to_pylist())
    assert set(systems) == {"NDC", "LOCAL"}
    assert "0" not in tables["dispensing"]["code"].to_pylist()


def test_stays_say_what_a_plain_reading_of_the_file_says(tables: Tables, files: Path) -> None:
    stays = {row["stay_id"]: row for row in acute(tables).to_pylist()}
    for row in lines(files, "admissions"):
        stay = stays[row["hadm_id"]]
        assert stay["person_id"] == row["subject_id"]
        assert str(stay["admitted_at"]) == row["admittime"]
        assert str(stay["discharged_at"]) == row["dischtime"]
        assert (stay["discharged_to"] == "died") == (row["hospital_expire_flag"] == "1")
        assert (stay["discharged_to"] is None) == (row["discharge_location"] == "")
    codes = Counter((r["hadm_id"], r["icd_code"], int(r["seq_num"]))
                    for r in lines(files, "diagnoses_icd"))  # fmt: skip
    found = tables["diagnosis"].select(["stay_id", "code", "position"]).to_pylist()
    assert Counter(tuple(row.values()) for row in found) == codes
    own = [row["drg_code"] for row in lines(files, "drgcodes") if row["drg_type"] == "HCFA"]
    assert Counter(s["drg"] for s in stays.values() if s["drg"]) == Counter(own)


def test_the_histories_hold_what_their_manifests_say(
    mimic: tuple[History, Answer], meds: tuple[History, Answer]
) -> None:
    verify(mimic[0])
    verify(meds[0])
    assert mimic[0].manifest.last.year > 2200, "shifted times are possible dates"


def test_every_event_of_the_meds_copy_is_accounted_for(
    meds: tuple[History, Answer], third_party: Path
) -> None:
    left = sum(sum(found.values()) for found in meds[1]["left_out"].values())
    assert accounted(meds[1]) + left == EVENTS
    assert not any("not in the grammar" in why for why in meds[1]["left_out"]["data"])
    path = third_party / "mimic_iv_demo_meds" / "mimic_iv_demo_meds_events.parquet"
    heads = Counter(code.split("//")[0] for code in pq.read_table(path)["code"].to_pylist())
    assert meds[1]["tables"]["diagnosis"]["read"] == heads["DIAGNOSIS"] == DIAGNOSES
    assert meds[1]["tables"]["procedure"]["read"] == PROCEDURES + heads["HCPCS"]


def test_both_ways_give_the_same_people(tables: Tables, meds_tables: Tables) -> None:
    columns = ["person_id", "birth_date", "sex", "death_date", "death_known"]
    ours, theirs = (t["person"].select(columns) for t in (tables, meds_tables))
    assert ours.equals(theirs)


SAME = [
    "person_id", "admitted_at", "discharged_at", "admitted_known", "discharged_known",
    "coded_known", "admission_method", "admitted_from", "discharged_to", "drg",
]  # fmt: skip


def test_both_ways_give_the_same_admissions(tables: Tables, meds_tables: Tables) -> None:
    """One person is discharged and admitted again at one minute."""
    ours, theirs = (acute(t).select(SAME) for t in (tables, meds_tables))
    assert len(theirs) == ADMISSIONS
    assert ours.equals(theirs)


def test_both_ways_give_the_same_emergency_visits(tables: Tables, meds_tables: Tables) -> None:
    """MEDS says when those left who were admitted. It does not say it of 54 who went home, nor of
    one admitted after two bays of the department, where it tells of the second alone."""
    ours, theirs = (
        {
            (row["person_id"], row["admitted_at"]): row["discharged_at"]
            for row in t["stay"].to_pylist()
            if row["setting"] == "emergency"
        }
        for t in (tables, meds_tables)
    )
    assert len(ours) == 236
    assert ours.keys() == theirs.keys()
    silent = [key for key, left in theirs.items() if left is None]
    assert len(silent) == 54 + 1
    assert all(left in (None, ours[key]) for key, left in theirs.items())


Fact = tuple[Any, ...]


def by_admission(tables: Tables, name: str) -> set[Fact]:
    start = {(r["person_id"], r["stay_id"]): r["admitted_at"] for r in tables["stay"].to_pylist()}
    return {
        (r["person_id"], start.get((r["person_id"], r["stay_id"])), r["at"], r["known_at"],
         r["code_system"], r["code"])
        for r in tables[name].to_pylist()
    }  # fmt: skip


def test_both_ways_give_the_same_diagnoses(tables: Tables, meds_tables: Tables) -> None:
    ours, theirs = (by_admission(t, "diagnosis") for t in (tables, meds_tables))
    assert len(ours) == DIAGNOSES
    assert ours == theirs
    assert meds_tables["diagnosis"]["position"].null_count == DIAGNOSES, "MEDS tells no order"


def test_procedures_agree_where_the_day_is_one_of_the_admission(
    tables: Tables, meds_tables: Tables
) -> None:
    """Five of them are dated on no day of their admission: only an id can tie these."""
    ours = by_admission(tables, "procedure")
    theirs = {fact for fact in by_admission(meds_tables, "procedure") if fact[4] != "LOCAL"}
    untied = [{(f[0], f[2], *f[4:]) for f in facts} for facts in (ours, theirs)]
    assert untied[0] == untied[1]
    left = {(r["person_id"], r["admitted_at"]): r["discharged_at"]
            for r in acute(tables).to_pylist()}  # fmt: skip
    outside = {f for f in ours if not f[1].date() <= f[2].date() <= left[f[0], f[1]].date()}
    assert ours - theirs == outside
    assert len(outside) == 5


def named(tables: Tables, facility: str) -> Tables:
    stay = tables["stay"]
    place = stay.schema.get_field_index("facility_id")
    same = pa.array([facility] * len(stay), pa.string())
    return {**tables, "stay": stay.set_column(place, stay.schema.field(place), same)}


def without_order(tables: Tables) -> Tables:
    rows = tables["diagnosis"]
    place = rows.schema.get_field_index("position")
    none = pa.nulls(len(rows), pa.int32())
    return {**tables, "diagnosis": rows.set_column(place, rows.schema.field(place), none)}


@pytest.mark.parametrize("rule", SpellRule)
def test_both_ways_give_the_same_spells(
    rule: SpellRule, tables: Tables, meds_tables: Tables
) -> None:
    """But for what MEDS does not tell: the hospital, and which diagnosis is the first."""
    columns = ["person_id", "admitted_at", "discharged_at", "discharged_to", "nights", "stays"]
    ours = spells(without_order(tables), rule).select(columns)
    theirs = spells(named(meds_tables, "BIDMC"), rule).select(columns)
    assert ours.equals(theirs)
    assert len(ours) <= ADMISSIONS
