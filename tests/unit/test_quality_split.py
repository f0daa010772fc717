"""A verdict counts the very split that training makes: the two floors must not drift apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from features.quality.asked import Asked, questions
from features.quality.limits import limit
from features.quality.split import SALT, Groups, divide, part_of
from training.outcome import events_of, high_of
from training.question import ask
from training.recipe import PARTS, Recipe
from training.split import TEST, TRAIN, VALID, choose, parts_of, positions

pytestmark = pytest.mark.unit

SHIPPED = ("readmission", "complexity")
IDS = pa.chunked_array([[f"person {n}" for n in range(2_000)]])


def recipe(name: str) -> Recipe:
    return ask(name).recipe


@pytest.mark.parametrize("name", SHIPPED)
def test_the_numbers_are_those_of_the_shipped_recipes(name: str) -> None:
    split = recipe(name).split
    question = next(q for q in questions() if q.name == name)
    assert split.salt == SALT
    assert split.test_months == question.test_months
    assert ask(name).definition == question.definition
    for part in PARTS:
        assert getattr(split.shares, part) == limit(f"{part}_share")
    for part in ("train", "valid", "test"):
        assert getattr(split.fewest, part) == limit(f"{part}_refused")


def test_people_are_for_what_training_takes_them_for() -> None:
    theirs = parts_of(positions(SALT, IDS), recipe("readmission").split.shares)
    place = {0: TEST, 1: PARTS.index("calibration"), 2: VALID, 3: TRAIN}
    assert [place[int(part)] for part in part_of(IDS)] == theirs.tolist()


@pytest.mark.parametrize("name", SHIPPED)
def test_events_are_divided_as_training_divides_them(name: str) -> None:
    asked, rules = ask(name), recipe(name).split
    drawn = np.random.default_rng(5)
    day = np.sort(drawn.integers(17_000, 18_800, len(IDS)))
    most = 2 if name == "readmission" else 6
    value = drawn.integers(0, most, len(IDS)).astype(float)
    people = parts_of(positions(SALT, IDS), rules.shares)
    definition = asked.definition
    theirs, event = choose(
        people, day, definition.horizon_days, rules,
        lambda divided: events_of(value, high_of(value, divided.rows(TRAIN), definition)),
    )  # fmt: skip
    ours = divide(
        Groups(day, value, part_of(IDS), np.ones(len(IDS), np.int64)),
        definition.horizon_days, rules.test_months, definition.high_percentile,
    )  # fmt: skip
    assert ours is not None
    assert ours.enough
    assert (ours.months, ours.test_from) == (theirs.test_months, theirs.test_start)
    for part, held in ((TRAIN, ours.train), (VALID, ours.valid), (TEST, ours.test)):
        inside = event[theirs.rows(part)]
        assert held == (int(inside.sum()), int((~inside).sum()))


def test_without_a_label_there_is_nothing_to_divide() -> None:
    assert all(Asked(question).division() is None for question in questions())
