"""LACE as a table: what each part gives, at every band's edge."""

from __future__ import annotations

import numpy as np
import pytest

from features.matrix import Column, Schema
from models.points import SCORES
from tests.drawn import draw

pytestmark = pytest.mark.spec

CASES = """
    nights  unplanned  comorbidity  emergency  lace  why
    0       0          0            0          0     nothing
    1       0          0            0          1     a_night
    3       0          0            0          3     three_nights
    4       0          0            0          4     four_to_six_nights_give_4
    6       0          0            0          4     .
    7       0          0            0          5     a_week_gives_5
    13      0          0            0          5     .
    14      0          0            0          7     two_weeks_give_7_not_6
    0       1          0            0          3     unplanned_gives_3
    0       0          3            0          3     comorbidity_points_count_to_3
    0       0          4            0          5     from_4_on_they_give_5
    0       0          12           0          5     .
    0       0          0            4          4     four_emergency_visits_or_more_give_4
    0       0          0            9          4     .
    20      1          9            5          19    the_most_there_is
    -       1          9            5          -     unknown_is_not_zero
    20      -          9            5          -     .
    20      1          -            5          -     .
    20      1          9            -          -     .
"""


@pytest.mark.parametrize("case", draw(CASES), ids=lambda case: "-".join(map(str, case.values())))
def test_points(case):
    lace = SCORES["lace"]("readmission")
    schema = Schema(tuple(Column(name, "number") for name in lace.inputs))
    names = ("nights", "unplanned", "comorbidity", "emergency")
    row = [np.nan if case[name] is None else float(case[name]) for name in names]
    found = lace.points(np.array([row]), schema)[0]
    assert np.isnan(found) if case["lace"] is None else found == case["lace"]
