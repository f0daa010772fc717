"""Recipes: the shipped ones load, the published schema is current, what is unknown is refused."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from features.catalogue.load import FOLDER
from features.errors import InputError, NotFoundError
from training.recipe import SHIPPED, Recipe, load_recipe, recipe_of, schema_json

pytestmark = pytest.mark.unit

LEAST: dict[str, Any] = {
    "name": "mine",
    "definition": "readmission",
    "seed": 1,
    "split": {"salt": "s"},
    "baselines": [],
}


@pytest.mark.parametrize("name", ["readmission", "complexity"])
def test_a_shipped_recipe_loads_with_its_text(name: str) -> None:
    recipe, text = load_recipe(name)
    assert recipe.name == name
    assert recipe_of(tomllib.loads(text)) == recipe


def test_the_published_schema_is_current() -> None:
    written = (SHIPPED / "recipe.schema.json").read_text(encoding="utf-8")
    assert written == schema_json(), "run: python -m training.recipe"


def test_every_key_says_what_it_means() -> None:
    def described(schema: dict[str, Any]) -> bool:
        return all("description" in value for value in schema["properties"].values())

    whole = Recipe.model_json_schema()
    assert described(whole)
    assert all(described(part) for part in whole["$defs"].values())


@pytest.mark.parametrize(
    ("change", "key", "cure"),
    [
        ({"sede": 1}, "sede", "did you mean seed"),
        ({"split": {"salt": "s", "test_month": [3]}}, "split.test_month", "split.test_months"),
        ({"model": {"lightgbm": {"leaves": 3}}}, "model.lightgbm.leaves", "num_leaves"),
        ({"model": {"rounds": "many"}}, "model.rounds", "change it"),
        ({"split": {"salt": "s", "shares": {"train": 0.9}}}, "split.shares", "add up to 1"),
        ({"mode": "live"}, "mode", "adt"),
        ({"name": "Not A Name"}, "name", "change it"),
        ({"evaluation": {"capacity": [math.inf]}}, "evaluation.capacity.0", "finite"),
        ({"evaluation": {"capacity": [0.1, 1.5]}}, "evaluation.capacity.1", "must be whole"),
        ({"split": {"salt": "s", "test_months": [100_000]}}, "split.test_months.0", "600"),
        ({"gate": {"slope": [1.33, 0.75]}}, "gate.slope", "must not be above"),
        ({"model": {"lightgbm": {"lambda_l2": math.inf}}}, "model.lightgbm.lambda_l2", "finite"),
    ],
)
def test_what_cannot_be_is_refused_with_file_key_and_cure(
    change: dict[str, Any], key: str, cure: str
) -> None:
    with pytest.raises(InputError) as refused:
        recipe_of(LEAST | change, "mine.toml")
    assert refused.value.where == f"mine.toml, key {key}"
    assert cure in refused.value.cure


def test_a_missing_key_is_named() -> None:
    with pytest.raises(InputError, match="key definition"):
        recipe_of({key: value for key, value in LEAST.items() if key != "definition"})


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(NotFoundError, match="complexity, diabetes130, readmission"):
        load_recipe("no-such-recipe")


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(InputError, match="not TOML"):
        load_recipe(broken)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfen\x00")
    with pytest.raises(InputError, match="no text"):
        load_recipe(broken)


def _catalogue_reading(column: str, tmp_path: Path) -> Path:
    entry = f"""
[observed]
stay = ["all"]

[readable]
least_share = 0.5

[[feature]]
name = "planted"
what = "Planted"
measure = "fact"
table = "person"
column = "{column}"
unit = "category"
null = "unknown"
domain = "age_sex"
plain = "Planted {{value}}"
patient = "Planted {{value}}"
"""
    path = tmp_path / "catalogue.toml"
    path.write_text(entry)
    return path


@pytest.mark.parametrize("column", ["ethnicity", "language"])
def test_what_is_for_audit_only_may_not_score(column: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        recipe_of(LEAST).catalogue(_catalogue_reading(column, tmp_path))


def _with_deprivation(tmp_path: Path) -> Path:
    entry = """
[[feature]]
name = "deprivation"
what = "Deprivation of the home area"
measure = "last"
table = "registration"
column = "deprivation"
unit = "score"
null = "not recorded"
domain = "social"
plain = "Deprivation {value}"
patient = "Deprivation {value}"
"""
    path = tmp_path / "catalogue.toml"
    parts = [FOLDER / "head.toml", FOLDER / "coverage.toml"]
    path.write_text("".join(part.read_text(encoding="utf-8") for part in parts) + entry)
    return path


@pytest.mark.parametrize(
    ("features", "scores"),
    [
        ({}, False),
        ({"why_deprivation": "the area pays for it"}, True),
        ({"choose": ["social"], "why_deprivation": "the area pays for it"}, True),
        ({"choose": ["coverage"]}, False),
    ],
)
def test_deprivation_scores_only_where_the_recipe_says_why(
    features: dict[str, Any], scores: bool, tmp_path: Path
) -> None:
    chosen = recipe_of(LEAST | {"features": features}).catalogue(_with_deprivation(tmp_path))
    assert ("deprivation" in chosen) == scores
    assert len(chosen) > 0


def test_deprivation_that_is_chosen_without_a_reason_is_refused(tmp_path: Path) -> None:
    recipe = recipe_of(LEAST | {"features": {"choose": ["social"], "why_deprivation": " "}})
    with pytest.raises(InputError, match="does not say why"):
        recipe.catalogue(_with_deprivation(tmp_path))
