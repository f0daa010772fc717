"""The two laws of the split, for any people, times, horizons and shares."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.recipe import Shares
from training.split import EPOCH, TEST, UNUSED, divide, parts_of, positions

pytestmark = pytest.mark.property

rows = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3000)), min_size=1, max_size=200)


@st.composite
def shares(draw: st.DrawFn) -> Shares:
    parts = draw(st.lists(st.integers(1, 10), min_size=4, max_size=4))
    train, valid, calibration, test = (part / sum(parts) for part in parts)
    return Shares(train=train, valid=valid, calibration=calibration, test=test)


@settings(deadline=None)
@given(rows=rows, shares=shares(), horizon=st.integers(0, 400), months=st.integers(1, 24))
def test_no_person_is_in_two_parts_and_no_horizon_reaches_the_test_period(
    rows: list[tuple[int, int]], shares: Shares, horizon: int, months: int
) -> None:
    person = [f"p{number}" for number, _ in rows]
    day = np.array([day for _, day in rows], dtype=np.int64)
    people = parts_of(positions("salt", pa.array(person)), shares)
    divided = divide(people, day, horizon, months)
    used = divided.part != UNUSED
    parts_by_person: dict[str, set[int]] = {}
    for name, part in zip(person, divided.part, strict=True):
        if part != UNUSED:
            parts_by_person.setdefault(name, set()).add(int(part))
    assert all(len(parts) == 1 for parts in parts_by_person.values())
    test = divided.rows(TEST)
    fitted = used & ~test
    first = (divided.test_start - EPOCH).days
    assert (day[test] >= first).all()
    assert (day[fitted] + horizon < first).all()


@settings(deadline=None)
@given(ids=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=50), shares=shares())
def test_a_person_keeps_the_part_whoever_else_is_there(ids: list[str], shares: Shares) -> None:
    together = parts_of(positions("a", pa.array(ids)), shares)
    alone = [int(parts_of(positions("a", pa.array([one])), shares)[0]) for one in ids]
    assert together.tolist() == alone


def test_shares_of_people_are_as_the_recipe_says() -> None:
    ids = pa.array([str(number) for number in range(20_000)])
    parts = parts_of(positions("caseload", ids), Shares())
    found = np.bincount(parts, minlength=4) / len(ids)
    np.testing.assert_allclose(found, [0.55, 0.10, 0.15, 0.20], atol=0.01)


def test_another_salt_is_another_split() -> None:
    ids = pa.array([str(number) for number in range(1000)])
    assert abs(np.corrcoef(positions("a", ids), positions("b", ids))[0, 1]) < 0.1
