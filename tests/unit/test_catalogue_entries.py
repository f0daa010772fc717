"""The catalogue: what it refuses, what it says in words, and that its text loads back."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import Feature, load_catalogue
from features.catalogue.load import SHIPPED, catalogue_of
from features.errors import InputError

pytestmark = pytest.mark.unit

CATALOGUE = load_catalogue()
COUNT = {
    "name": "visits_{window}d", "what": "Visits in {window}", "measure": "count", "table": "visit",
    "windows": [30], "unit": "visits", "null": "not observed", "domain": "use",
    "plain": "{count} visit{s}", "patient": "You had {count} visit{s}",
}  # fmt: skip
FLAG = {
    **COUNT, "name": "charlson_{group}", "measure": "flag", "table": "diagnosis", "kind": "flag",
    "code_set": "charlson", "groups": ["chf"], "plain_no": "no", "patient_no": "no",
}  # fmt: skip
INDEX = {**COUNT, "measure": "index", "table": "diagnosis", "code_set": "charlson"}
RANGE = {
    **COUNT, "measure": "out_of_range", "table": "measurement", "column": "value",
    "range": {"low": 1},
}  # fmt: skip
HEAD: dict[str, Any] = {
    "observed": {"visit": ["all"]}, "readable": {"least_share": 0.5}, "spells": {"rule": "dates"},
}  # fmt: skip


LEAST = 300
"""Features that the shipped catalogue holds at least."""


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


@pytest.mark.parametrize(
    ("entry", "what", "cure"),
    [
        (without(COUNT, "unit"), "unit is missing", "state unit"),
        ({**COUNT, "windw": [3]}, "unknown key windw", "use one of name"),
        ({**COUNT, "measure": "median"}, "unknown measure median", "count"),
        ({**COUNT, "table": "visits"}, "unknown table for count visits", "visit"),
        ({**COUNT, "table": 3}, "table is of the wrong type", "shipped"),
        ({**COUNT, "column": "cost"}, "count cannot measure column cost", "leave it out"),
        ({**COUNT, "measure": "sum"}, "sum cannot measure column (none)", "cost"),
        ({**COUNT, "table": ["visit", "stay"]}, "only sums span several tables", "one table"),
        ({**COUNT, "windows": []}, "windows are missing", "days"),
        ({**COUNT, "windows": [0]}, "a window is no number of days", "1 to 36500"),
        ({**COUNT, "windows": [1.5]}, "a window is no number of days", "whole days"),
        ({**COUNT, "where": {"cost": ["1"]}}, "unknown filter of visit cost", "setting"),
        ({**COUNT, "where": {"setting": ["ward"]}}, "unknown value of setting ward", "outpatient"),
        ({**COUNT, "where": {"setting": []}}, "filter setting names no values", "list"),
        ({**COUNT, "windows": [[30, 30]]}, "a window is no number of days", "[from, to]"),
        ({**COUNT, "windows": [[30, 60]]}, "a window is no number of days", "[from, to]"),
        ({**COUNT, "table": "stay", "where": {"drg": ["1"]}}, "unknown filter of stay drg", "sett"),
        ({**COUNT, "code_set": "charlson"}, "visit has no codes to group", "leave code_set out"),
        ({**COUNT, "within": 30}, "only counts of spells ask for returns", "leave within out"),
        ({**COUNT, "table": "spell", "within": -1}, "within is no number of days", "from 0"),
        ({**COUNT, "earlier": 90}, "what is new needs earlier days, and nothing else does", "see"),
        ({**FLAG, "measure": "new"},
         "what is new needs earlier days, and nothing else does", "see"),
        ({**COUNT, "range": {"low": 1}}, "a range belongs to out_of_range", "state range"),
        ({**RANGE, "range": {"top": 1}}, "unknown end of a range top", "low, high"),
        ({**RANGE, "range": {"low": "1"}}, "low is no number", "give a number"),
        ({**RANGE, "range": {"low": 2, "high": 1}}, "a range without room", "low first"),
        ({**RANGE, "range": {}}, "a range without room", "low first"),
        ({**COUNT, "measure": "any"}, "any answers yes or no", "flag"),
        ({**COUNT, "anchor": "spell"}, "no window applies here", "leave windows out"),
        ({**without(COUNT, "windows"), "measure": "switches", "column": "provider_id",
          "anchor": "spell"}, "switches is no measure of the index spell", "count"),
        ({**FLAG, "code_set": "icd"}, "unknown code set icd", "elixhauser"),
        (without(FLAG, "code_set"), "code_set is missing", "charlson"),
        (without(FLAG, "groups"), "groups are missing", "all"),
        ({**FLAG, "groups": ["flu"]}, "unknown group flu", "chf"),
        ({**FLAG, "where": {"code": ["I500"]}}, "a filter beside a code set", "choose"),
        (INDEX, "a scheme of weights belongs to an index", "state scheme"),
        ({**INDEX, "scheme": "mine"}, "unknown scheme mine", "charlson_1987"),
        ({**FLAG, "scheme": "charlson_1987"}, "a scheme of weights belongs to an index", "scheme"),
        (without(FLAG, "plain_no"), "plain_no and patient_no belong to a flag", "both"),
        ({**COUNT, "domain": "weather"}, "unknown domain weather", "conditions"),
        ({**COUNT, "kind": "category"}, "this is no category", "kind"),
        ({**COUNT, "sensitive": "wealth"}, "unknown sensitive kind wealth", "hiv"),
        ({**COUNT, "anchor": "admission"},
         "only counts of stays and spells end at the admission", "leave"),
        ({**COUNT, "table": "stay", "anchor": "birth"}, "unknown anchor birth", "admission"),
        ({**COUNT, "plain": "{name}"}, "unknown placeholder name", "value"),
        ({**COUNT, "windows": [30, 30]}, "this name is used twice", "its name"),
    ],
)  # fmt: skip
def test_bad_entries_are_refused_with_place_and_cure(
    entry: dict[str, Any], what: str, cure: str
) -> None:
    with pytest.raises(InputError) as refused:
        catalogue_of({**HEAD, "feature": [entry]}, "mine.toml")
    assert refused.value.what == what
    assert refused.value.where.startswith("mine.toml, feature ")
    assert cure in refused.value.cure


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ({"observed": {"visits": ["all"]}}, "unknown table visits"),
        ({"observed": {"visit": ["some"]}}, "unknown kind of coverage some"),
        ({"observed": {"stay:ward": ["all"]}}, "unknown setting ward"),
        ({"observed": {"stay+ward": ["all"]}}, "unknown table ward"),
        ({"readable": {"least_share": 2}}, "least_share is no share"),
        ({"readable": {"most": 1}}, "unknown key most"),
        ({"spells": {"rule": "guess"}}, "unknown rule guess"),
        ({"extra": {}}, "unknown key extra"),
    ],
)
def test_bad_heads_are_refused(head: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as refused:
        catalogue_of({**HEAD, **head, "feature": [COUNT]})
    assert refused.value.what == what


def test_a_head_that_is_missing_is_refused() -> None:
    with pytest.raises(InputError, match="spells is missing"):
        catalogue_of({**without(HEAD, "spells"), "feature": [COUNT]})


@pytest.mark.parametrize("text", ["x =", "\xff"])
def test_a_file_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="not readable as TOML"):
        load_catalogue(path)
    with pytest.raises(InputError, match="no such catalogue"):
        load_catalogue(tmp_path / "none.toml")


def test_the_shipped_catalogue_names_no_feature_or_family_twice() -> None:
    entries = tomllib.loads("\n".join(p.read_text(encoding="utf-8") for p in SHIPPED))["feature"]
    assert len(entries) == len(CATALOGUE.families)
    assert len(CATALOGUE) == len(set(CATALOGUE.names)) >= LEAST


def test_it_looks_back_from_a_month_to_two_years() -> None:
    windows = {feature.window for feature in CATALOGUE if feature.window is not None}
    assert (min(windows), max(windows)) == (30, 730)


def test_its_text_loads_back(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    for catalogue in (CATALOGUE, CATALOGUE.select(["conditions"]).joined_by("evidence")):
        path.write_text(catalogue.to_toml(), encoding="utf-8")
        again = load_catalogue(path)
        assert again == catalogue
        assert again.digest == catalogue.digest
    assert CATALOGUE.joined_by("evidence").digest != CATALOGUE.digest


def test_choosing_by_name_family_and_domain() -> None:
    chosen = CATALOGUE.select(["age", "admissions", "age_sex"], without=["admissions_90d"])
    assert chosen.names == ("age", "sex", "admissions_365d", "admissions_730d")
    assert "admissions_90d" not in chosen
    with pytest.raises(InputError, match="called wether"):
        CATALOGUE.select(["wether"])
    with pytest.raises(InputError, match="no feature is chosen"):
        CATALOGUE.select(["age"], without=["age_sex"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("admissions_365d", 0.0, "No earlier admissions in the last 12 months"),
        ("admissions_365d", 1.0, "1 earlier admission in the last 12 months"),
        ("admissions_365d", 3.0, "3 earlier admissions in the last 12 months"),
        ("cost_365d", 12345.6, "Known costs of 12,346 in the last 12 months"),
        ("observed_share_365d", 0.5, "Use could be observed for 50% of the last 12 months"),
        ("residence", 2.0, "Lives: care home"),
        ("residence", "alone_at_home", "Lives: alone at home"),
        ("carer", 0.0, "Has no informal carer"),
        ("carer", None, "Informal carer: not recorded"),
        ("sodium_last_365d", 131.5, "Last sodium 131.5 mmol/L"),
        ("age", float("nan"), "Age: birth date unknown"),
    ],
)
def test_words_hold_the_persons_own_value(name: str, value: Any, words: str) -> None:
    assert CATALOGUE[name].say(value) == words


def test_every_feature_has_words_for_patients_too() -> None:
    for feature in CATALOGUE:
        for value in (0.0, 1.0, None):
            for patient in (False, True):
                assert "{" not in feature.say(value, patient=patient)


def test_conditions_that_need_care_in_print_are_marked() -> None:
    sensitive = {f.name: f.sensitive for f in CATALOGUE if f.sensitive}
    assert sensitive["charlson_aids_730d"] == "hiv"
    assert sensitive["elixhauser_drug_730d"] == "substance use"
    assert sensitive["elixhauser_psycho_730d"] == "psychosis"
    assert sensitive["medicine_antiretroviral_180d"] == "hiv"


def test_no_two_features_are_of_the_same_measurement() -> None:
    words = {"name", "family", "what", "unit", "null", "domain", "modifiable", "sensitive",
             "plain", "plain_no", "patient", "patient_no", "label"}  # fmt: skip
    measured = [f.name for f in fields(Feature) if f.name not in words]
    found = Counter(tuple(getattr(feature, name) for name in measured) for feature in CATALOGUE)
    assert found.most_common(1)[0][1] == 1


@pytest.mark.parametrize("patient", [False, True])
def test_two_numbers_are_never_told_in_the_same_words(patient: bool) -> None:
    """Side by side, 3 and 2 points of what sounds the same would contradict each other."""
    said = Counter(f.say(7.0, patient=patient) for f in CATALOGUE if f.kind == "number")
    assert [words for words, times in said.items() if times > 1] == []


@pytest.mark.parametrize("patient", [False, True])
def test_none_of_something_reads_as_words(patient: bool) -> None:
    """Of "no" the next word is what there is none of."""
    said = [f.say(0.0, patient=patient) for f in CATALOGUE if f.kind == "number"]
    assert [text for text in said if re.search(r"\bno (supplied|in|of|new in)\b", text)] == []


def test_catalogues_that_say_the_same_are_equal() -> None:
    """By their text alone: two of hundreds of features are told alike without reading either."""
    shipped = load_catalogue()
    again = catalogue_of(tomllib.loads(shipped.to_toml()))
    assert again == shipped
    assert hash(again) == hash(shipped)
    assert shipped.select(["age"]) != shipped
    sex = shipped.select(["sex"])
    other = replace(sex, features=(replace(sex["sex"], categories=("a", "b")),))
    assert other.to_toml() == sex.to_toml()
    assert other != sex
    assert shipped != shipped.names
