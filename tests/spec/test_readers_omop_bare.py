"""OMOP as it often comes: no vocabulary, Athena's own files, an id told twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.drawn import draw
from tests.omop_files import write_omop
from tests.told import told

pytestmark = pytest.mark.spec


def test_without_a_vocabulary_codes_are_local_and_known_ids_are_read(tmp_path: Path) -> None:
    source = write_omop(
        tmp_path / "in", visit_occurrence="id concept\n1 9201",
        condition_occurrence="concept source value\n319835 0 I50.9\n319835 0 -",
    )  # fmt: skip
    ingest("omop", source, tmp_path / "out", buckets=1)
    tables = History.open(tmp_path / "out").bucket(0)
    assert told(tables, "stay", "setting") == [("acute",)]
    assert told(tables, "person", "sex") == [("female",)]
    assert told(tables, "diagnosis", "code_system", "code") == [
        ("LOCAL", "319835"), ("LOCAL", "I50.9")
    ]  # fmt: skip


def test_vocabulary_files_of_athena_are_read_tab_by_tab(tmp_path: Path) -> None:
    source = write_omop(tmp_path / "in", condition_occurrence="source\n1001")
    head = "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n"
    (source / "CONCEPT.csv").write_text(head + '1001\t5" needle, "old\tICD10CM\tI50.9\n')
    ingest("omop", source, tmp_path / "out", buckets=1)
    tables = History.open(tmp_path / "out").bucket(0)
    assert told(tables, "diagnosis", "code_system", "code") == [("ICD-10-CM", "I509")]


BARE = """
    concept   table  setting
    8870      stay   emergency
    8863      stay   nursing_facility
    8971      stay   psychiatric
    8920      stay   rehabilitation
    581477    visit  outpatient
    8782      visit  outpatient
    38004225  visit  outpatient
"""


def test_common_visits_are_known_without_a_vocabulary(tmp_path: Path) -> None:
    cases = draw(BARE)
    drawn = "\n".join(f"{n} {case['concept']}" for n, case in enumerate(cases, 1))
    source = write_omop(tmp_path / "in", visit_occurrence="id concept\n" + drawn)
    report = ingest("omop", source, tmp_path / "out", buckets=1).to_json()
    tables = History.open(tmp_path / "out").bucket(0)
    found = {row[0]: ("stay", row[1]) for row in told(tables, "stay", "stay_id", "setting")}
    found |= {row[0]: ("visit", row[1]) for row in told(tables, "visit", "visit_id", "setting")}
    assert found == {str(n): (case["table"], case["setting"]) for n, case in enumerate(cases, 1)}
    assert report["left_out"] == {}


def test_a_visit_id_told_twice_ties_nothing_and_multiplies_no_fact(tmp_path: Path) -> None:
    source = write_omop(
        tmp_path / "in",
        visit_occurrence="id start\n1 2020-01-01\n1 2020-02-01",
        condition_occurrence="visit value\n1 x",
    )
    report = ingest("omop", source, tmp_path / "out", on_error="reject", buckets=1)
    assert report.tables["stay"].rejected == {"duplicate_key": 2}
    assert report.tables["diagnosis"].read == 1
    tables = History.open(tmp_path / "out").bucket(0)
    assert told(tables, "diagnosis", "stay_id", "code") == [(None, "X")]
