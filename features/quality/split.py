"""The split that training would make, so that a verdict says what training will find.

Training divides rows by person (a hash of the id and the recipe's salt) and in time, and refuses a
split with too few events (`training/split.py`, which stands above this floor; a test holds the two
equal for the shipped recipes). A recipe with another salt or other shares divides otherwise.
"""

from __future__ import annotations

import calendar
import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.quality.limits import limit
from features.quality.months import EPOCH
from features.tables.buffers import whole

Int64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SALT = "caseload-1"
"""Of the shipped recipes."""
TEST, CALIBRATION, VALID, TRAIN = range(4)
SHARES = ("test_share", "calibration_share", "valid_share", "train_share")
FEWEST = ((TRAIN, "train_refused"), (VALID, "valid_refused"), (TEST, "test_refused"))


def part_of(person_ids: pa.ChunkedArray) -> Int64:
    """What each row's person is for."""
    coded = pc.dictionary_encode(whole(person_ids))
    start = hashlib.sha256(SALT.encode() + b"\x00")
    unit = np.array([_unit(start, person) for person in coded.dictionary.to_pylist()], dtype=float)
    edges = np.cumsum([limit(name) for name in SHARES[:-1]])
    part = np.searchsorted(edges, unit, side="right")
    return np.asarray(part[coded.indices.to_numpy()], dtype=np.int64)


@dataclass(frozen=True)
class Groups:
    """Labelled moments alike in day, outcome and part; `count` of each."""

    day: Int64
    value: Floats
    part: Int64
    count: Int64


@dataclass(frozen=True)
class Division:
    """Events with a test period of so many months, by what they are for.

    test_from, test_to  days of its first index moment and of the last
    events              of all labelled moments
    train, valid, test  (events, moments without one)
    """

    months: int
    test_from: date
    test_to: date
    events: int
    train: tuple[int, int]
    valid: tuple[int, int]
    test: tuple[int, int]

    @property
    def enough(self) -> bool:
        """Whether training would go on with it."""
        held = {TRAIN: self.train, VALID: self.valid, TEST: self.test}
        return all(min(held[part]) >= limit(name) for part, name in FEWEST)


def divide(
    groups: Groups, horizon: int, test_months: tuple[int, ...], percentile: float | None
) -> Division | None:
    """The first test period that leaves enough, else the first tried; None: no labelled moment.

    percentile  of the training rows from which on an outcome is an event; None: 1 is one
    """
    if not len(groups.day):
        return None
    tried = [_division(groups, horizon, months, percentile) for months in test_months]
    return next((one for one in tried if one.enough), tried[0])


def _division(groups: Groups, horizon: int, months: int, percentile: float | None) -> Division:
    last = EPOCH + timedelta(days=int(groups.day.max()))
    start = _months_before(last + timedelta(days=1), months)
    first = (start - EPOCH).days
    early, late = groups.day + horizon < first, groups.day >= first
    learnt = early & (groups.part == TRAIN)
    event = groups.value >= _high(groups.value[learnt], groups.count[learnt], percentile)

    def held(rows: npt.NDArray[np.bool_]) -> tuple[int, int]:
        return int(groups.count[rows & event].sum()), int(groups.count[rows & ~event].sum())

    return Division(
        months, start, last, int(groups.count[event].sum()), held(learnt),
        held(early & (groups.part == VALID)), held(late & (groups.part == TEST)),
    )  # fmt: skip


def _high(value: Floats, count: Int64, percentile: float | None) -> float:
    """Value from which on it is an event, as training finds it (`training/outcome.py`)."""
    if percentile is None:
        return 1.0
    above = value[value > value.min()] if len(value) else value
    if not len(above):
        return float("inf")
    return float(max(np.percentile(np.repeat(value, count), percentile), above.min()))


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _unit(start: object, person: str) -> float:
    salted = start.copy()  # type: ignore[attr-defined]
    salted.update(person.encode())
    return int.from_bytes(salted.digest()[:6]) / 2**48
