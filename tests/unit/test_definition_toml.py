"""Definitions: what they refuse, and that their text loads back."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.definition import FOLDER, definition_of, load_definition
from features.errors import InputError

pytestmark = pytest.mark.unit

SHIPPED = {
    name: (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    for name in ("readmission", "complexity")
}


@pytest.mark.parametrize(
    ("name", "label", "every"),
    [("readmission", None, None), ("complexity", None, None), ("complexity", "cost", 1)],
)
def test_the_text_loads_back(name: str, label: str | None, every: int | None) -> None:
    definition = load_definition(name, label=label, every_months=every)
    assert definition_of(definition.to_toml()) == definition


@pytest.mark.parametrize(
    ("name", "line", "instead", "what"),
    [
        ("readmission", "least_age = 18", "least_ages = 18", "the key least_ages is not known"),
        ("readmission", "least_age = 18", 'least_age = "18"',
         "the value of least_age is of the wrong type"),
        ("readmission", "first_day = 0", "first_day = 31",
         "the value does not fit the rest of the definition"),
        ("readmission", "first_day = 0", "", "first_day is missing"),
        ("readmission", 'look_at = "first"', 'look_at = "last"', "'last' is not known"),
        ("readmission", '"day_case"]', '"day_cases"]', "'day_cases' is not known"),
        ("readmission", 'kind = "readmission"', 'kind = "need"',
         "the value does not fit the rest of the definition"),
        ("readmission", "look_back_share = 0.9", "look_back_share = 9",
         "the value does not fit the rest of the definition"),
        ("complexity", "every_months = 12", "every_months = 0",
         "the value does not fit the rest of the definition"),
        ("complexity", "high_percentile = 75", "",
         "the value does not fit the rest of the definition"),
        ("complexity", 'spells = "dates"', 'spells = "guess"', "'guess' is not known"),
        ("complexity", "[index]", "[index", "the text is no TOML"),
    ],
)  # fmt: skip
def test_bad_definitions_are_refused(name: str, line: str, instead: str, what: str) -> None:
    assert line in SHIPPED[name]
    with pytest.raises(InputError) as refused:
        definition_of(SHIPPED[name].replace(line, instead, 1), "mine.toml")
    assert refused.value.what == what
    assert refused.value.where.startswith("mine.toml")


def test_a_near_key_is_named() -> None:
    with pytest.raises(InputError, match="did you mean least_age"):
        definition_of(SHIPPED["readmission"].replace("least_age", "least_aeg"))


def test_a_section_that_is_no_section_is_refused() -> None:
    with pytest.raises(InputError, match="no table of keys"):
        definition_of('name = "a"\nquestion = "b"\nindex = 3\n')


def test_labels_belong_to_complexity() -> None:
    assert load_definition("complexity", label="bed_days").label == "bed_days"
    for name, label in (("readmission", "cost"), ("complexity", "readmission")):
        with pytest.raises(InputError, match="is no label"):
            load_definition(name, label=label)


def test_a_file_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="complexity, readmission"):
        load_definition("frailty")
    path = tmp_path / "own.toml"
    path.write_text(SHIPPED["readmission"], encoding="utf-8")
    assert load_definition(path) == load_definition("readmission")
