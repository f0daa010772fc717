"""Scenario files: what is shipped loads and says what it is for; what is wrong is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from features.errors import InputError
from features.synthetic import Scenario, load_scenario, shipped
from features.synthetic.scenario import ABOVE_ZERO, FOLDER, SHARES

pytestmark = pytest.mark.unit

WRONG = {
    "an unknown section": ("[programe]\neffect = 0.1\n", "[programe]", "programme"),
    "an unknown key": ("[programme]\nefect = 0.1\n", "programme.efect", "effect"),
    "a key without a section": ("effect = 0.1\n", "[effect]", "programme"),
    "a word for a number": ('[programme]\neffect = "large"\n', "programme.effect", "number"),
    "a flag for a number": ("[programme]\neffect = true\n", "programme.effect", "number"),
    "a number that is none": ("[programme]\neffect = nan\n", "programme.effect", "number"),
    "an infinite number": ("[programme]\neffect = inf\n", "programme.effect", "number"),
    "a share above 1": ("[programme]\nacceptance = 1.5\n", "programme.acceptance", "from 0 to 1"),
    "a time of no length": ("[aftermath]\ndays = 0\n", "aftermath.days", "above 0"),
    "a spread below 0": ("[money]\nstay_spread = -1\n", "money.stay_spread", "0 or more"),
    "what is no TOML": ("[programme\n", "cannot be read as TOML", "default.toml"),
}


def numbers(name: str) -> dict[str, dict[str, float]]:
    return {section: dict(keys) for section, keys in load_scenario(name).sections.items()}


def changed(name: str) -> dict[str, float]:
    """What a shipped scenario says differently from the default."""
    default = numbers("default")
    return {
        f"{section}.{key}": value
        for section, keys in numbers(name).items()
        for key, value in keys.items()
        if value != default[section][key]
    }


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_scenario_is_refused_with_what_where_and_cure(tmp_path: Path, text: str) -> None:
    written, what, cure = WRONG[text]
    path = tmp_path / "mine.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_scenario(path)
    assert what in refused.value.what
    assert refused.value.where == str(path)
    assert cure in refused.value.cure


def test_a_scenario_that_is_not_there_is_refused_naming_those_that_are() -> None:
    with pytest.raises(InputError) as refused:
        load_scenario("no-such-scenario")
    assert all(name in refused.value.cure for name in shipped())


def test_the_shipped_scenarios_are_the_five_of_the_documentation() -> None:
    assert shipped() == ("default", "drift", "equal-access", "null-effect", "planted-15")


def test_a_file_changes_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[money]\nvisit = 99\n", encoding="utf-8")
    mine = load_scenario(path)
    expected = numbers("default")
    expected["money"]["visit"] = 99.0
    assert mine == Scenario("mine", expected)


def test_the_keys_with_a_range_are_keys_of_the_default() -> None:
    known = {f"{s}.{key}" for s, keys in numbers("default").items() for key in keys}
    assert known >= SHARES
    assert known >= ABOVE_ZERO


def test_every_number_of_the_default_is_read_as_it_stands_in_the_file() -> None:
    written = tomllib.loads((FOLDER / "default.toml").read_text(encoding="utf-8"))
    assert numbers("default") == written


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("null-effect", {"programme.effect": 0.0}),
        (
            "planted-15",
            {
                "programme.effect": 0.15,
                "programme.effect_width": 1000.0,
                "programme.effect_spread": 0.0,
            },
        ),
        (
            "equal-access",
            {
                "access.group": 1.0,
                "access.deprived": 1.0,
                "access.planned": 1.0,
                "access.treatment": 1.0,
            },
        ),
        ("drift", {"drift.years": 2.0, "drift.unplanned": -0.25, "drift.coding": 1.5}),
    ],
)
def test_a_shipped_scenario_changes_this_and_nothing_else(
    name: str, expected: dict[str, float]
) -> None:
    assert changed(name) == expected
