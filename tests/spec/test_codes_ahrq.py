"""AHRQ's chronic condition indicator and CCSR: codes in, answers of the edition out."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from features.codes.ahrq import ccsr, ccsr_all, ccsr_labels, chronic
from tests.drawn import draw

pytestmark = pytest.mark.spec

ANSWERS = """
    | system    | code    | chronic | stay   | visit  | all           |
    | ICD-10-CM | I5032   | yes     | CIR019 | CIR019 | CIR019        |
    | ICD-10-CM | S72001A | no      | INJ006 | INJ006 | INJ006        |
    | ICD-10-CM | A000    | no      | DIG001 | DIG001 | DIG001 INF003 |
    | ICD-10-CM | I50     |         |        |        |               |
    | ICD-10-CM | E119999 |         |        |        |               |
    | ICD-9-CM  | 4280    | yes     |        |        |               |
    | ICD-9-CM  | 0010    | no      |        |        |               |
    | SNOMED    | 4280    |         |        |        |               |
"""


@pytest.mark.parametrize("row", draw(ANSWERS), ids=str)
def test_an_answer(row: dict[str, object]) -> None:
    system, code = pa.array([row["code_system"]]), pa.array([row["code"]])
    told = {"yes": True, "no": False, None: None}
    assert chronic(system, code).to_pylist() == [told[row["chronic"]]]  # type: ignore[index]
    assert ccsr(system, code).to_pylist() == [row["stay_id"]]
    assert ccsr(system, code, inpatient=False).to_pylist() == [row["visit_id"]]
    every = ccsr_all(system, code)[0].as_py()
    assert every == (str(row["all"]).split() if row["all"] else None)


def test_every_category_has_a_name() -> None:
    assert len(ccsr_labels()) == 547
    assert ccsr_labels()["CIR019"] == "Heart failure"


def test_the_tables_are_those_of_the_publisher(third_party: Path) -> None:
    folder = third_party.parent / "reference" / "crosswalks"
    with gzip.open(folder / "chronic_icd10cm_ccir_2023_1.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    found = chronic(
        pa.array(["ICD-10-CM"] * len(rows)), pa.array([row["icd10cm_code"] for row in rows])
    )
    told = {"1": True, "0": False, "9": None}
    assert found.to_pylist() == [told[row["chronic"]] for row in rows]
    with gzip.open(folder / "ccsr_dx_icd10cm_2023_1.csv.gz", "rt") as file:
        pairs = list(csv.DictReader(file))
    default = [row for row in pairs if row["default_inpatient"] == "Y"]
    codes = pa.array([row["icd10cm_code"] for row in default])
    found = ccsr(pa.array(["ICD-10-CM"] * len(default)), codes)
    assert found.to_pylist() == [row["ccsr_category"] for row in default]
