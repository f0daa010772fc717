"""rank, explain and settings as commands: what they answer, what they say, what they refuse."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from serving.access import COMMAND_LINE
from serving.commands import (
    explain_command,
    explain_text,
    rank_command,
    rank_text,
    settings_command,
    settings_text,
)
from serving.worklist.store import Store
from tests.served import World, world

pytestmark = pytest.mark.integration


def quiet(_message: str, _share: float | None = None) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def here(place: Path) -> Iterator[World]:
    """A world whose rules name a bundle folder, so that no registry is needed."""
    made = world(place)
    (place / "rules.toml").write_text(f'model = "{place / "complexity"}"\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CASELOAD_STORE_URL", f"sqlite:///{place}/store.db")
        patch.setenv("CASELOAD_HISTORY", str(place / "history"))
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place}/none.db")
        yield made


def rank(place: Path, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "history": place / "history", "as_of": "2025-01-01", "caseloads": None,
        "rules": place / "rules.toml", "out": place / "list.csv", "progress": quiet,
    }  # fmt: skip
    return rank_command(**told | changes)


def test_rank_answers_by_the_contract_writes_the_file_and_stores_the_list(
    here: World, place: Path
) -> None:
    answer = rank(place)
    assert list(answer) == [
        "as_of", "models", "scored", "eligible", "cut", "places", "invited", "overfill_chance",
        "list",
    ]  # fmt: skip
    assert json.loads(json.dumps(answer)) == answer
    assert answer["models"] == {"complexity": here.models["complexity"].version}
    with (place / "list.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    store = Store(f"sqlite:///{place}/store.db")
    page = store.latest(COMMAND_LINE, limit=500)
    store.close()
    assert [entry.person_id for entry in page.entries] == [row["person_id"] for row in rows]
    assert sum(row["action"] == "invite" for row in rows) == answer["invited"]
    for said in (f"{answer['invited']} to invite now", f"{answer['eligible']} eligible"):
        assert said in rank_text(answer)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"as_of": "2025-13-01"}, "--as-of"),
        ({"as_of": "yesterday"}, "YYYY-MM-DD"),
        ({"as_of": "2001-01-01"}, "does not speak of that day"),
        ({"as_of": "2031-01-01"}, "does not speak of that day"),
        ({"out": Path("list.pdf")}, "--out"),
        ({"history": Path("nowhere")}, "no History"),
        ({"rules": Path("nowhere.toml")}, "nowhere.toml"),
        ({"rules": None}, "no model registry"),
        ({"caseloads": Path("nowhere.csv")}, "nowhere.csv"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    here: World, place: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    out = tmp_path / "list.csv"
    before = sorted(place.rglob("*"))
    with pytest.raises(InputError, match=said):
        rank(place, **{"out": out} | changes)
    assert not out.exists()
    assert sorted(place.rglob("*")) == before


def test_a_list_that_cannot_be_written_is_not_stored(here: World, place: Path) -> None:
    rank(place)
    store = Store(f"sqlite:///{place}/store.db")
    before = store.latest(COMMAND_LINE, limit=1)
    with pytest.raises(InputError, match="cannot be written"):
        rank(place, as_of="2024-12-01", out=place / "rules.toml" / "list.csv")
    assert store.latest(COMMAND_LINE, limit=1) == before
    store.close()


def test_explain_gives_the_risk_of_the_list_with_its_reasons(here: World, place: Path) -> None:
    rank(place)
    with (place / "list.csv").open(newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    model = str(place / "complexity")
    answer = explain_command(person=first["person_id"], model=model, progress=quiet)
    result = answer["results"][0]  # type: ignore[index]
    assert (answer["as_of"], str(result["risk"])) == ("2025-01-01", first["risk"])
    words = explain_text(answer)
    for said in (first["reason_1"], first["model_version"], "2025-01-01", "100% of its inputs"):
        assert said in words


def test_explain_says_when_there_is_nothing_to_score(here: World, place: Path) -> None:
    readmission, person = str(place / "readmission"), here.history.bucket(0)["person"]
    living = [row["person_id"] for row in person.to_pylist() if row["death_date"] is None]
    told = (explain_command(person=p, model=readmission, progress=quiet) for p in living)
    answer = next(t for t in told if t["results"][0]["index_at"] is None)  # type: ignore[index]
    assert "That is not a low risk" in explain_text(answer)
    assert "nothing to score without an acute discharge known in the last 30 days" in (
        explain_text(answer)
    )
    assert "inputs" not in explain_text(answer), "none was read, and none was unreadable"


def test_explain_needs_a_history_and_a_person(
    here: World, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="nobody here has that id"):
        explain_command(person="nobody", model=str(place / "complexity"), progress=quiet)
    monkeypatch.delenv("CASELOAD_HISTORY")
    with pytest.raises(InputError, match="CASELOAD_HISTORY"):
        explain_command(person="x", model="complexity@champion", progress=quiet)


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELOAD_STORE_URL", "postgresql+psycopg://me:hidden@host/db")
    answer = settings_command(progress=quiet)
    assert answer["CASELOAD_STORE_URL"] == "postgresql+psycopg://***@host/db"
    assert "CASELOAD_STORE_URL=postgresql+psycopg://***@host/db" in settings_text(answer)
