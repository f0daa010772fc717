"""The compiled kernel says exactly what the plain-Python engine says, nulls included."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import Catalogue, load_catalogue
from features.matrix import of_tables
from features.tables.contract import Tables
from tests.catalogues import catalogue_by, catalogues
from tests.crowds import crowd
from tests.lives import lives, moments_of
from tests.populations import moments_by, population
from tests.reference.engine import differences, features_of
from tests.sizes import examples

pytestmark = [pytest.mark.property, pytest.mark.sized]

MODES = st.sampled_from(["adt", "claims"])
RULES = st.sampled_from(["dates", "evidence"])
SEEDS = st.integers(0, 2**32)


def compare(tables: Tables, moments: pa.Table, catalogue: Catalogue, mode: str) -> None:
    found = of_tables(tables, moments, catalogue, mode=mode)
    expected = features_of(tables, moments, catalogue, mode=mode)
    assert not differences(expected, found.schema.decode(found.X), catalogue.names)


@settings(max_examples=examples(15, full=600))
@given(SEEDS, MODES)
def test_any_catalogue_of_many_people(seed: int, mode: str) -> None:
    """Everything that may be known of a person, and fifty features of any kind."""
    dice, tables = random.Random(seed), population(seed, 12)
    compare(tables, moments_by(dice, tables, 0.5), catalogue_by(dice, 50), mode)


@settings(max_examples=examples(8, full=200))
@given(SEEDS, MODES)
def test_stays_and_spells(seed: int, mode: str) -> None:
    """Stays crowded together, and what hangs on which of them are one spell."""
    dice, tables = random.Random(seed), crowd(seed, 30)
    catalogue = catalogue_by(dice, 30, ("spell", "stay", "index", "diagnosis"))
    compare(tables, moments_by(dice, tables), catalogue, mode)


@settings(max_examples=examples(40, full=600))
@given(st.data(), MODES)
def test_any_life(data: st.DataObject, mode: str) -> None:
    """People, moments and catalogues that Hypothesis makes, so that what fails is made small."""
    tables = data.draw(lives())
    compare(tables, data.draw(moments_of(tables)), data.draw(catalogues()), mode)


@settings(max_examples=examples(3, full=60))
@given(SEEDS, MODES, RULES)
def test_the_shipped_catalogue(seed: int, mode: str, rule: str) -> None:
    dice, tables = random.Random(seed), population(seed, 10)
    catalogue = load_catalogue().joined_by(rule)
    compare(tables, moments_by(dice, tables, 0.3), catalogue, mode)
