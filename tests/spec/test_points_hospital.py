"""HOSPITAL and PARR-30 as tables: what each item gives at its edges; unknown is not zero."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from features.matrix import Column, Schema
from models.points import SCORES
from tests.drawn import Row, draw

pytestmark = pytest.mark.spec

HOSPITAL = """
    hb    na     oncology  procedure  urgent  admissions  nights  cancer  score  of_2013  simplified
    12.0  135    0         0          0       0           4       0       0      0        0
    11.9  135    0         0          0       0           4       0       1      1        1
    12.0  134.9  0         0          0       0           4       0       1      1        1
    12.0  135    1         0          0       0           4       0       2      2        2
    12.0  135    0         1          0       0           4       0       1      1        0
    12.0  135    0         0          1       0           4       0       1      1        1
    12.0  135    0         0          0       1           4       0       0      2        0
    12.0  135    0         0          0       2           4       0       2      2        2
    12.0  135    0         0          0       5           4       0       2      2        2
    12.0  135    0         0          0       6           4       0       5      5        5
    12.0  135    0         0          0       0           5       0       2      2        2
    12.0  135    0         0          0       0           4       1       0      0        2
    12.0  135    1         0          0       0           4       1       2      2        2
    7.1   120    1         1          1       9           30      1       13     13       12
    -     135    0         0          0       0           4       0       -      -        -
    12.0  -      0         0          0       0           4       0       -      -        -
    12.0  135    -         0          0       0           4       0       -      -        -
    12.0  135    0         -          0       0           4       0       -      -        0
    12.0  135    0         0          -       0           4       0       -      -        -
    12.0  135    0         0          0       -           4       0       -      -        -
    12.0  135    0         0          0       0           -       0       -      -        -
    12.0  135    0         0          0       0           4       -       0      0        -
"""
ITEMS: Mapping[str, str] = {
    "haemoglobin_in_stay": "hb",
    "sodium_in_stay": "na",
    "oncology_in_stay": "oncology",
    "procedure_in_stay": "procedure",
    "index_unplanned": "urgent",
    "admissions_before_admission_365d": "admissions",
    "index_nights": "nights",
    "charlson_canc_730d": "cancer",
    "charlson_metacanc_730d": "cancer",
}


def counted(name: str, row: Mapping[str, object]) -> float:
    """Points of one row of inputs."""
    score = SCORES[name]("readmission")
    schema = Schema(tuple(Column(column, "number") for column in score.inputs))
    values = [np.nan if row[column] is None else float(str(row[column])) for column in score.inputs]
    return float(score.points(np.array([values]), schema)[0])


@pytest.mark.parametrize(
    ("name", "column"),
    [("hospital", "score"), ("hospital_2013", "of_2013"), ("hospital_simplified", "simplified")],
)
@pytest.mark.parametrize("case", draw(HOSPITAL), ids=lambda case: "-".join(map(str, case.values())))
def test_hospital_points(case: Row, name: str, column: str) -> None:
    found = counted(name, {item: case[at] for item, at in ITEMS.items()})
    assert np.isnan(found) if case[column] is None else found == case[column]


NOTHING: Row = dict.fromkeys(SCORES["parr30"]("readmission").inputs, 0)
YEAR, MONTH = (f"unplanned_admissions_before_admission_{days}d" for days in (365, 30))
PARR30: Mapping[str, tuple[Row, float]] = {
    "the constant": ({}, 0),
    "age squared": ({"age": 80}, 6.0581e-5 * 6400),
    "an emergency now": ({"index_unplanned": 1}, 0.5565),
    "each admission of the year": ({YEAR: 12}, 12 * 0.1215),
    "one or more of the month": ({YEAR: 3, MONTH: 2}, 3 * 0.1215 + 0.5258),
    "a band closed above": ({"deprivation_imd": 10}, 0),
    "the next band": ({"deprivation_imd": 10.01}, 0.0209),
    "the last band but one": ({"deprivation_imd": 50}, 0.1017),
    "the last band": ({"deprivation_imd": 50.01}, 0.0982),
    "a cancer": ({"charlson_canc_730d": 1}, 0.5069),
    "metastases count beside it": (
        {"charlson_canc_730d": 1, "charlson_metacanc_730d": 1},
        0.5069 + 0.2762,
    ),
    "deprivation by another index": ({"deprivation_imd": None}, np.nan),
    "age unknown": ({"age": None}, np.nan),
    "a condition unknown": ({"charlson_dementia_730d": None}, np.nan),
}


@pytest.mark.parametrize("why", PARR30)
def test_parr30_adds_up_its_terms(why: str) -> None:
    case, more = PARR30[why]
    found = counted("parr30", NOTHING | case)
    assert found == pytest.approx(-2.91821 + more, abs=1e-12, nan_ok=True)
