"""What a History never records says nothing: procedures of stays, and who reads their absence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.definition import load_definition
from features.matrix import build
from features.tables.history import History
from tests.trained import Change, population, rewritten
from training.question import ask

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return population(tmp_path_factory.mktemp("recorded") / "history", people=300)


def in_system(system: str | None) -> Change:
    """Every procedure in another code system, or none at all."""

    def change(name: str, rows: pa.Table) -> pa.Table:
        if name != "procedure":
            return rows
        place = rows.column_names.index("code_system")
        told = pa.array([system] * len(rows), pa.string())
        return (
            rows.set_column(place, rows.schema.field(place), told) if system else rows.slice(0, 0)
        )

    return change


@pytest.mark.parametrize(
    ("system", "silent", "seen"),
    [
        ("ICD-10-PCS", True, True),
        ("OPCS-4", False, True),
        ("SNOMED", False, False),
        (None, False, False),
    ],
)
def test_silence_counts_where_procedures_of_stays_are_recorded(
    history: History, tmp_path: Path, system: str | None, silent: bool, seen: bool
) -> None:
    """Urgency by silence needs ICD procedures; "no procedure" needs those or OPCS-4."""
    told = rewritten(history, tmp_path / "told", change=in_system(system))
    question = ask("readmission").about(told)
    for catalogue in (question.catalogue, question.wide):
        assert ("no_procedure" in catalogue.urgency) == silent
        assert bool(catalogue.observed["procedure"]) == seen
    assert ("no_procedure" in question.definition.urgency) == silent
    asks = load_definition("readmission"), load_catalogue().select(["procedure_in_stay"])
    matrix, _ = build(told, *asks, mode="claims", with_labels=False)
    done = matrix.column("procedure_in_stay")
    assert len(done) > 50
    assert np.isin(0, done) == seen
