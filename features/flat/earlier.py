"""What a person's earlier rows say at each row, in one compiled pass over rows in order.

A row is earlier when its place in the order is strictly before, and, where what it tells takes days
to be settled, when that many days have passed. Rows go in by person and place; each is read before
it is added, so that neither itself, nor one of the same place, nor a later one can reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROWS, COUNT, SHARE, ROWS_SINCE, PLACE_SINCE, SUM, MEAN, MIN, MAX, LAST = range(10)
HOW: Mapping[str, int] = MappingProxyType(
    {
        "rows": ROWS, "count": COUNT, "share": SHARE, "rows_since": ROWS_SINCE,
        "days_since": PLACE_SINCE, "sum": SUM, "mean": MEAN, "min": MIN, "max": MAX, "last": LAST,
    }
)  # fmt: skip

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


def earlier(how: str, person: Ints, place: Floats, values: Floats, *, delay: float = 0.0) -> Floats:
    """The value of `how` at each row, shape (rows,); NaN: null (`parts.NULLS`).

    person  a number per person;  place  where the row stands in the order, days of days_since
    values  what is looked at, NaN where null; 1 and 0 for what is matched
    delay   a row tells from strictly after its place and this on
    """
    order = np.lexsort((place, person))  # stable: rows of one place stay in their given order
    found = np.empty(len(values))
    _earlier(HOW[how], person[order], place[order], values[order], delay, order, found)
    return found


@_compiled
def _earlier(
    how: int, person: Ints, place: Floats, values: Floats, delay: float, order: Ints, found: Floats
) -> None:
    start = np.int64(0)
    while start < len(person):
        end = start + 1
        while end < len(person) and person[end] == person[start]:
            end += 1
        _of_person(how, place[start:end], values[start:end], delay, order[start:end], found)
        start = end


@_compiled
def _of_person(
    how: int, place: Floats, values: Floats, delay: float, order: Ints, found: Floats
) -> None:
    rows, known, total, matched = 0, 0, 0.0, -1
    least, most, last = np.nan, np.nan, np.nan
    for i in range(len(place)):
        while rows < i and place[rows] < place[i] and place[rows] + delay < place[i]:
            value = values[rows]
            if not np.isnan(value):
                known += 1
                total += value
                last = value
                least = value if known == 1 or value < least else least
                most = value if known == 1 or value > most else most
                matched = rows if value == 1.0 else matched
            rows += 1
        found[order[i]] = _value(how, rows, known, total, least, most, last, matched, i, place)


@_compiled
def _value(
    how: int, rows: int, known: int, total: float, least: float, most: float, last: float,
    matched: int, i: int, place: Floats,
) -> float:  # fmt: skip
    if how == ROWS:
        return float(rows)
    if how in (COUNT, SUM):
        return np.nan if rows > 0 and known == 0 else total
    if how == ROWS_SINCE:
        return np.nan if matched < 0 else float(rows - matched)
    if how == PLACE_SINCE:
        return np.nan if matched < 0 else place[i] - place[matched]
    if how == MIN:
        return least
    if how == MAX:
        return most
    if how == LAST:
        return last
    return np.nan if known == 0 else total / known
