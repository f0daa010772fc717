"""What earlier rows say: small tables in, one value per row out; never of itself, never later."""

from __future__ import annotations

import numpy as np
import pytest

from features.flat.earlier import earlier

pytestmark = pytest.mark.spec

N = np.nan
PERSON = [1, 1, 1, 1, 2, 2]
PLACE = [1, 2, 3, 4, 1, 9]
VALUE = [1.0, N, 0.0, 1.0, N, 0.0]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("rows", [0, 1, 2, 3, 0, 1]),
        ("count", [0, 1, 1, 1, 0, N]),
        ("sum", [0, 1, 1, 1, 0, N]),
        ("share", [N, 1, 1, 0.5, N, N]),
        ("mean", [N, 1, 1, 0.5, N, N]),
        ("min", [N, 1, 1, 0, N, N]),
        ("max", [N, 1, 1, 1, N, N]),
        ("last", [N, 1, 1, 0, N, N]),
        ("rows_since", [N, 1, 2, 3, N, N]),
        ("days_since", [N, 1, 2, 3, N, N]),
    ],
)
def test_each_way_of_looking_back(how: str, expected: list[float]) -> None:
    assert told(how, PERSON, PLACE, VALUE) == pytest.approx(expected, nan_ok=True)


def test_rows_of_the_same_place_are_not_earlier() -> None:
    assert told("rows", [1, 1, 1, 1], [1, 2, 2, 3], [1.0] * 4) == [0, 1, 1, 3]


def test_the_order_in_the_table_is_of_no_consequence() -> None:
    assert told("rows", [1, 2, 1, 1], [3, 1, 1, 2], [0.0] * 4) == [2, 0, 0, 1]


def test_what_takes_days_to_be_settled_is_not_known_before() -> None:
    assert told("count", [1, 1, 1], [0, 30, 31], [1.0, 1.0, 1.0], delay=30) == [0, 0, 1]


def told(
    how: str, person: list[int], place: list[int], value: list[float], delay: float = 0
) -> list[float]:
    found = earlier(
        how, np.array(person), np.array(place, dtype=float), np.array(value), delay=delay
    )
    return list(found)
