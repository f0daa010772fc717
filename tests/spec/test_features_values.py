"""Values of measurements and registrations: which one, and what is unknown. Index 2020-07-01."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec

VALUES = """
    at                code   value  unit
    2020-01-01        HB     9      g/dL
    2020-03-01        HB     7      g/dL
    2020-06-01T08:00  HB     8.5    g/dL
    2020-06-01T08:00  HB     10     g/dL
    2020-06-15        HB     -      g/dL
    2020-06-20        HB     200    g/L
    2020-07-01        HB     1      g/dL
"""
HB = {"table": "measurement", "column": "value", "where": {"code": ["HB"], "unit": ["g/dL"]}}


@pytest.mark.parametrize(
    ("measure", "year", "month", "early"),
    [
        # the last 365 days; the last 30; those from 150 to 100 days before
        ("first", 9.0, 8.5, 7.0),
        ("last", 10.0, 10.0, 7.0),  # of two at once the table's order decides
        ("min", 7.0, 8.5, 7.0),
        ("max", 10.0, 10.0, 7.0),
        ("mean", (9.0 + 7.0 + 8.5 + 10.0) / 4, 9.25, 7.0),
        ("change", 10.0 - 9.0, 1.5, None),  # one value has no change
    ],
)
def test_values_in_order(measure: str, year: float, month: float, early: object) -> None:
    tables = people(measurement=VALUES)
    found = [ask(tables, measure=measure, windows=[w], **HB) for w in (365, 30, [150, 100])]
    assert found == [year, month, early]


@pytest.mark.parametrize("measure", ["first", "last", "min", "max", "mean", "change"])
def test_no_known_value_is_null(measure: str) -> None:
    assert ask(people(), measure=measure, windows=[365], **HB) is None
    tables = people(measurement="at code value unit\n 2020-06-15 HB - g/dL")
    assert ask(tables, measure=measure, windows=[365], **HB) is None


@pytest.mark.parametrize(
    ("range_", "window", "expected"),
    [
        ({"low": 8.5}, 365, 1.0),
        ({"low": 9, "high": 9.5}, 365, 3.0),
        ({"high": 9.5}, 365, 1.0),
        ({"low": 7, "high": 10}, 365, 0.0),  # its ends are inside
        ({"low": 9, "high": 9.5}, [20, 1], None),  # a zero needs a value
    ],
)
def test_values_out_of_range(range_: dict[str, float], window: object, expected: object) -> None:
    entry = {"measure": "out_of_range", "range": range_, "windows": [window], **HB}
    assert ask(people(measurement=VALUES), **entry) == expected


@pytest.mark.parametrize("measure", ["first", "last", "min", "max", "mean"])
def test_a_value_that_is_no_number_is_none(measure: str) -> None:
    tables = dict(
        people(measurement="at code value unit\n 2020-06-01 HB 1 g/dL\n 2020-06-02 HB 2 g/dL")
    )
    rows = tables["measurement"]
    broken = pa.array([2.0, math.nan])
    at = rows.schema.get_field_index("value")
    tables["measurement"] = rows.set_column(at, rows.schema.field("value"), broken)
    assert ask(tables, measure=measure, windows=[365], **HB) == 2.0


REGISTERED = """
    from        until       known       deprivation  deprivation_scheme
    2010-01-01  2020-06-01  2010-01-01  10.5         IMD
    2020-06-01  -           2020-06-01  31           IMD
    2020-06-15  -           2020-07-02  50           IMD
"""


@pytest.mark.parametrize(
    ("at", "deprivation", "days"),
    [
        ("2020-07-01", 31.0, 30.0),
        ("2020-07-03", 50.0, 18.0),  # once it is known
        ("2020-06-01", 10.5, 3804.0),  # the day before, the earlier one still held
        ("2010-01-01", None, None),
    ],
)
def test_the_registration_in_force(at: str, deprivation: object, days: object) -> None:
    tables = people(registration=REGISTERED)
    last = {"measure": "last", "table": "registration", "at": at}
    assert ask(tables, column="deprivation", **last) == deprivation
    assert ask(tables, column="days", **last) == days


def test_a_score_of_another_scheme_is_not_asked_for_an_older_one() -> None:
    tables = people(registration=REGISTERED.replace("31           IMD", "31           ADI"))
    deprivation = {"measure": "last", "table": "registration", "column": "deprivation"}
    assert ask(tables, where={"deprivation_scheme": ["ADI"]}, **deprivation) == 31.0
    assert ask(tables, where={"deprivation_scheme": ["IMD"]}, **deprivation) is None


def test_a_registration_without_a_score_of_deprivation_is_not_asked_for_an_older_one() -> None:
    tables = people(registration=REGISTERED.replace("31 ", "-  "))
    assert ask(tables, measure="last", table="registration", column="deprivation") is None
    assert ask(tables, measure="last", table="registration", column="days") == 30.0
