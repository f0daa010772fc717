"""A synthetic History written as FHIR and read back says the same, less what FHIR cannot carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.readers.ingest import ingest
from features.synthetic import generate, load_scenario
from features.tables.contract import Tables
from features.tables.history import History
from tests.exporters.carried import as_history, assert_same, everybody
from tests.exporters.fhir import CARRIES, carried, export, resources_of

pytestmark = pytest.mark.integration

PROFILED = ("Patient", "Encounter", "Condition", "Observation")
"""Types that the schema at hand and the exporter both have."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("synthetic") / "h"
    scenario = load_scenario("default")
    generate(folder, people=400, seed=7, years=4, ages="older", scenario=scenario)
    return everybody(History.open(folder))


def test_a_synthetic_history_survives_fhir(tables: Tables, tmp_path: Path) -> None:
    report = ingest("fhir", export(tables, tmp_path / "fhir"), tmp_path / "back")
    back = History.open(tmp_path / "back")
    matrix = assert_same(back, as_history(carried(tables), tmp_path))
    assert len(matrix.rows) > 100
    assert report.left_out == {}
    assert not any(sum(count.rejected.values()) for count in report.tables.values())
    for name in CARRIES:
        assert len(everybody(back)[name]), f"no {name} came back"


def test_what_is_written_is_fhir(tables: Tables, oracles: Path) -> None:
    path = oracles.parent / "schemas" / "fhir_r4_subset.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    some = pa.array(tables["person"]["person_id"].to_pylist()[:8])
    few = {n: rows.filter(pc.is_in(rows["person_id"], some)) for n, rows in tables.items()}
    seen: dict[str, int] = {}
    for resource in resources_of(few):
        kind: str = resource["resourceType"]
        if kind in PROFILED and seen.get(kind, 0) < 40:
            checker: Any = jsonschema.Draft6Validator(
                {**schema, "$ref": f"#/definitions/{kind}", "oneOf": [{}], "discriminator": {}}
            )
            checker.validate(resource)
            seen[kind] = seen.get(kind, 0) + 1
    assert set(seen) == set(PROFILED)
