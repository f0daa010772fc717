"""Calendar months of a History and the rows in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from features.observed import ADMISSIONS
from features.quality.totals import Floats, Totals

EPOCH = date(1970, 1, 1)
LEAST_DAYS = 10
"""Days of a month within the extract that it takes to be judged."""
SEEN_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stay": ADMISSIONS,
        "visit": ("all", "medical", "ambulatory"),
        "diagnosis": ADMISSIONS,
        "procedure": ADMISSIONS,
        "dispensing": ("all", "pharmacy"),
        "measurement": ("all", "medical"),
    }
)
"""Table -> kinds of coverage within which its rows are expected."""


@dataclass(frozen=True)
class Month:
    """A calendar month as far as it lies in the extract: days since 1970, `last` included."""

    first: int
    last: int

    @property
    def start(self) -> date:
        return (EPOCH + timedelta(days=self.first)).replace(day=1)

    def place(self, totals: Totals) -> slice:
        """Its days among those of `Totals.by_day`."""
        return slice(self.first - totals.first, self.last + 1 - totals.first)


def month_name(month: Month) -> str:
    return f"{month.start:%Y-%m}"


def months_of(totals: Totals) -> list[Month]:
    """The months from the first fact to the last day the extract can speak of."""
    day = np.arange(totals.first, totals.last + 1)
    edges = np.flatnonzero(np.diff(day.astype("datetime64[D]").astype("datetime64[M]").astype(int)))
    begins = np.r_[0, edges + 1]
    ends = np.r_[edges, len(day) - 1]
    return [Month(int(day[a]), int(day[b])) for a, b in zip(begins, ends, strict=True)]


def series_of(totals: Totals, table: str) -> tuple[Floats, Floats]:
    """Rows of a table by month, and the person-days observed (days, where nobody says)."""
    by_day = totals.by_day.get(table, np.zeros(totals.days, np.int64))
    seen = _observed(totals, table)
    months = months_of(totals)
    rows, exposure = (
        np.array([float(of[month.place(totals)].sum()) for month in months])
        for of in (by_day, seen)
    )
    short = np.array([month.last - month.first + 1 < LEAST_DAYS for month in months])
    return rows, np.where(short, 0.0, exposure)


def _observed(totals: Totals, table: str) -> Floats:
    """People observed on each day by coverage that sees the table, else by any."""
    kinds = [kind for kind in SEEN_BY.get(table, ()) if kind in totals.observed]
    told = [totals.observed[kind] for kind in kinds or totals.observed]
    seen = np.sum(told, axis=0) if told else np.zeros(totals.days)
    return np.asarray(seen if seen.any() else np.ones(totals.days), dtype=np.float64)
