"""Charlson's index with age as a table: what ten years give, and that unknown is not zero."""

from __future__ import annotations

import numpy as np
import pytest

from features.matrix import Column, Schema
from models.points import SCORES
from tests.drawn import draw

pytestmark = pytest.mark.spec

CASES = """
    index  age  charlson  charlson_age
    0      49   0         0
    0      50   0         1
    0      59   0         1
    0      60   0         2
    0      70   0         3
    0      80   0         4
    0      101  0         4
    0      18   0         0
    7      72   7         10
    -      72   -         -
    7      -    7         -
"""


@pytest.mark.parametrize("name", ["charlson", "charlson_age"])
@pytest.mark.parametrize("case", draw(CASES), ids=lambda case: f"{case['index']}-{case['age']}")
def test_points(case, name):
    score = SCORES[name]("readmission")
    schema = Schema(tuple(Column(column, "number") for column in ("charlson_index_730d", "age")))
    row = [np.nan if case[column] is None else float(case[column]) for column in ("index", "age")]
    found = score.points(np.array([row]), schema)[0]
    assert np.isnan(found) if case[name] is None else found == case[name]
