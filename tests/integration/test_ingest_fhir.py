"""FHIR samples of others: every resource accounted for, and two routes to the same people agree."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.readers.ingest import ingest
from features.readers.report import IngestReport
from features.tables.contract import Tables
from features.tables.history import History
from tests.exporters.carried import everybody

pytestmark = pytest.mark.integration

BUNDLES_2019 = {
    "Patient": 369, "Encounter": 10_956, "Condition": 2_734, "Procedure": 8_622,
    "MedicationRequest": 2_931, "Observation": 51_945, "Claim": 13_887,
    "ExplanationOfBenefit": 10_956,
}  # fmt: skip
BUNDLES_2020 = {
    "Patient": 100, "Encounter": 3_697, "Condition": 639, "Procedure": 2_351,
    "MedicationRequest": 2_386, "Observation": 16_315, "Claim": 6_083,
    "ExplanationOfBenefit": 3_697,
}  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    report: IngestReport
    tables: Tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fhir")


def load(source: Path, out: Path) -> Loaded:
    report = ingest("fhir", source, out)
    return Loaded(report, everybody(History.open(out)))


@pytest.fixture(scope="module")
def bundles(third_party: Path, folder: Path) -> Loaded:
    return load(
        third_party / "synthea_fhir_r4" / "bundles_2020_100patients.zip", folder / "bundles"
    )


@pytest.fixture(scope="module")
def ndjson(third_party: Path, folder: Path) -> Loaded:
    return load(third_party / "synthea_fhir_r4" / "bulk_ndjson_100patients", folder / "ndjson")


def assert_accounted(report: IngestReport) -> None:
    """read = kept + merged + rejected for every table, and nothing was rejected."""
    for count in report.tables.values():
        assert count.read == count.kept + count.merged + sum(count.rejected.values())
        assert not count.rejected


def assert_resources(report: IngestReport, expected: Mapping[str, int]) -> None:
    """So many resources were read, and each of these types became rows, was merged or left out."""
    assert {kind: report.inputs[kind] for kind in expected} == expected
    for table, kind in (("diagnosis", "Condition"), ("procedure", "Procedure")):
        assert report.tables[table].read == expected[kind]
    contacts = report.tables["stay"].kept + report.tables["visit"].kept
    assert contacts == expected["Encounter"]
    assert "stay" not in report.left_out
    others = Counter(report.inputs) - Counter(dict(expected))
    assert dict(report.left_out["resources"]) == {f"of type {k}": n for k, n in others.items()}


def settings(tables: Tables) -> dict[str, int]:
    return dict(Counter(tables["stay"]["setting"].to_pylist()))


def resources(source: Path, names: list[str]) -> Counter[str]:
    """Resources of bundles by type, and encounters by class, as the plain JSON has them."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(source) as archive:
        for name in names:
            for entry in json.loads(archive.read(name))["entry"]:
                resource = entry["resource"]
                found[resource["resourceType"]] += 1
                if resource["resourceType"] == "Encounter":
                    found[f"class {resource['class']['code']}"] += 1
    return found


@pytest.mark.sized
def test_the_369_bundles_of_2019(third_party: Path, folder: Path, full: bool) -> None:
    source = third_party / "synthea_fhir_r4" / "bundles_2019.zip"
    with zipfile.ZipFile(source) as archive:
        names = archive.namelist()[: None if full else 40]
        if not full:
            print("40 of the 369 bundles; CASELOAD_FULL=1 reads all")
            few = folder / "few.zip"
            with zipfile.ZipFile(few, "w") as some:
                for name in names:
                    some.writestr(name, archive.read(name))
    expected = resources(source, names)
    found = load(source if full else few, folder / "bundles_2019")
    assert_accounted(found.report)
    assert_resources(found.report, {kind: expected[kind] for kind in BUNDLES_2019})
    assert found.report.people == len(names)
    assert settings(found.tables) == {
        "acute": expected["class IMP"], "emergency": expected["class EMER"]
    }  # fmt: skip
    assert found.tables["person"]["ethnicity"].null_count == 0
    if full:
        assert {kind: expected[kind] for kind in BUNDLES_2019} == BUNDLES_2019
        assert (expected["class IMP"], expected["class EMER"]) == (390, 576)
        assert found.tables["person"]["death_date"].null_count == 369 - 70
        acute = found.tables["stay"].filter(pc.equal(found.tables["stay"]["setting"], "acute"))
        assert len(pc.unique(acute["person_id"])) == 91


def test_the_100_bundles_of_2020(bundles: Loaded) -> None:
    assert_accounted(bundles.report)
    assert_resources(bundles.report, BUNDLES_2020)
    assert bundles.report.people == 100
    assert settings(bundles.tables) == {"acute": 101, "emergency": 138}


def test_the_same_people_as_ndjson_have_the_same_contacts_and_conditions(
    bundles: Loaded, ndjson: Loaded
) -> None:
    assert_accounted(ndjson.report)
    assert dict(ndjson.report.inputs) == {"Condition": 639, "Encounter": 3_697, "Patient": 100}
    for name, only_claims_tell in (("stay", "cost"), ("visit", "cost"), ("diagnosis", "position")):
        ours, theirs = bundles.tables[name], ndjson.tables[name]
        assert len(ours) == len(theirs) > 100
        assert rows_less(ours, only_claims_tell) == rows_less(theirs, only_claims_tell)
        assert theirs[only_claims_tell].null_count == len(theirs)
        assert ours[only_claims_tell].null_count == 0
    for name in ("person", "registration"):
        assert bundles.tables[name].equals(ndjson.tables[name])


def rows_less(rows: pa.Table, column: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(map(str, row.values())) for row in rows.drop_columns([column]).to_pylist())


def test_bundles_as_files_of_a_folder_and_as_lines_are_the_same_people(
    third_party: Path, bundles: Loaded, tmp_path: Path
) -> None:
    source = third_party / "synthea_fhir_r4" / "bundles_2020_100patients.zip"
    with zipfile.ZipFile(source) as archive:
        names = archive.namelist()[:6]
        texts = [archive.read(name) for name in names]
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    for number, text in enumerate(texts[:2]):
        (tmp_path / "in" / "deeper" / f"{number}.json").write_bytes(text)
    (tmp_path / "in" / "2.json.gz").write_bytes(gzip.compress(texts[2]))
    lines = [json.dumps(json.loads(text)).encode() for text in texts[3:]]
    (tmp_path / "in" / "rest.ndjson").write_bytes(b"\n".join(lines))
    found = load(tmp_path / "in", tmp_path / "out")
    people = found.tables["person"]["person_id"]
    assert len(people) == 6
    for name, rows in found.tables.items():
        same = bundles.tables[name].filter(
            pc.is_in(bundles.tables[name]["person_id"], value_set=people.combine_chunks())
        )
        assert rows.equals(same), name


def test_the_200_claims_of_cms_by_type(third_party: Path, tmp_path: Path) -> None:
    found = load(third_party / "cms_synthetic_eob", tmp_path / "out")
    assert_accounted(found.report)
    assert dict(found.report.inputs) == {"ExplanationOfBenefit": 200}
    assert found.report.people == 3
    assert settings(found.tables) == {"acute": 11, "hospice": 1}  # types 60 and 50
    assert len(found.tables["visit"]) == 70 + 80  # types 40 and 71
    assert len(found.tables["dispensing"]) == 35  # drug events
    left = found.report.left_out
    assert sum(left["visit"].values()) == 3  # type 82, medical equipment
    assert 11 + 1 + 150 + 35 + 3 == 200
    systems = set(found.tables["diagnosis"]["code_system"].to_pylist())
    assert systems == {"ICD-10-CM"}
    stay = found.tables["stay"].to_pandas()
    assert set(stay.admission_method) <= {"elective", "unknown"}
    assert stay.cost.notna().all()
    assert found.tables["dispensing"]["days_supply"].null_count == 0
