"""Codes of published lists look like codes, check digits included, and misprints do not."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from features.codes.systems import fits, normal

pytestmark = pytest.mark.spec

# file of the crosswalks, column, system, how many distinct codes at least
LISTS = (
    ("snomed_to_icd10cm_synthea.csv.gz", "snomed_code", "SNOMED", 255),
    ("snomed_to_icd10cm_synthea.csv.gz", "icd10cm_code", "ICD-10-CM", 200),
    ("ndc11_to_rxcui.csv.gz", "ndc11", "NDC", 4_183),
    ("rxnorm_drug_to_ingredient.csv.gz", "rxcui", "RXNORM", 2_800),
    ("atc_classes_l1_l4.csv.gz", "atc_code", "ATC", 1_318),
    ("rxnorm_ingredient_to_atc.csv.gz", "atc5", "ATC", 899),
    ("ccs_dx_icd9cm_2015.csv.gz", "", "ICD-9-CM", 15_072),
    ("ccs_pr_icd9cm_2015.csv.gz", "", "ICD-9-PCS", 3_948),
    ("ccs_dx_icd10cm_2019_1.csv.gz", "", "ICD-10-CM", 72_446),
    ("ccs_pr_icd10pcs.csv.gz", "", "ICD-10-PCS", 80_492),
)
SAMPLES = (
    ("synthea_csv_22/observations.csv.gz", "CODE", "LOINC", 171),
    ("synthea_csv_22/procedures.csv.gz", "CODE", "SNOMED", 79),
    ("synthea_csv_22/medications.csv.gz", "CODE", "RXNORM", 63),
    ("nhs_artificial_hes/artificial_hes_apc_0102_truncated.csv.gz", "DIAG_4_01", "ICD-10", 700),
)
MISPRINTS = {
    "SNOMED": {"10939881000119104"},  # released with a check digit that does not fit
    "LOINC": {"QALY", "DALY", "QOLS"},  # measures of Synthea's own
    "ICD-10": {"-", "7999"},  # HES: nothing recorded; a code of ICD-9
}


def distinct(path: Path, column: str) -> list[str]:
    """Distinct values of a column; of the first one where none is named."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        assert rows.fieldnames is not None
        name = column or rows.fieldnames[0]
        return sorted({row[name] for row in rows if row[name]})


def misfits(system: str, codes: list[str]) -> set[str]:
    written = normal(system, pa.array(codes))
    return {
        code for code, fit in zip(codes, fits(system, written).tolist(), strict=True) if not fit
    }


@pytest.mark.parametrize(("file", "column", "system", "least"), LISTS)
def test_a_published_list(
    third_party: Path, file: str, column: str, system: str, least: int
) -> None:
    codes = distinct(third_party.parent / "reference" / "crosswalks" / file, column)
    assert len(codes) >= least
    assert misfits(system, codes) == MISPRINTS.get(system, set()) & set(codes)


@pytest.mark.parametrize(("file", "column", "system", "least"), SAMPLES)
def test_a_released_sample(
    third_party: Path, file: str, column: str, system: str, least: int
) -> None:
    codes = distinct(third_party / file, column)
    assert len(codes) >= least
    assert misfits(system, codes) == MISPRINTS.get(system, set()) & set(codes)
