"""Every published score that a readmission can be asked of, in a training run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from models.points import SCORES
from tests import trained as made
from training.answer import answer_of

pytestmark = pytest.mark.integration

NAMES = tuple(name for name in SCORES if name != "last_year")


def english(name: str, rows: pa.Table) -> pa.Table:
    """Deprivation told by the English index."""
    if name != "registration":
        return rows
    place = rows.column_names.index("deprivation_scheme")
    told = pa.array(["IMD 2019"] * len(rows), pa.string())
    return rows.set_column(place, rows.schema.field(place), told)


def asked(folder: Path, mode: str) -> Path:
    path = folder / "scores.toml"
    names = "[" + ", ".join(f'"{name}"' for name in NAMES) + "]"
    path.write_text(made.recipe_text("readmission", baselines=names, mode=f'"{mode}"'))
    return path


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return made.population(tmp_path_factory.mktemp("scores") / "history")


def test_every_score_is_computed_where_its_inputs_are(history: Any, tmp_path: Path) -> None:
    told = made.rewritten(history, tmp_path / "told", change=english)
    run = made.trained(asked(tmp_path, "claims"), told)
    beside = answer_of(run)["baselines"]
    assert set(beside) == set(NAMES)
    assert not run.baselines.not_computable
    for name, found in beside.items():
        assert 0.45 < found["metrics"]["auroc"]["value"] < 0.95, name
    assert not [name for name in run.bundle.catalogue.names if "deprivation" in name]


def test_a_score_without_its_inputs_names_them(history: Any, tmp_path: Path) -> None:
    """At the discharge no procedure is coded yet, and this deprivation is no English one."""
    run = made.trained(asked(tmp_path, "adt"), history)
    assert run.baselines.not_computable == {
        "hospital": ("procedure_in_stay",),
        "hospital_2013": ("procedure_in_stay",),
        "parr30": ("deprivation_imd",),
    }
