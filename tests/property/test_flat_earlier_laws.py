"""Looking back against a plain-Python twin; no later row ever reaches an earlier one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.flat.earlier import HOW, earlier

pytestmark = pytest.mark.property

Row = tuple[int, int, float]
"""Person, place, value."""
VALUES = st.sampled_from([0.0, 1.0, 2.0, -0.5, math.nan])
ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), VALUES), max_size=14)
HOWS = st.sampled_from(sorted(HOW))


@given(HOWS, ROWS, st.integers(0, 2))
def test_the_pass_equals_its_twin(how: str, rows: list[Row], delay: int) -> None:
    assert same(run(how, rows, delay), [twin(how, rows, at, delay) for at in range(len(rows))])


@given(HOWS, ROWS, st.integers(0, 5), ROWS, st.integers(0, 2))
def test_rows_from_a_place_on_change_nothing_before_or_at_it(
    how: str, rows: list[Row], cut: int, others: list[Row], delay: int
) -> None:
    """Deleted, changed or added: what lies at the cut or after it is not known at the cut."""
    known = [row for row in rows if row[1] < cut]
    asked = [(person, cut, math.nan) for person in range(3)]
    later = [(person, cut + place, value) for person, place, value in others]
    alone, beside = run(how, known + asked, delay), run(how, known + asked + later, delay)
    assert same(alone, beside[: len(alone)])


def run(how: str, rows: Sequence[Row], delay: int) -> list[float]:
    person, place, value = (np.array(c) for c in zip(*rows, strict=True)) if rows else [[]] * 3
    return earlier(
        how, np.array(person, dtype=np.int64), np.array(place, dtype=float),
        np.array(value, dtype=float), delay=delay,
    ).tolist()  # fmt: skip


def twin(how: str, rows: Sequence[Row], at: int, delay: int) -> float:
    person, now, _ = rows[at]
    before = sorted(
        (place, number, value)
        for number, (who, place, value) in enumerate(rows)
        if who == person and place < now and place + delay < now
    )
    known = [value for _, _, value in before if not math.isnan(value)]
    if how == "rows":
        return len(before)
    if how in ("count", "sum"):
        return math.nan if before and not known else math.fsum(known)
    matched = [place for place, (_, _, value) in enumerate(before) if value == 1]
    if how == "rows_since":
        return len(before) - matched[-1] if matched else math.nan
    if how == "days_since":
        return now - before[matched[-1]][0] if matched else math.nan
    if not known:
        return math.nan
    return {"min": min(known), "max": max(known), "last": known[-1]}.get(
        how, math.fsum(known) / len(known)
    )


def same(found: Sequence[float], expected: Sequence[float]) -> bool:
    return np.array_equal(np.array(found), np.array(expected, dtype=float), equal_nan=True)
