"""A synthetic History written as OMOP and read back says the same, less what OMOP cannot carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.synthetic import generate, load_scenario
from features.tables.history import History
from tests.exporters.carried import as_history, assert_same, everybody
from tests.exporters.omop import CARRIES, carried, export

pytestmark = pytest.mark.integration

NOT_DRAWN = {"procedure": ("visit_id",), "measurement": ("text",)}
"""What synthetic people have none of; the spec of the reader has them."""


def test_a_synthetic_history_survives_omop(tmp_path: Path) -> None:
    scenario = load_scenario("default")
    generate(tmp_path / "h", people=300, seed=7, years=4, ages="older", scenario=scenario)
    tables = everybody(History.open(tmp_path / "h"))
    report = ingest("omop", export(tables, tmp_path / "omop"), tmp_path / "back")
    back = History.open(tmp_path / "back")
    matrix = assert_same(back, as_history(carried(tables), tmp_path))
    assert len(matrix.rows) > 100
    local = "drug_exposure: codes of a vocabulary that the History does not name, kept as LOCAL"
    assert local in report.left_out["dispensing"]
    assert not any(sum(count.rejected.values()) for count in report.tables.values())
    found = everybody(back)
    for name, columns in CARRIES.items():
        assert len(found[name]), f"no {name} came back"
        for column in set(columns) - set(NOT_DRAWN.get(name, ())):
            assert found[name][column].null_count < len(found[name]), f"no {name}.{column}"
