"""Nothing that was not known at the index moment can change a feature or who is asked about."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import Catalogue, load_catalogue
from features.catalogue.rules import MEASURES
from features.cohort import moments_at
from features.definition import load_definition
from features.matrix import of_tables
from features.spells import SpellRule, journeys, nursing_discharges
from features.tables.contract import Tables
from tests.catalogues import catalogue_by, catalogues
from tests.crowds import START, crowd
from tests.futures import only_known, open_stays_rewritten, planted, rewritten, same_day
from tests.lives import MOMENTS, PEOPLE, WHEN, lives, moments_of
from tests.populations import moments_by, population
from tests.sizes import examples

pytestmark = [pytest.mark.property, pytest.mark.sized]

MODES = st.sampled_from(["adt", "claims"])
RULES = st.sampled_from(["dates", "evidence"])
SEEDS = st.integers(0, 2**32)
Bools = npt.NDArray[np.bool_]
CHANGES: Mapping[str, Callable[[Tables, pa.Table, str], Tables]] = {
    "rows not known deleted": only_known,
    "rows not known rewritten": rewritten,
    "open stays rewritten": open_stays_rewritten,
    "future rows planted": planted,
    "rows of the index day planted": same_day,
}
FUTURES = {name: change for name, change in CHANGES.items() if change is not same_day}
"""Changes that are none to a cohort either, which asks about the index day too."""


def one_each(moments: pa.Table, dice: random.Random) -> tuple[pa.Table, Bools]:
    """One moment of each person, and which of all moments are no later than their person's."""
    chosen = dict.fromkeys(moments["person_id"].to_pylist(), -1)
    for place, person in enumerate(moments["person_id"].to_pylist()):
        if chosen[person] < 0 or dice.random() < 0.4:
            chosen[person] = place
    pivots = moments.take(pa.array(list(chosen.values())))
    until = dict(zip(pivots["person_id"].to_pylist(), pivots["index_at"].to_pylist(), strict=True))
    early = [row["index_at"] <= until[row["person_id"]] for row in moments.to_pylist()]
    return pivots, np.array(early)


def unchanged(
    change: str, tables: Tables, moments: pa.Table, catalogue: Catalogue, mode: str, seed: int
) -> None:
    """Changes what is not known at one moment of each person: no feature of that moment or of an
    earlier one differs in a bit, though later ones are worked out beside them."""
    pivots, early = one_each(moments, random.Random(seed))
    before = of_tables(tables, moments, catalogue, mode=mode).X
    after = of_tables(CHANGES[change](tables, pivots, mode), moments, catalogue, mode=mode).X
    assert after[early].tobytes() == before[early].tobytes()


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=examples(8, full=200))
@given(seed=SEEDS, mode=MODES)
def test_any_feature_of_many_people(change: str, seed: int, mode: str) -> None:
    dice, tables = random.Random(seed), population(seed, 20)
    moments = moments_by(dice, tables, 0.5)
    unchanged(change, tables, moments, catalogue_by(dice, 60), mode, seed)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=examples(8, full=200))
@given(data=st.data(), mode=MODES, seed=SEEDS)
def test_any_feature_of_any_life(change: str, data: st.DataObject, mode: str, seed: int) -> None:
    tables = data.draw(lives())
    moments, catalogue = data.draw(moments_of(tables)), data.draw(catalogues())
    unchanged(change, tables, moments, catalogue, mode, seed)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=examples(3, full=100))
@given(seed=SEEDS, mode=MODES, rule=RULES)
def test_shipped_features_of_crowded_stays(change: str, seed: int, mode: str, rule: str) -> None:
    tables, catalogue = crowd(seed, 30), load_catalogue().joined_by(rule)
    unchanged(change, tables, moments_by(random.Random(seed), tables), catalogue, mode, seed)


TIMELESS = {"fact"}
"""Measures whose values those changes leave alone: facts of the person and of the index."""


def test_the_same_changes_reach_every_measure_once_they_are_known() -> None:
    """A law about changes that nothing could see would say nothing."""
    moved: set[str] = set()
    for seed in range(12):
        dice, tables = random.Random(seed), population(seed, 20)
        moments, catalogue = moments_by(dice, tables, 0.5), catalogue_by(dice, 60)
        pivots, early = one_each(moments, random.Random(seed))
        before = of_tables(tables, moments, catalogue).X
        for change in (planted, rewritten):
            after = of_tables(change(tables, pivots, "adt"), moments, catalogue).X
            differs = ~np.isclose(before, after, equal_nan=True)[~early]
            moved |= {f.measure for f, any_ in zip(catalogue, differs.any(0), strict=True) if any_}
    assert moved >= set(MEASURES) - TIMELESS


def everyone(at: object, people: list[str]) -> pa.Table:
    rows = [dict(zip(MOMENTS.names, (p, at, None, None, "month"), strict=True)) for p in people]
    return pa.Table.from_pylist(rows, MOMENTS)


@pytest.mark.parametrize("change", FUTURES)
@pytest.mark.parametrize("name", ["readmission", "complexity"])
@settings(max_examples=8)
@given(data=st.data())
def test_who_is_on_the_list_of_any_lives(change: str, name: str, data: st.DataObject) -> None:
    tables, at = data.draw(lives()), data.draw(WHEN)
    changed = CHANGES[change](tables, everyone(at, list(PEOPLE)), "adt")
    definition = load_definition(name)
    assert moments_at(changed, at, definition).equals(moments_at(tables, at, definition))


@pytest.mark.parametrize("change", FUTURES)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 30))
def test_who_is_on_the_list_of_discharges(change: str, seed: int, days: int) -> None:
    tables, at = crowd(seed, 60), START + timedelta(days=days)
    people = tables["person"]["person_id"].to_pylist()
    changed = CHANGES[change](tables, everyone(at, people), "adt")
    definition = load_definition("readmission")
    assert moments_at(changed, at, definition).equals(moments_at(tables, at, definition))


@pytest.mark.parametrize("change", FUTURES)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 30), rule=RULES)
def test_spells_their_urgency_and_where_they_led(
    change: str, seed: int, days: int, rule: str
) -> None:
    tables, at = crowd(seed, 60), START + timedelta(days=days)
    people = tables["person"]["person_id"].to_pylist()
    changed = CHANGES[change](tables, everyone(at, people), "adt")
    # whether a spell was a day case is asked of ended ones alone
    for told in (
        lambda rows: journeys(rows, SpellRule[rule.upper()], at=at).drop_columns(["day_case"]),
        lambda rows: nursing_discharges(rows, at=at),
    ):
        assert told(changed).equals(told(tables))
