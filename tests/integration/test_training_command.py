"""The commands as run by hand: one JSON object, no call beyond loopback, several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import trained as made
from tests.command import caseload

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command")
    made.population(folder / "history")
    return folder


def test_two_trainings_at_once_share_one_registry(place: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(
            pool.map(
                lambda _: caseload(
                    "train", "readmission", "--history", "history", "--json", folder=place
                ),
                range(2),
            )
        )
    assert [run.status for run in runs] == [0, 0], runs[0].err + runs[1].err
    assert sorted(str(run.answer["version"]) for run in runs) == ["1", "2"]
    assert sorted(str(run.answer["alias"]) for run in runs) == ["challenger", "champion"]
    assert runs[0].answer["digest"] == runs[1].answer["digest"]
    assert "Warning" not in runs[0].err + runs[1].err
    assert "features" in runs[0].err


def test_an_unknown_key_of_a_recipe_is_refused_with_the_nearest(place: Path) -> None:
    text = made.recipe_text("readmission").replace("patience =", "patiense =")
    (place / "mine.toml").write_text(text)
    ran = caseload("train", "mine.toml", "--history", "history", folder=place)
    assert ran.status == 2
    assert "model.patiense" in ran.err
    assert "did you mean model.patience" in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_evaluate_without_a_registry_says_how_to_get_one(tmp_path: Path) -> None:
    ran = caseload("evaluate", "readmission@champion", "--history", "h", folder=tmp_path)
    assert ran.status == 2
    assert "caseload train" in ran.err
    assert list(tmp_path.iterdir()) == []
