"""Comorbidity features of whole people against published cases; weights against their papers."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.codes import code_set
from features.matrix import of_tables
from tests.drawn import people

pytestmark = pytest.mark.spec

Case = dict[str, str]
INDEX = datetime.fromisoformat("2024-06-01")
NUMBERS = {
    "charlson_index_730d": "cci_1987",
    "van_walraven_730d": "vw_2009",
    "lace_comorbidity_730d": "lace_charlson_points",
}
GROUPS = {"charlson": "charlson_categories", "elixhauser": "elixhauser_categories"}


def read(path: Path) -> list[Case]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_comorbidity_of_people(oracles: Path) -> None:
    """Every case as a person with its codes spread over two years and a few contacts."""
    cases = read(oracles / "comorbidity_icd10_cases.csv")
    rows = [
        {
            "person_id": f"p{number}",
            "at": f"{2022 + (place + 6) // 12}-{(place + 6) % 12 + 1:02}-15",
            "code_system": "ICD-10",
            "code": code.upper().replace(".", ""),
        }
        for number, case in enumerate(cases)
        for place, code in enumerate(filter(None, case["codes"].split("|")))
    ]
    assert {row["at"] < "2024-06-01" for row in rows} == {True}
    everyone = [f"p{number}" for number in range(len(cases))]
    tables = people(person=[{"person_id": p} for p in everyone], diagnosis=rows)
    moments = pa.table(
        {
            "person_id": everyone,
            "index_at": pa.array([INDEX] * len(everyone), pa.timestamp("us")),
            "stay_id": pa.nulls(len(everyone), pa.string()),
            "moment": ["month"] * len(everyone),
        }
    )
    matrix = of_tables(tables, moments, load_catalogue().select(["conditions"]))
    found = matrix.schema.decode(matrix.X).to_pylist()
    for case, row in zip(cases, found, strict=True):
        assert {n: row[n] for n in NUMBERS} == {n: float(case[c]) for n, c in NUMBERS.items()}
        for name, column in GROUPS.items():
            present = {g for g in code_set(name).groups if row[f"{name}_{g}_730d"] == 1.0}
            assert present == set(filter(None, case[column].split("|"))), case["case"]


def test_weights_are_the_published_ones(oracles: Path) -> None:
    rows = read(oracles.parent / "comorbidity_weights.csv")
    seen = 0
    for name in ("charlson", "elixhauser"):
        for scheme, weights in code_set(name).weights.items():
            told = {
                row["category_id"]: float(row["weight"])
                for row in rows
                if (row["index"], row["scheme"]) == (name, scheme)
            }
            assert {g: w for g, w in weights.items() if w} == {g: w for g, w in told.items() if w}
            seen += len(told)
    assert seen > 80
