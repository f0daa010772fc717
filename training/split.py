"""Which rows are for what: by time with an embargo, and by person for ever.

A person's part hangs on sha256(salt, person_id) alone, so that a test person of one version is
never trained on in the next. A test row lies in the last period; every other row ends, with its
horizon, before that period begins. Rows that are neither are used for nothing. A split that leaves
too few events for an honest answer is refused.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from training.recipe import PARTS, Shares, Split

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]
Parts = npt.NDArray[np.int8]

UNUSED = -1
TRAIN, VALID, CALIBRATION, TEST = range(4)
EPOCH = date(1970, 1, 1)
BY_PERSON, BY_PERSON_AND_TIME = "person", "person and time"


@dataclass(frozen=True)
class Divided:
    """Rows divided, by person and for one test period.

    part        per row: position in PARTS, or UNUSED
    test_start  first day of the test period; test_end is the first day after it
    test_months its length
    Without times (None) rows are divided by person alone.
    """

    part: Parts
    test_start: date | None = None
    test_end: date | None = None
    test_months: int | None = None

    def rows(self, part: int) -> Bools:
        return np.asarray(self.part == part)

    def to_json(self) -> dict[str, object]:
        counts = {name: int((self.part == i).sum()) for i, name in enumerate(PARTS)}
        return {
            "by": BY_PERSON if self.test_start is None else BY_PERSON_AND_TIME,
            "test_start": None if self.test_start is None else self.test_start.isoformat(),
            "test_end": None if self.test_end is None else self.test_end.isoformat(),
            "test_months": self.test_months,
            "rows": counts | {"unused": int((self.part == UNUSED).sum())},
        }


def positions(salt: str, person_ids: pa.Array | pa.ChunkedArray) -> Floats:
    """Where each row's person stands in [0, 1), by sha256(salt, person_id)."""
    coded = pc.dictionary_encode(_whole(person_ids))
    start = hashlib.sha256(salt.encode() + b"\x00")
    unit = np.array([_unit(start, person) for person in coded.dictionary.to_pylist()], dtype=float)
    return np.asarray(unit[coded.indices.to_numpy()])


def parts_of(position: Floats, shares: Shares) -> Parts:
    """The part a person at this position is for; the test people stand first."""
    edges = np.cumsum([shares.test, shares.calibration, shares.valid])
    order = np.array([TEST, CALIBRATION, VALID, TRAIN], dtype=np.int8)
    return order[np.searchsorted(edges, position, side="right")]


def divide(people: Parts, index_day: Days, horizon: int, months: int) -> Divided:
    """Rows of people's `parts_of` divided in time.

    index_day  day of the index moment (days since 1970-01-01)
    horizon    days after the index day that the outcome may use; the last one is before test_start
    """
    last = int(index_day.max()) if len(index_day) else 0
    end = EPOCH + timedelta(days=last + 1)
    start = months_before(end, months)
    first_test = (start - EPOCH).days
    early = index_day + horizon < first_test
    late = index_day >= first_test
    part = np.full(len(index_day), UNUSED, dtype=np.int8)
    part[early & (people != TEST)] = people[early & (people != TEST)]
    part[late & (people == TEST)] = TEST
    return Divided(part, start, end, months)


def choose(
    people: Parts,
    index_day: Days,
    horizon: int,
    split: Split,
    outcome: Callable[[Divided], Bools],
) -> tuple[Divided, Bools]:
    """The first test period of the recipe that leaves enough events, and the rows' outcomes.

    outcome  gives the event of each row, given which rows are for training (a threshold may be
             learnt on them)
    Raises InputError saying what is too few, where, and the cure.
    """
    lacks: list[str] = []
    for months in split.test_months:
        divided = divide(people, index_day, horizon, months)
        if not divided.rows(TRAIN).any():
            lacks.append(f"with a test period of {months} months no row is left to train on")
            continue
        y = outcome(divided)
        lack = _lack(divided, y, split)
        if not lack:
            return divided, y
        lacks.append(f"with a test period of {months} months {lack}")
    where = f"{len(index_day)} labelled index moments {_span(index_day)}"
    raise _too_little(lacks[0] if lacks else "no labelled row", where)


def choose_people(
    people: Parts, split: Split, outcome: Callable[[Divided], Bools]
) -> tuple[Divided, Bools]:
    """Rows without times, divided by person alone, and their outcomes. Raises InputError."""
    divided = Divided(people)
    y = outcome(divided)
    lack = _lack(divided, y, split)
    if lack:
        raise _too_little(lack, f"{len(people)} labelled rows")
    return divided, y


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier (or that month's last day)."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _lack(divided: Divided, y: Bools, split: Split) -> str:
    needs = (
        (TRAIN, split.fewest.train),
        (VALID, split.fewest.valid),
        (TEST, split.fewest.test),
    )
    for part, needed in needs:
        inside = y[divided.rows(part)]
        events = int(inside.sum())
        for what, count in (("events", events), ("rows without one", len(inside) - events)):
            if count < needed:
                return f"the {PARTS[part]} rows hold {count} {what} and {needed} are needed"
    return ""


def _too_little(lack: str, where: str) -> InputError:
    return InputError(
        f"too little to learn from and to test on: {lack}",
        where=where,
        cure="give data of more people or more years, or lower split.fewest in the recipe",
    )


def _span(index_day: Days) -> str:
    if not len(index_day):
        return "in all"
    first, last = (EPOCH + timedelta(days=int(d)) for d in (index_day.min(), index_day.max()))
    return f"from {first} to {last}"


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _unit(start: object, person: str) -> float:
    salted = start.copy()  # type: ignore[attr-defined]
    salted.update(person.encode())
    return int.from_bytes(salted.digest()[:6]) / 2**48
