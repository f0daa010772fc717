"""Cohort and labels say what a plain-Python reading of the definition says, and mean one spell."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import load_catalogue
from features.cohort import index_moments
from features.definition import Definition, load_definition
from features.labels import labels
from features.matrix import of_tables
from features.spells import DECIDERS, SpellRule, spells
from features.tables.contract import Tables
from features.tables.memory import tables_of
from tests.crowds import START, crowd
from tests.reference.outcomes import cohort, lives_of, readmission

pytestmark = pytest.mark.property

SHIPPED = load_definition("readmission")
DEFINITIONS = st.builds(
    lambda rule, urgency, look_at, undecided, run_out: replace(
        SHIPPED,
        spells=rule,
        urgency=tuple(urgency),
        outcome=replace(SHIPPED.outcome, look_at=look_at, undecided=undecided),
        censoring=replace(SHIPPED.censoring, run_out_days=run_out),
    ),
    st.sampled_from(["dates", "evidence"]),
    st.lists(st.sampled_from(DECIDERS), unique=True),
    st.sampled_from(["first", "any"]),
    st.sampled_from(["unplanned", "planned"]),
    st.sampled_from([0, 3]),
)
LAST_KNOWN = START + timedelta(days=45)


def lived(seed: int, people: int) -> Tables:
    """A crowd of which some die, some were born late, and some were covered for a while only."""
    dice = random.Random(seed)
    tables = dict(crowd(seed, people))
    person, coverage = tables["person"].to_pylist(), tables["coverage"].to_pylist()
    for one, period in zip(person, coverage, strict=True):
        if dice.random() < 0.3:
            died = START + timedelta(days=dice.randint(2, 40))
            one |= {"death_date": died.date(), "death_known": died}
        one["birth_date"] = dice.choice([one["birth_date"], one["birth_date"], None, "2002-03-01"])
        if dice.random() < 0.4:
            period["to_at"] = START + timedelta(days=dice.randint(5, 60))
        if dice.random() < 0.1:
            period["from_at"] = START - timedelta(days=dice.choice([200, 328, 330, 340]))
    return tables_of({**tables, "person": person, "coverage": coverage})


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), definition=DEFINITIONS)
def test_cohort_and_labels(seed: int, definition: Definition) -> None:
    tables = lived(seed, 40)
    found, lives = index_moments(tables, definition), lives_of(tables, definition)
    kept, excluded = cohort(lives, definition)
    people, stays = (found.moments[c].to_pylist() for c in ("person_id", "stay_id"))
    assert list(zip(people, stays, strict=True)) == kept
    assert found.excluded == excluded
    told = labels(tables, found.moments, definition, last_known=LAST_KNOWN).to_pylist()
    spell_of = {
        (life.person["person_id"], spell.last.row["stay_id"]): (life, spell)
        for life in lives
        for spell in life.spells
    }
    for moment, label in zip(kept, told, strict=True):
        expected = readmission(*spell_of[moment], definition, LAST_KNOWN)
        assert (label["status"], label["value"], label["alternative"]) == expected


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), rule=st.sampled_from(list(SpellRule)))
def test_cohort_and_kernel_mean_the_same_index_spell(seed: int, rule: SpellRule) -> None:
    """Where every fact is known when it happens, the spell that ended is the spell being left."""
    tables, name = crowd(seed, 120, prompt=True), rule.name.lower()
    moments = index_moments(tables, replace(SHIPPED, spells=name)).moments
    catalogue = load_catalogue().select(["index_stays", "index_nights", "index_unplanned"])
    matrix = of_tables(tables, moments, catalogue.joined_by(name))
    found = matrix.schema.decode(matrix.X).to_pylist()
    ended: dict[tuple[str, str], dict[str, Any]] = {
        (spell["person_id"], spell["spell_id"]): spell for spell in spells(tables, rule).to_pylist()
    }
    for moment, row in zip(moments.to_pylist(), found, strict=True):
        spell = ended[moment["person_id"], moment["spell_id"]]
        urgency = {"unplanned": 1.0, "planned": 0.0}.get(spell["urgency"])
        assert row == {
            "index_nights": spell["nights"],
            "index_stays": spell["stays"],
            "index_unplanned": urgency,
        }


def test_the_crowd_holds_what_the_laws_are_about() -> None:
    """Every status, every reason and both outcomes occur in what the laws are tried on."""
    tables = lived(1, 400)
    found = index_moments(tables, SHIPPED)
    soon = replace(SHIPPED, censoring=replace(SHIPPED.censoring, run_out_days=3))
    told = labels(tables, found.moments, soon, last_known=LAST_KNOWN)
    assert set(told["status"].to_pylist()) == {"labelled", "coverage_lost", "horizon_not_observed"}
    assert set(told["value"].to_pylist()) == {0.0, 1.0, None}
    assert set(found.excluded) >= {
        "open_stay", "died_in_stay", "day_case", "birth_unknown", "too_young",
        "look_back_not_observed",
    }  # fmt: skip
