"""What a feature says of a moment hangs on nothing that stands beside it: other moments, other
people, the order of rows.
"""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.matrix import of_tables
from features.tables.contract import Tables
from tests.catalogues import catalogue_by
from tests.populations import moments_by, population
from tests.sizes import examples

pytestmark = [pytest.mark.property, pytest.mark.sized]

MODES = st.sampled_from(["adt", "claims"])
SEEDS = st.integers(0, 2**32)


def shuffled(table: pa.Table, dice: random.Random) -> pa.Table:
    places = list(range(len(table)))
    dice.shuffle(places)
    return table.take(pa.array(places, pa.int64()))


@settings(max_examples=examples(3, full=60))
@given(seed=SEEDS, mode=MODES)
def test_moments_together_say_what_each_says_alone(seed: int, mode: str) -> None:
    dice, tables = random.Random(seed), population(seed, 6)
    moments, catalogue = moments_by(dice, tables, 0.5), catalogue_by(dice, 60)
    together = of_tables(tables, moments, catalogue, mode=mode).X
    for place in range(len(moments)):
        alone = of_tables(tables, moments.slice(place, 1), catalogue, mode=mode).X
        assert np.asarray(alone).tobytes() == np.asarray(together[place]).tobytes()


@settings(max_examples=examples(3, full=60))
@given(seed=SEEDS, mode=MODES)
def test_rows_and_moments_in_any_order(seed: int, mode: str) -> None:
    dice, tables = random.Random(seed), population(seed, 12)
    moments, catalogue = moments_by(dice, tables, 0.5), catalogue_by(dice, 60)
    order = list(range(len(moments)))
    dice.shuffle(order)
    mixed: Tables = {name: shuffled(table, dice) for name, table in tables.items()}
    found = of_tables(mixed, moments.take(pa.array(order)), catalogue, mode=mode).X
    straight = of_tables(tables, moments, catalogue, mode=mode).X
    assert np.asarray(found).tobytes() == np.asarray(straight)[order].tobytes()
