"""Crosswalks of a folder that the user names: other code systems in, the same groups out."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.codes import code_set, medicines
from features.codes.crosswalks import SETTING, load
from features.codes.readable import unreadable
from features.errors import InputError
from features.labels import _group_bits
from features.matrix import Matrix, Schema, of_tables
from serving.scorer import Scorer, Served
from tests import small_model
from tests.drawn import people
from tests.reference.engine import features_of as twin

pytestmark = pytest.mark.spec

SNOMED = """snomed_code,icd10cm_code,confidence
44054006,E11.9,high
90781000119102,E11.22,high
90781000119102,N18.3,high
195967001,J45.909,low
160903007,,not mapped
"""
RXNORM = """rxcui,ingredient,atc5
6809,Metformin,A10BA02
11289,Warfarin,B01AA03
"""
DRUGS = """rxcui,ingredient_rxcui
861007,6809
855332,11289
999999,6809
999999,424242
"""
NDC = "ndc11,rxcui\n00093-1048-01,861007\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small crosswalks, in force."""
    small_model.bundle()  # kept for all tests, so it must be made without them
    (tmp_path / "snomed_to_icd10cm.csv.gz").write_bytes(gzip.compress(SNOMED.encode()))
    (tmp_path / "rxnorm_ingredient_to_atc.csv").write_text(RXNORM)
    (tmp_path / "rxnorm_drug_to_ingredient.csv").write_text(DRUGS)
    (tmp_path / "ndc11_to_rxcui.csv").write_text(NDC)
    monkeypatch.setenv(SETTING, str(tmp_path))
    return tmp_path


def groups(name: str, system: str, code: str) -> set[str] | None:
    """Groups of a code; None where it cannot be read."""
    held = code_set(name)
    if not held.reads_codes(system, [code])[0]:
        return None
    bits = int(held.bits(system, [code])[0])
    return {group for group, place in held.positions.items() if bits >> place & 1}


def test_without_the_setting_nothing_reads_them() -> None:
    assert groups("charlson", "SNOMED", "44054006") is None
    assert groups("medicines", "RXNORM", "861007") is None
    assert not code_set("charlson").crossings


@pytest.mark.usefixtures("folder")
def test_a_concept_belongs_to_the_groups_of_all_it_means() -> None:
    assert groups("charlson", "SNOMED", "44054006") == {"diab"}
    assert groups("charlson", "SNOMED", "90781000119102") == {"diabwc", "rend"}
    assert groups("gagne", "SNOMED", "90781000119102") == {"diabc", "rf"}
    assert groups("charlson", "ICD-10-CM", "E119") == {"diab"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("code", ["195967001", "160903007", "73211009"])
def test_what_is_unsure_unmapped_or_absent_cannot_be_read(code: str) -> None:
    assert groups("charlson", "SNOMED", code) is None
    reason = unreadable(pa.array(["SNOMED"]), pa.array([code]), by=["charlson"])
    assert reason.to_pylist() == ["no code set or crosswalk reads SNOMED"]


@pytest.mark.usefixtures("folder")
def test_a_medicine_is_read_by_its_ingredient() -> None:
    held = medicines()
    metformin = int(held.bits("INGREDIENT", ["METFORMIN"])[0])
    for system, code in [
        ("RXNORM", "861007"), ("RXNORM", "6809"), ("NDC", "00093104801"), ("ATC", "A10BA02")
    ]:  # fmt: skip
        assert int(held.bits(system, [code])[0]) == metformin != 0
    # A combination with an ingredient that the names do not have is not half read.
    assert groups("medicines", "RXNORM", "999999") is None


CHOSEN = ["charlson_diab_730d", "charlson_rend_730d", "charlson_index_730d"]


def drawn(*codes: str) -> str:
    return "\n".join(["system code at", *(f"SNOMED {code} 2020-01-05" for code in codes)])


def matrix(*codes: str) -> Matrix:
    """Features of a month for someone with these SNOMED codes."""
    tables = people(diagnosis=drawn(*codes))
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([np.datetime64("2020-06-01T00:00:00", "us")], pa.timestamp("us")),
            "stay_id": pa.array([None], pa.string()),
            "spell_id": pa.array([None], pa.string()),
            "moment": ["month"],
        }
    )
    catalogue = load_catalogue().select(CHOSEN)
    found = of_tables(tables, moments, catalogue)
    assert found.schema.decode(found.X).to_pylist() == [
        dict(zip(catalogue.names, row, strict=True))
        for row in twin(tables, moments, catalogue, mode="adt")
    ]
    return found


def test_features_are_unknown_without_and_known_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = matrix("44054006", "90781000119102")
    assert known.X.tolist() == [[1.0, 1.0, 4.0]]
    assert np.isnan(matrix("73211009", "195967001").X).all()
    monkeypatch.delenv(SETTING)
    assert np.isnan(matrix("44054006", "90781000119102").X).all()


def test_the_label_of_need_reads_them_too(folder: Path) -> None:
    rows = people(diagnosis=drawn("44054006", "73211009"))
    found = _group_bits(rows["diagnosis"])
    assert found.readable.tolist() == [True, False]
    assert (found.bits > 0).tolist() == [True, False]


def test_crosswalks_are_part_of_the_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = load_catalogue().select(["conditions", "medicines"])
    crossed = Schema.of(catalogue)
    assert [system for system, _ in crossed.crosswalks] == ["ATC", "NDC", "RXNORM", "SNOMED"]
    assert Schema.from_json(crossed.to_json()) == crossed
    bare = load_catalogue().select(["age_sex"])
    assert Schema.of(bare).crosswalks == ()
    monkeypatch.delenv(SETTING)
    plain = Schema.of(catalogue)
    assert plain.crosswalks == ()
    assert plain.hash != crossed.hash
    listed = json.dumps(json.loads(plain.to_json())["columns"])
    assert plain.hash == hashlib.sha256(listed.encode()).hexdigest()
    assert "crosswalks" not in plain.to_json()


def test_the_order_and_packing_of_a_file_change_no_digest(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    head, *lines = SNOMED.splitlines()
    (other / "snomed_to_icd10cm_1.csv").write_text("\n".join([head, *lines[::-1]]) + "\n")
    ours, theirs = load(folder).by_source["SNOMED"], load(other).by_source["SNOMED"]
    assert ours.digest == theirs.digest


def test_a_model_is_not_served_with_other_crosswalks(folder: Path) -> None:
    bundle = small_model.bundle()
    X = small_model.rows(3, seed=1)
    crossed = Schema(bundle.schema.columns, (("SNOMED", "0" * 64),))
    moments = pa.table({"person_id": ["a", "b", "c"]})
    assert len(bundle.score(Matrix(X, bundle.schema, moments)).risk) == 3
    with pytest.raises(InputError, match="other crosswalks than"):
        bundle.score(Matrix(X, crossed, moments))


def test_a_service_does_not_start_with_other_crosswalks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = small_model.bundle()
    with pytest.raises(InputError, match="other crosswalks than"):
        Scorer([Served("readmission", "1", plain)])
    crossed = replace(plain, schema=Schema.of(plain.catalogue))
    assert Scorer([Served("readmission", "1", crossed)])
    monkeypatch.delenv(SETTING)
    assert Scorer([Served("readmission", "1", plain)])
    with pytest.raises(InputError, match="other crosswalks than"):
        Scorer([Served("readmission", "1", crossed)])


BROKEN = {
    "no folder": (None, "there is no such folder"),
    "nothing in it": ({"readme.txt": "x"}, "holds no crosswalk"),
    "no column": ({"snomed_to_icd10cm.csv": "a,b\n1,2\n"}, "column snomed_code is missing"),
    "no text": ({"snomed_to_icd10cm.csv": b"\xff\xfe\x00"}, "not readable as CSV"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_unusable_folder_is_refused(case: str, tmp_path: Path) -> None:
    files, message = BROKEN[case]
    folder = tmp_path / "walks"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        load(folder)


def test_the_published_files_are_read(third_party: Path) -> None:
    walks = load(third_party.parent / "reference" / "crosswalks").by_source
    assert {system: walk.target for system, walk in walks.items()} == {
        "SNOMED": "ICD-10-CM", "RXNORM": "INGREDIENT", "NDC": "INGREDIENT", "ATC": "INGREDIENT"
    }  # fmt: skip
    assert walks["SNOMED"].table["44054006"] == ("E119",)
    assert "METFORMIN" in walks["ATC"].table["A10BA02"]
    assert len(walks["RXNORM"].table) > 3_000
