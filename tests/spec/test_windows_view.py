"""Which facts are in view at an index moment, and which days a window holds.

The guard itself is compiled code that Python has no way into; what it does is seen in counts.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import Catalogue
from features.catalogue.load import catalogue_of
from features.matrix import of_tables
from features.tables.times import days_of
from features.windows import DAY, MODES, NEVER, NO_DAY
from tests.drawn import people

pytestmark = pytest.mark.spec


def counting(table: str, window: int) -> Catalogue:
    entry = {
        "name": "n", "what": "w", "measure": "count", "table": table, "windows": [window],
        "unit": "u", "null": "n", "domain": "use", "plain": "p", "patient": "p",
    }  # fmt: skip
    return catalogue_of(
        {
            "observed": {table: ["all"]},
            "readable": {"least_share": 0.5},
            "spells": {"rule": "dates"},
            "feature": [entry],
        }
    )


def count(at: str, window: int, index: str = "2020-07-10T12:00", known: str = "-") -> float:
    tables = people(visit=[{"at": at, "known_at": at if known == "-" else known}])
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([datetime.fromisoformat(index)], pa.timestamp("us")),
            "stay_id": pa.nulls(1, pa.string()),
            "moment": ["month"],
        }
    )
    return float(of_tables(tables, moments, counting("visit", window)).X[0, 0])


@pytest.mark.parametrize(
    ("at", "window", "expected"),
    [
        ("2020-07-09T23:59:59", 1, 1),  # yesterday to its end
        ("2020-07-09T00:00:00", 1, 1),
        ("2020-07-08T23:59:59", 1, 0),
        ("2020-07-08T23:59:59", 2, 1),
        ("2020-07-10T00:00:00", 30, 0),  # the index day itself
        ("2020-07-10T11:00:00", 30, 0),
        ("2020-06-10T00:00:00", 30, 1),  # closed at its start
        ("2020-06-09T23:59:59", 30, 0),
    ],
)
def test_a_window_is_closed_at_its_start_and_open_at_its_end(
    at: str, window: int, expected: int
) -> None:
    assert count(at, window) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [("2020-07-10T12:00:00", 1), ("2020-07-10T12:00:00.000001", 0), ("2020-07-01", 1)],
)
def test_known_by_the_moment_to_the_microsecond(known: str, expected: int) -> None:
    assert count("2020-07-01", 30, known=known) == expected


def test_a_later_day_is_not_in_view_whatever_its_known_time() -> None:
    assert count("2020-07-11", 30, known="2020-07-01") == 0


def test_calendar_days_of_times() -> None:
    times = np.array([0, DAY - 1, DAY, -1, NEVER], np.int64)
    assert days_of(times).tolist() == [0, 0, 1, -1, NO_DAY]


@pytest.mark.parametrize(
    ("mode", "own", "discharged", "expected"),
    [
        ("adt", 5, 3, 5),
        ("adt", 2, 3, 3),  # never before the stay is known to have ended
        ("adt", 2, NEVER, NEVER),
        ("claims", 5, 3, 3),
        ("claims", 5, NEVER, NEVER),
    ],
)
def test_when_codes_of_a_stay_count_as_known(
    mode: str, own: int, discharged: int, expected: int
) -> None:
    known = MODES[mode](np.array([own], np.int64), np.array([discharged], np.int64))
    assert known.tolist() == [expected]
