"""Whatever is ordered, sound rows come out: contracts, order, and nothing known after the end."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.synthetic import load_scenario, shipped
from features.synthetic.bucket import simulate, tables
from features.synthetic.generate import buckets_of, order_of
from features.synthetic.people import world
from features.tables.check import check_rows
from features.tables.schema import TABLES

pytestmark = pytest.mark.property


@settings(max_examples=40)
@given(
    people=st.integers(1, 60),
    seed=st.integers(0, 2**40),
    years=st.integers(1, 7),
    ages=st.sampled_from(["older", "general"]),
    scenario=st.sampled_from(shipped()),
)
def test_any_order_gives_canonical_rows(
    people: int, seed: int, years: int, ages: str, scenario: str
) -> None:
    order = order_of(people, seed, years, ages, load_scenario(scenario))
    (ids,) = buckets_of(order)
    here = world(order.seed, order.people, order.period, order.scenario)
    made = tables(order, 0, simulate(order, 0, ids, here), here)
    assert set(made) == set(TABLES)
    assert made["person"].num_rows == people
    own = made["person"]["person_id"]
    end = np.datetime64(date(2025, 1, 1), "us")
    for name, rows in made.items():
        checked = check_rows(TABLES[name], rows, None if name == "person" else own)
        assert checked.rejected.num_rows == 0, name
        assert checked.kept.equals(rows), f"{name} is not in canonical order, or has rows twice"
        for column in ("known_at", "admitted_known", "discharged_known", "coded_known"):
            if column in rows.column_names and rows.num_rows:
                latest = pc.max(rows[column]).as_py()
                assert latest is None or np.datetime64(latest, "us") < end, (name, column)


@settings(max_examples=15)
@given(people=st.integers(1, 40), seed=st.integers(0, 2**40), years=st.integers(1, 4))
def test_a_persons_life_hangs_on_the_order_alone(people: int, seed: int, years: int) -> None:
    order = order_of(people, seed, years, "older", load_scenario())
    (ids,) = buckets_of(order)
    here = world(order.seed, order.people, order.period, order.scenario)
    once, again = (simulate(order, 0, ids, here) for _ in range(2))
    assert np.array_equal(once.lived.stays, again.lived.stays)
    assert np.array_equal(once.lived.moments, again.lived.moments)
    assert np.array_equal(once.died, again.died)
