"""What k places find, on rows small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.measures import at_k
from models.measures.capacity import places
from tests.drawn import draw

pytestmark = pytest.mark.spec

ROWS = """
    risk  y
    0.9   1
    0.8   0
    0.5   1
    0.5   0
    0.5   0
    0.2   1
    0.1   0
"""
EXPECTED = """
    k  ppv       capture
    1  1.0       0.333333
    2  0.5       0.333333
    3  0.444444  0.444444
    4  0.416667  0.555556
    5  0.4       0.666667
    6  0.5       1.0
    7  0.428571  1.0
    9  0.428571  1.0
"""
"""The three tied at 0.5 hold one event: each place among them finds a third of it."""


def rows() -> tuple[np.ndarray, np.ndarray]:
    drawn = draw(ROWS)
    return (np.array([float(str(r[c])) for r in drawn]) for c in ("y", "risk"))


@pytest.mark.parametrize("row", draw(EXPECTED), ids=lambda row: f"k={row['k']}")
def test_k_places(row):
    y, risk = rows()
    found = at_k(y, risk, int(row["k"]))
    assert found.ppv == pytest.approx(float(row["ppv"]), abs=1e-6)
    assert found.capture == pytest.approx(float(row["capture"]), abs=1e-6)
    assert found.number_needed == pytest.approx(1 / float(row["ppv"]), rel=1e-4)


def test_order_of_rows_decides_nothing():
    y, risk = rows()
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(y))
        assert at_k(y[order], risk[order], 3) == at_k(y, risk, 3)


def test_worked_numbers():
    """60 offers, 18 events among them, 120 events in all: PPV 0.30, capture 0.15."""
    risk = np.r_[np.full(60, 0.8), np.full(940, 0.1)]
    y = np.r_[np.repeat([1.0, 0.0], [18, 42]), np.repeat([1.0, 0.0], [102, 838])]
    found = at_k(y, risk, 60)
    assert (found.ppv, found.capture) == pytest.approx((0.30, 0.15))
    assert found.number_needed == pytest.approx(10 / 3)


def test_nobody_found_needs_endless_offers():
    found = at_k(np.array([0.0, 1.0]), np.array([0.9, 0.1]), 1)
    assert (found.ppv, found.capture, found.number_needed) == (0.0, 0.0, math.inf)


def test_capacity_is_a_share_under_one_and_a_number_from_one():
    assert places(0.05, 1001) == 51
    assert places(0.1, 1000) == 100
    assert places(1, 1000) == 1
    assert places(60, 1000) == 60
    assert places(60, 40) == 40
    assert places(0.001, 40) == 1
