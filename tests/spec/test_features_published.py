"""Comorbidity features of whole people against published cases; weights against their papers."""

from __future__ import annotations

import csv
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.catalogue.load import FOLDER, catalogue_of
from features.codes import code_set
from features.matrix import of_tables
from tests.drawn import people

pytestmark = pytest.mark.spec

Case = dict[str, str]
INDEX = datetime.fromisoformat("2024-06-01")
WORDS = dict.fromkeys(("what", "plain", "patient", "unit", "null"), "an index")
INDICES = {
    ("charlson", "charlson_1987", True): "cci_1987",
    ("charlson", "charlson_1987", False): "cci_1987_no_hierarchy",
    ("charlson", "quan_2011", True): "cci_quan2011",
    ("charlson", "lace_2010", True): "lace_charlson_points",
    ("elixhauser", "van_walraven_2009", True): "vw_2009",
    ("elixhauser", "van_walraven_2009", False): "vw_2009_no_hierarchy",
    ("elixhauser", "swiss_sharma_2021", True): "swiss",
    ("hfrs", "hfrs", False): "hfrs",
}
"""Code set, scheme of weights, with its hierarchy or without: the column of the cases."""
SHIPPED = {
    "charlson_index_730d": "cci_1987",
    "van_walraven_730d": "vw_2009",
    "lace_comorbidity_730d": "lace_charlson_points",
}
GROUPS = {"charlson": "charlson_categories", "elixhauser": "elixhauser_categories"}


def read(path: Path) -> list[Case]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def index_of(name: str, scheme: str, hierarchy: bool, column: str) -> dict[str, Any]:
    """An entry of the catalogue for one index, called as the column of the cases."""
    return WORDS | {
        "name": column, "measure": "index", "table": "diagnosis", "code_set": name,
        "scheme": scheme, "hierarchy": hierarchy, "windows": [730], "domain": "conditions",
    }  # fmt: skip


def measured(cases: list[Case], catalogue: Any) -> list[dict[str, Any]]:
    """Features of each case: a person with its codes spread over two years and a few contacts."""
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
    moments = pa.table(
        {
            "person_id": everyone,
            "index_at": pa.array([INDEX] * len(everyone), pa.timestamp("us")),
            "stay_id": pa.nulls(len(everyone), pa.string()),
            "moment": ["month"] * len(everyone),
        }
    )
    tables = people(person=[{"person_id": p} for p in everyone], diagnosis=rows)
    matrix = of_tables(tables, moments, catalogue)
    return matrix.schema.decode(matrix.X).to_pylist()


def test_shipped_comorbidity_of_people(oracles: Path) -> None:
    cases = read(oracles / "comorbidity_icd10_cases.csv")
    assert len(cases) == 140
    catalogue = load_catalogue().select(["conditions"])
    for case, row in zip(cases, measured(cases, catalogue), strict=True):
        assert {n: row[n] for n in SHIPPED} == {n: float(case[c]) for n, c in SHIPPED.items()}
        for name, column in GROUPS.items():
            present = {g for g in code_set(name).groups if row[f"{name}_{g}_730d"] == 1.0}
            assert present == set(filter(None, case[column].split("|"))), case["case"]


def test_every_scheme_of_weights_of_people(oracles: Path) -> None:
    """Weights with a hierarchy and without, and frailty points, to the last digit."""
    cases = read(oracles / "comorbidity_icd10_cases.csv")
    head = tomllib.loads((FOLDER / "head.toml").read_text(encoding="utf-8"))
    entries = [index_of(*asked, column) for asked, column in INDICES.items()]
    found = measured(cases, catalogue_of(head | {"feature": entries}))
    columns = INDICES.values()
    assert [{c: row[c] for c in columns} for row in found] == [
        {c: float(case[c]) for c in columns} for case in cases
    ]


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
