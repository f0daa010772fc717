"""A synthetic History written as MEDS and read back says the same, less what MEDS cannot carry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.readers.stated import Observed
from features.synthetic import generate, load_scenario
from features.tables.history import History
from tests.exporters.carried import as_history, assert_same, everybody
from tests.exporters.meds import CARRIES, carried, export

pytestmark = pytest.mark.integration

SEEN = [Observed("all", date(2021, 1, 1), date(2024, 12, 31))]


def test_a_synthetic_history_survives_meds(tmp_path: Path) -> None:
    scenario = load_scenario("default")
    generate(tmp_path / "h", people=400, seed=7, years=4, ages="older", scenario=scenario)
    tables = everybody(History.open(tmp_path / "h"))
    report = ingest("meds", export(tables, tmp_path / "meds"), tmp_path / "back", observed=SEEN)
    back = History.open(tmp_path / "back")
    matrix = assert_same(back, as_history(carried(tables), tmp_path, SEEN))
    assert len(matrix.rows) > 100
    assert report.left_out == {"data": {}}
    assert not any(sum(count.rejected.values()) for count in report.tables.values())
    for name in ("stay", "diagnosis", "procedure", "dispensing", "measurement", "visit"):
        assert len(everybody(back)[name]), f"no {name} came back"
        assert name in CARRIES
