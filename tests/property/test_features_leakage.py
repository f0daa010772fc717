"""Nothing that was not known at the index moment can change a feature or who is asked about."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import load_catalogue
from features.cohort import moments_at
from features.definition import load_definition
from features.matrix import of_tables
from features.spells import SpellRule, journeys, nursing_discharges
from features.tables.contract import Tables
from tests.crowds import START, crowd
from tests.futures import only_known, open_stays_rewritten, planted
from tests.lives import MOMENTS, PEOPLE, WHEN, lives, moments_of

pytestmark = pytest.mark.property

MODES = st.sampled_from(["adt", "claims"])
RULES = st.sampled_from(["dates", "evidence"])
CHANGES: Mapping[str, Callable[[Tables, pa.Table, str], Tables]] = {
    "rows not known deleted": only_known,
    "open stays rewritten": open_stays_rewritten,
    "future rows planted": planted,
}


def bits(tables: Tables, moments: pa.Table, mode: str, rule: str) -> bytes:
    """The features as bytes, nulls included."""
    return of_tables(tables, moments, load_catalogue().joined_by(rule), mode=mode).X.tobytes()


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=25)
@given(data=st.data(), mode=MODES, rule=RULES)
def test_features_of_any_life(change: str, data: st.DataObject, mode: str, rule: str) -> None:
    tables = data.draw(lives())
    one = data.draw(moments_of(tables)).slice(0, 1)
    changed = CHANGES[change](tables, one, mode)
    assert bits(changed, one, mode, rule) == bits(tables, one, mode, rule)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), mode=MODES, rule=RULES)
def test_features_of_crowded_stays(change: str, seed: int, mode: str, rule: str) -> None:
    tables = crowd(seed, 60)
    moments = one_each(tables, random.Random(seed))
    changed = CHANGES[change](tables, moments, mode)
    assert bits(changed, moments, mode, rule) == bits(tables, moments, mode, rule)


def one_each(tables: Tables, dice: random.Random) -> pa.Table:
    """One of each person's stays, at its end or near it, as an index moment."""
    rows = {}
    for stay in tables["stay"].to_pylist():
        if stay["person_id"] not in rows or dice.random() < 0.4:
            at = stay["discharged_at"] or stay["admitted_at"]
            at += timedelta(hours=dice.choice((0, 0, 0, -24, 8, 24)))
            row = (stay["person_id"], at, stay["stay_id"], None, "discharge")
            rows[stay["person_id"]] = dict(zip(MOMENTS.names, row, strict=True))
    return pa.Table.from_pylist(list(rows.values()), MOMENTS)


def everyone(at: object, people: list[str]) -> pa.Table:
    rows = [dict(zip(MOMENTS.names, (p, at, None, None, "month"), strict=True)) for p in people]
    return pa.Table.from_pylist(rows, MOMENTS)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["readmission", "complexity"])
@settings(max_examples=15)
@given(data=st.data())
def test_who_is_on_the_list_of_any_lives(change: str, name: str, data: st.DataObject) -> None:
    tables, at = data.draw(lives()), data.draw(WHEN)
    changed = CHANGES[change](tables, everyone(at, list(PEOPLE)), "adt")
    definition = load_definition(name)
    assert moments_at(changed, at, definition).equals(moments_at(tables, at, definition))


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 30))
def test_who_is_on_the_list_of_discharges(change: str, seed: int, days: int) -> None:
    tables, at = crowd(seed, 60), START + timedelta(days=days)
    people = tables["person"]["person_id"].to_pylist()
    changed = CHANGES[change](tables, everyone(at, people), "adt")
    definition = load_definition("readmission")
    assert moments_at(changed, at, definition).equals(moments_at(tables, at, definition))


@pytest.mark.parametrize("change", CHANGES)
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
