"""One entry as several features: over filter values, groups with their own words, and windows."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from features.catalogue import Catalogue
from features.catalogue.load import catalogue_of
from features.errors import InputError

pytestmark = pytest.mark.unit

HEAD = """
observed = {}
readable = { least_share = 0.5 }
spells = { rule = "dates" }
"""
WORDS = """
unit = "flag"
kind = "flag"
null = "not observed"
domain = "conditions"
plain = "{label}"
plain_no = "Not {label}"
patient = "You had {label}"
patient_no = "You had no {label}"
"""
EACH = f"""
[[feature]]
name = "admitted_for_{{group}}_{{window}}d"
what = "Admitted for {{label}} in the last {{window}}"
measure = "any"
table = "spell"
where = {{ urgency = ["unplanned"] }}
windows = [365, [730, 365]]
modifiable = ["copd"]
sensitive = {{ heart = "hiv" }}
{WORDS}
[feature.each.sensitive]
copd = ["uk19:copd", "uk19:asthma"]
heart = ["uk19:heart_failure"]

[feature.labels]
copd = "trouble with breathing"
"""
LABELLED = f"""
[[feature]]
name = "sign_{{group}}_{{window}}d"
what = "{{label}} ({{group}})"
measure = "flag"
table = "diagnosis"
code_set = "hfrs"
groups = ["F05", "W19"]
windows = [730]
modifiable = ["W19"]
labels = {{ F05 = "Delirium" }}
{WORDS}
"""


def read(text: str, **change: Any) -> Catalogue:
    raw = tomllib.loads(HEAD + text)
    raw["feature"][0] |= change
    return catalogue_of(raw)


def test_each_list_of_values_is_a_feature_in_every_window() -> None:
    found = read(EACH)
    assert found.names == (
        "admitted_for_copd_365d", "admitted_for_heart_365d",
        "admitted_for_copd_730_365d", "admitted_for_heart_730_365d",
    )  # fmt: skip
    first = found["admitted_for_copd_365d"]
    assert first.where == (
        ("urgency", ("unplanned",)), ("sensitive", ("uk19:copd", "uk19:asthma")),
    )  # fmt: skip
    assert first.what == "Admitted for trouble with breathing in the last 12 months"
    assert (first.modifiable, first.sensitive, first.group) == (True, "", "")


def test_a_key_without_words_is_its_own_and_rules_hold_by_key() -> None:
    heart = read(EACH)["admitted_for_heart_730_365d"]
    assert heart.what == "Admitted for heart in the last 12 months to 2 years ago"
    assert (heart.modifiable, heart.sensitive) == (False, "hiv")


def test_a_group_may_have_words_of_its_own() -> None:
    found = read(LABELLED)
    delirium, fall = found["sign_F05_730d"], found["sign_W19_730d"]
    assert (delirium.what, delirium.label) == ("Delirium (F05)", "Delirium")
    assert not delirium.modifiable
    assert (fall.what, fall.label, fall.modifiable) == ("W19 (W19)", "W19", True)


@pytest.mark.parametrize("text", [EACH, LABELLED])
def test_what_was_expanded_loads_back_from_its_text(text: str) -> None:
    found = read(text)
    assert catalogue_of(tomllib.loads(found.to_toml())) == found


@pytest.mark.parametrize(
    ("text", "change", "what"),
    [
        (EACH, {"each": {}}, "each names no values of one filter"),
        (EACH, {"each": {"sensitive": {}}}, "each names no values of one filter"),
        (EACH, {"each": {"sensitive": {"x": []}}}, "filter sensitive names no values"),
        (EACH, {"each": {"sensitive": {"x": ["uk19:x"]}}}, "unknown value of sensitive uk19:x"),
        (EACH, {"each": {"ward": {"x": ["1"]}}}, "unknown filter of spell ward"),
        (EACH, {"each": {"sensitive": ["uk19"]}}, "each names no values of one filter"),
        (EACH, {"labels": {"heat": "x"}}, "unknown group heat"),
        (EACH, {"modifiable": ["heat"]}, "unknown group heat"),
        (LABELLED, {"labels": {"F5": "x"}}, "unknown group F5"),
        (LABELLED, {"each": {"position": {"x": ["principal"]}}},
         "each names no values of one filter"),
    ],
)  # fmt: skip
def test_what_names_nothing_is_refused(text: str, change: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text, **change)
    assert refused.value.what == what


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("visits", 2.0, "2 more than before"),
        ("visits", -1.0, "1 fewer than before"),
        ("visits", 0.0, "no more and no fewer than before"),
        ("currency", -1234.5, "1,234 less than before"),
        ("currency", 0.0, "no more and no less than before"),
    ],
)
def test_a_change_is_said_as_more_or_fewer(unit: str, value: float, text: str) -> None:
    entry = {
        "name": "f", "what": "F", "measure": "count_change", "table": "visit", "windows": [30],
        "unit": unit, "null": "not observed", "domain": "use",
        "plain": "Visits: {change} than before",
        "patient": "Yours: {change}",
    }  # fmt: skip
    found = catalogue_of({**tomllib.loads(HEAD), "feature": [entry]})
    assert found["f"].say(value) == f"Visits: {text}"
