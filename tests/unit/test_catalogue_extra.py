"""Features of one's own: what may be left unsaid, what is made of it, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import Catalogue, load_catalogue, with_extra
from features.catalogue.load import catalogue_of
from features.errors import InputError
from tests.drawn import people
from tests.measured import feature
from training.recipe import Recipe, recipe_of

pytestmark = pytest.mark.unit

SHIPPED = load_catalogue()
PODIATRY = """
[[feature]]
name = "podiatry_visits_{window}d"
what = "Visits to podiatry in the last {window}"
measure = "count"
table = "visit"
where = { specialty = ["podiatry"] }
windows = [90, 365]
"""


def extra(folder: Path, text: str) -> Catalogue:
    (folder / "our.toml").write_text(text, encoding="utf-8")
    return with_extra(SHIPPED, [folder / "our.toml"])


def one(folder: Path, *lines: str) -> Any:
    least = ('name = "f"', 'what = "Something of ours"')
    found = extra(folder, "[[feature]]\n" + "\n".join((*least, *lines)))
    return found["f"]


def test_five_lines_are_a_feature_like_any_other(tmp_path: Path) -> None:
    found = extra(tmp_path, PODIATRY)
    assert found.names == (*SHIPPED.names, "podiatry_visits_90d", "podiatry_visits_365d")
    podiatry = found["podiatry_visits_90d"]
    assert (podiatry.unit, podiatry.null, podiatry.domain) == ("visits", "not observed", "use")
    assert podiatry.say(2.0) == "Visits to podiatry in the last 3 months: 2"
    assert podiatry.say(2.0, patient=True).startswith("Your records say: Visits to podiatry")
    assert podiatry.say(None) == "Visits to podiatry in the last 3 months: not observed"


def test_the_kernel_counts_it(tmp_path: Path) -> None:
    tables = people(
        visit="""
        at          specialty
        2020-05-01  podiatry
        2020-06-01  podiatry
        2020-06-02  eyes
        """
    )
    found = extra(tmp_path, PODIATRY)
    assert feature("podiatry_visits_90d", tables, catalogue=found) == 2.0


@pytest.mark.parametrize(
    ("lines", "unit", "domain"),
    [
        (('measure = "days"', 'table = "stay"', "windows = [30]"), "days", "use"),
        (('measure = "sum"', 'table = "visit"', 'column = "cost"', "windows = [30]"),
         "currency", "cost"),
        (('measure = "last"', 'table = "measurement"', 'column = "value"', "windows = [30]"),
         "as recorded", "measurements"),
        (('measure = "distinct"', 'table = "visit"', 'column = "facility_id"', "windows = [30]"),
         "different values", "use"),
        (('measure = "observed_share"', 'table = "visit"', "windows = [30]"), "share", "use"),
        (('measure = "flag"', 'table = "diagnosis"', 'code_set = "charlson"', 'groups = ["chf"]',
          "windows = [30]"), "flag", "conditions"),
        (('measure = "last"', 'table = "registration"', 'column = "carer"'), "flag", "social"),
        (('measure = "last"', 'table = "registration"', 'column = "residence"'),
         "category", "social"),
    ],
)  # fmt: skip
def test_what_is_unsaid_is_made_of_measure_and_table(
    lines: tuple[str, ...], unit: str, domain: str, tmp_path: Path
) -> None:
    made = one(tmp_path, *lines)
    assert (made.unit, made.domain) == (unit, domain)
    assert made.plain != made.patient
    assert (made.kind == "flag") == bool(made.plain_no)


def test_what_is_said_holds(tmp_path: Path) -> None:
    made = one(
        tmp_path, 'measure = "count"', 'table = "visit"', "windows = [30]", 'unit = "talks"',
        'null = "nobody asked"', 'domain = "social"', 'plain = "{count} talk{s}"',
        'patient = "You had {count} talk{s}"', "modifiable = true",
    )  # fmt: skip
    assert made.say(1.0, patient=True) == "You had 1 talk"
    assert (made.unit, made.null, made.domain) == ("talks", "nobody asked", "social")
    assert made.modifiable


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("[[feature]]\nname = 'age'\nwhat = 'A'\nmeasure = 'fact'\ntable = 'person'\n"
         "column = 'age'", "the catalogue has a feature age already", "our.toml"),
        (PODIATRY.replace("_{window}d", ""), "this name is used twice", "podiatry_visits"),
        (PODIATRY.replace("[90, 365]", "[]"), "windows are missing", "podiatry"),
        (PODIATRY.replace("count", "median"), "unknown measure median", "podiatry"),
        (PODIATRY.replace('what = ', 'waht = '), "unknown key waht", "podiatry"),
        (PODIATRY.replace('measure = "count"', ""), "measure is missing", "podiatry"),
        ("[observed]\nvisit = ['all']\n" + PODIATRY, "extra features: unknown key observed",
         "our.toml"),
        ("", "extra features: there is no [[feature]]", "our.toml"),
        ("feature = 3", "extra features: there is no [[feature]]", "our.toml"),
        ("x =", "extra features: not readable as TOML", "our.toml"),
    ],
)  # fmt: skip
def test_it_is_refused_by_file_and_name(text: str, what: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        extra(tmp_path, text)
    assert refused.value.what == what
    assert where in refused.value.where
    assert refused.value.cure


RECIPE = {"name": "mine", "definition": "readmission", "seed": 1, "split": {"salt": "s"}}


def recipe(**features: Any) -> Recipe:
    return recipe_of({**RECIPE, "baselines": [], "features": features})


def test_a_recipe_finds_them_beside_itself_and_they_take_part(tmp_path: Path) -> None:
    extra(tmp_path, PODIATRY)
    found = recipe(extra=["our.toml"], choose=["age_sex"]).catalogue(folder=tmp_path)
    assert found.names == ("age", "sex", "podiatry_visits_90d", "podiatry_visits_365d")
    every = recipe(extra=["our.toml"]).catalogue(folder=tmp_path)
    assert {"podiatry_visits_90d", "age"} <= set(every.names)
    fewer = recipe(extra=["our.toml"], choose=["age"], without=["podiatry_visits"])
    assert fewer.catalogue(folder=tmp_path).names == ("age",)
    with pytest.raises(InputError, match="no such file"):
        recipe(extra=["their.toml"]).catalogue(folder=tmp_path)


def test_a_saved_model_keeps_them_in_full(tmp_path: Path) -> None:
    """The catalogue of a bundle states all, so that serving needs no file but it."""
    found = extra(tmp_path, PODIATRY).select(["podiatry_visits"])
    assert catalogue_of(tomllib.loads(found.to_toml())) == found


def test_they_may_not_score_what_is_for_audit(tmp_path: Path) -> None:
    (tmp_path / "our.toml").write_text(
        "[[feature]]\nname = 'poor'\nwhat = 'Deprivation'\nmeasure = 'last'\n"
        "table = 'registration'\ncolumn = 'deprivation'\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="does not say why"):
        recipe(extra=["our.toml"], choose=["age"]).catalogue(folder=tmp_path)
