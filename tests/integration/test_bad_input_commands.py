"""Broken Histories, rules, caseloads and recipes through the real commands that read them.

Each is refused with what, where and the cure, exit 2, and leaves nothing behind. A damaged model
and a setting that is missing are tried in a process, as are refusals in `test_command_line.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.tables.manifest import NAME
from models.bundle import Bundle
from tests.command import ROOT, Ran, caseload, caseload_here
from tests.refused import refused
from tests.served import World, world

pytestmark = pytest.mark.integration

SHIPPED = (ROOT / "training" / "recipes" / "readmission.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"))


def names(ran: Ran, *named: str) -> None:
    message = refused(ran)
    assert all(name in message for name in named), message


def told(history: Path, **changed: object) -> None:
    path = history / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def no_manifest(history: Path) -> None:
    (history / NAME).unlink()


def damaged_manifest(history: Path) -> None:
    path = history / NAME
    path.write_bytes(path.read_bytes()[:-100])


def other_contract(history: Path) -> None:
    told(history, contract="0")


def other_tables(history: Path) -> None:
    told(history, tables={})


def missing_bucket(history: Path) -> None:
    (history / "stay" / "bucket=000.parquet").unlink()


def cut_bucket(history: Path) -> None:
    path = history / "stay" / "bucket=000.parquet"
    path.write_bytes(path.read_bytes()[:2000])


def lost_rows(history: Path) -> None:
    path = history / "stay" / "bucket=000.parquet"
    pq.write_table(pq.read_table(path).slice(1), path, store_schema=False)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "no manifest": (no_manifest, "no manifest.json"),
    "damaged manifest": (damaged_manifest, "manifest.json cannot be read"),
    "another contract": (other_contract, "contract 0"),
    "a manifest without tables": (other_tables, "manifest.json cannot be read"),
    "a bucket is missing": (missing_bucket, "bucket 0 is missing"),
    "a bucket is cut off": (cut_bucket, "bucket 0 cannot be read"),
    "rows were taken out": (lost_rows, "bucket 0 has another number of rows"),
}


TELLING = ("another contract", "a bucket is missing", "rows were taken out")
"""One breakage of each kind, for commands that open a History as `train` does."""


def broken(whole: World, folder: Path, case: str) -> tuple[Path, str]:
    """A broken copy of the History, and what has to be said of it."""
    change, said = BROKEN[case]
    history = folder / "h"
    shutil.copytree(whole.history.path, history, ignore=shutil.ignore_patterns("truth"))
    change(history)
    return history, said


def model_of(whole: World, name: str) -> Path:
    return whole.history.path.parent / name


def rules(folder: Path, whole: World) -> Path:
    path = folder / "rules.toml"
    path.write_text(f"model = {json.dumps(str(model_of(whole, 'complexity')))}\n")
    return path


@pytest.mark.parametrize("case", BROKEN)
def test_train_refuses_a_broken_history(whole: World, tmp_path: Path, case: str) -> None:
    history, said = broken(whole, tmp_path, case)
    names(caseload_here("train", "readmission", "--history", history, folder=tmp_path), said, "h")
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


@pytest.mark.parametrize("case", TELLING)
def test_rank_refuses_a_broken_history(whole: World, tmp_path: Path, case: str) -> None:
    history, said = broken(whole, tmp_path, case)
    ran = caseload_here(
        "rank", "--history", history, "--as-of", whole.as_of.date(), "--rules",
        rules(tmp_path, whole), "--out", "list.csv", folder=tmp_path,
    )  # fmt: skip
    names(ran, said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h", "rules.toml"]


@pytest.mark.parametrize("case", TELLING)
def test_evaluate_refuses_a_broken_history(whole: World, tmp_path: Path, case: str) -> None:
    history, said = broken(whole, tmp_path, case)
    model = Bundle.load(model_of(whole, "readmission"))
    replace(model, recipe_text=SHIPPED).save(tmp_path / "m", {})
    ran = caseload_here(
        "evaluate", "m", "--history", history, "--predictions", "p.parquet", folder=tmp_path
    )
    names(ran, said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h", "m"]


@pytest.mark.parametrize("case", TELLING)
def test_explain_refuses_a_broken_history(whole: World, tmp_path: Path, case: str) -> None:
    history, said = broken(whole, tmp_path, case)
    if case == "rows were taken out":
        said = "bucket 0 cannot be read"  # whoever wrote it left no index of people
    person = whole.history.bucket(0, ["person"])["person"]["person_id"][0]
    ran = caseload_here(
        "explain", person, "--model", model_of(whole, "complexity"),
        folder=tmp_path, also={"CASELOAD_HISTORY": str(history)},
    )  # fmt: skip
    names(ran, said)
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


BAD_RULES = {
    "unknown key": ("leastage = 65\n", "leastage"),
    "wrong type": ('least_age = "old"\n', "least_age"),
    "out of range": ("top_share = 1.5\n", "top_share"),
    "no TOML": ("least_age = = 65\n", "TOML"),
}


@pytest.mark.parametrize("case", BAD_RULES)
def test_rank_refuses_bad_rules(whole: World, tmp_path: Path, case: str) -> None:
    text, named = BAD_RULES[case]
    (tmp_path / "rules.toml").write_text(text)
    ran = caseload_here(
        "rank", "--history", whole.history.path, "--as-of", whole.as_of.date(),
        "--rules", "rules.toml", "--out", "list.csv", folder=tmp_path,
    )  # fmt: skip
    names(ran, named, "rules.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["rules.toml"]


HEAD = "nurse_id,role,places,held,practices\n"
BAD_CASELOADS = {
    "missing column": ("nurse_id,practices\nn1,P1\n", "places"),
    "unknown column": ("nurse_id,places,practices,mood\nn1,3,P1,good\n", "mood"),
    "no number": (HEAD + "n1,nurse,many,0,P1\n", "places"),
    "a nurse twice": (HEAD + "n1,nurse,3,0,P1\nn1,nurse,4,0,P2\n", "line 3"),
    "empty": ("", "caseloads.csv"),
}


@pytest.mark.parametrize("case", BAD_CASELOADS)
def test_rank_refuses_bad_caseloads(whole: World, tmp_path: Path, case: str) -> None:
    text, named = BAD_CASELOADS[case]
    (tmp_path / "caseloads.csv").write_text(text)
    ran = caseload_here(
        "rank", "--history", whole.history.path, "--as-of", whole.as_of.date(),
        "--caseloads", "caseloads.csv", "--out", "list.csv", folder=tmp_path,
    )  # fmt: skip
    names(ran, named, "caseloads.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["caseloads.csv"]


BAD_RECIPES = {
    "unknown key": (f'colour = "red"\n{SHIPPED}', "colour"),
    "unknown definition": (
        SHIPPED.replace('definition = "readmission"', 'definition = "happiness"'),
        "happiness",
    ),
    "missing key": ('name = "a"\n', "definition"),
    "no TOML": ("name = \n", "recipe.toml"),
}


@pytest.mark.parametrize("case", BAD_RECIPES)
def test_train_refuses_a_bad_recipe(whole: World, tmp_path: Path, case: str) -> None:
    text, named = BAD_RECIPES[case]
    (tmp_path / "recipe.toml").write_text(text)
    ran = caseload_here("train", "recipe.toml", "--history", whole.history.path, folder=tmp_path)
    names(ran, named)
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


def test_a_damaged_model_is_refused(whole: World, tmp_path: Path) -> None:
    shutil.copytree(model_of(whole, "readmission"), tmp_path / "m")
    text = (tmp_path / "m" / "model.txt").read_text()
    (tmp_path / "m" / "model.txt").write_text(text.replace("leaf_value=", "leaf_value=9", 1))
    ran = caseload("evaluate", "m", "--history", whole.history.path, folder=tmp_path)
    names(ran, "model.txt")


def test_explain_refuses_without_a_history(tmp_path: Path) -> None:
    names(caseload("explain", "p1", folder=tmp_path), "CASELOAD_HISTORY")


def test_a_day_that_is_none_is_refused(whole: World, tmp_path: Path) -> None:
    ran = caseload_here(
        "rank", "--history", whole.history.path, "--as-of", "2025-02-30", "--out", "list.csv",
        folder=tmp_path,
    )  # fmt: skip
    names(ran, "--as-of")
    assert list(tmp_path.iterdir()) == []
