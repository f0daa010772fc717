"""The files a programme gives, rules.toml and caseloads.csv: what is wrong in them, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import InputError
from serving.caseloads import Standing, caseloads_of, load_caseloads, one_nurse_each
from serving.rules import Rules, load_rules

pytestmark = pytest.mark.unit

HEAD = "nurse_id,role,places,held,practices,localities,languages,acceptance\n"
STANDING = Standing(
    held={("north", "n1"): 3, ("south", "n1"): 2, ("north", ""): 1}, open={("north", "n1"): 4}
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "given"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_rules_are_guided_cares() -> None:
    rules = load_rules(None)
    assert (rules.least_age, rules.top_share, rules.acceptance) == (65, 0.25, 0.378)


def test_rules_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'least_age = 70\ntop_share = 1\ninvites = "expected"\n')
    assert load_rules(path) == Rules(least_age=70, top_share=1.0, invites="expected")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leastage = 70", "did you mean least_age"),
        ("zzz = 70", "known: least_age"),
        ("least_age = 70.5", "least_age"),
        ('top_share = "many"', "top_share"),
        ("top_share = 0", "greater than 0"),
        ("top_share = nan", "top_share"),
        ('invites = "all"', "bounded"),
        ("[table]\nleast_age = 3", "table"),
        ("least_age = = 3", "not TOML"),
    ],
)
def test_a_mistake_in_the_rules_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_rules(written(tmp_path, text))
    assert str(tmp_path) in caught.value.where


def test_caseloads_of_a_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\ufeff" + HEAD + "n1,,55,,north|south,,,\nn2,social worker,50,7,*,coast,es|en,0.5\n",
    )
    first, second = caseloads_of(load_caseloads(path), STANDING, acceptance=0.378)
    assert (first.places, first.held, first.open, first.free) == (55, 5, 4, 50)
    assert (first.role, first.acceptance) == ("nurse", 0.378)
    assert (second.held, second.open, second.role) == (7, 0, "social worker")
    assert second.serves("anywhere", "coast")
    assert not second.serves("anywhere", "hill")


def test_a_stated_zero_held_is_not_unknown(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "n1,,55,0,north,,,\n")
    assert caseloads_of(load_caseloads(path), STANDING, acceptance=0.378)[0].held == 0


def test_only_three_columns_are_needed(tmp_path: Path) -> None:
    assert load_caseloads(written(tmp_path, "practices,nurse_id,places\np,n,1\n"))[0].held is None


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        ("", "nurse_id is missing", "line 1"),
        (HEAD, "nobody", ""),
        ("nurse,places,practices\n", "unknown column nurse", "line 1"),
        ("nurse_id,practices\nn,p\n", "places is missing", "line 1"),
        ("nurse_id,places,practices,places\n", "stands twice", "line 1"),
        (HEAD + "n1,,55,,p,,,\nn1,,5,,p,,,\n", "named twice", "line 3"),
        (HEAD + "n1,,,,p,,,\n", "places is no whole number", "line 2"),
        (HEAD + "n1,,5.5,,p,,,\n", "places is no whole number", "line 2"),
        (HEAD + "n1,,-1,,p,,,\n", "places is no whole number", "line 2"),
        (HEAD + "n1,,nan,,p,,,\n", "places is no whole number", "line 2"),
        (HEAD + "n1,,5,,p,,,0\n", "acceptance is no number", "line 2"),
        (HEAD + "n1,,5,,,,,\n", "practices is empty", "line 2"),
        (HEAD + ",,5,,p,,,\n", "nurse_id is empty", "line 2"),
        (HEAD + "n1,,5\n", "fewer fields", "line 2"),
        (HEAD + "n1,,5,,p,,,,,\n", "more or fewer fields", "line 2"),
        (HEAD + '"n1,,5,,p,,,\n', "not CSV", "line 2"),
    ],
)
def test_a_mistake_in_the_caseloads_is_named_with_its_line(
    tmp_path: Path, text: str, said: str, where: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_caseloads(written(tmp_path, text))
    assert str(tmp_path) in caught.value.where
    assert where in caught.value.where


def test_a_folder_is_no_file_of_caseloads_or_rules(tmp_path: Path) -> None:
    for load in (load_caseloads, load_rules):
        with pytest.raises(InputError, match="cannot be read"):
            load(tmp_path)


def test_without_a_file_each_practice_has_one_nurse() -> None:
    north, west = one_nurse_each(["west", "north"], STANDING, places=55, acceptance=0.378)
    assert (north.nurse_id, north.held, north.open) == ("nurse of north", 4, 4)
    assert (west.held, west.free) == (0, 55)
    assert not west.serves("north", "")
