"""Does the event rate change over the years the rows come from?

A trend is tested with people, not rows, as the unit: the slope of the outcome on the calendar
period with a cluster-robust variance (Liang KY, Zeger SL, Biometrika 1986;73:13-22). It says that
the rate moved, and refuses to say why: care, coding, and the extract's own ends all do it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.recipe import Drift

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Period:
    """A calendar period: its name ("2009-H1"), rows, events, and their ratio."""

    name: str
    rows: int
    events: int

    @property
    def rate(self) -> float:
        return self.events / self.rows

    def to_json(self) -> dict[str, object]:
        return {"period": self.name, "rows": self.rows, "events": self.events, "rate": self.rate}


@dataclass(frozen=True)
class Trend:
    """The event rate by period and the test for a trend.

    change  fitted change from the first period to the last, as a share of the mean rate
    p       of the hypothesis that there is no trend; 1 where it cannot be tested
    """

    of: str
    periods: tuple[Period, ...]
    change: float
    p: float
    told: bool

    def warning(self) -> dict[str, object]:
        """The warning of the train answer: code, text and the periods."""
        first, last = self.periods[0], self.periods[-1]
        way = "falls" if self.change < 0 else "rises"
        chance = "under 0.0001" if self.p < 0.0001 else f"{self.p:.4f}"
        text = (
            f"drift by period: the share of {self.of} {way} over the periods, {first.rate:.1%} in "
            f"{first.name} and {last.rate:.1%} in {last.name} (trend p {chance}); risks learnt on "
            "the early periods need not hold in the late ones"
        )
        periods = [period.to_json() for period in self.periods]
        return {"code": "drift", "of": self.of, "text": text, "periods": periods}


def trend(y: Floats, day: Ints, person: Ints, *, of: str, settings: Drift) -> Trend:
    """The trend of `y` (0/1) over the periods that `day` (days since 1970-01-01) falls into.

    person  a number per person, shared by that person's rows
    """
    period = _periods(day, settings.months)
    rows = np.bincount(period - period.min()) if len(period) else np.zeros(0, dtype=np.int64)
    events = np.bincount(period - period.min(), weights=y) if len(period) else rows
    seen = np.flatnonzero(rows)
    named = tuple(
        Period(_name(int(period.min() + i), settings.months), int(rows[i]), int(events[i]))
        for i in seen
    )
    change, p = _slope(y, period.astype(np.float64), person)
    told = p < settings.p and abs(change) >= settings.change and len(named) > 1
    return Trend(of, named, change, p, told)


def _slope(y: Floats, x: Floats, person: Ints) -> tuple[float, float]:
    """Relative change over the range of x, and its two-sided p with people as clusters."""
    if len(y) < 2 or y.mean() == 0:
        return 0.0, 1.0
    centred = x - x.mean()
    spread = float(centred @ centred)
    if spread == 0:
        return 0.0, 1.0
    slope = float(centred @ y) / spread
    scores = np.bincount(person, weights=centred * (y - y.mean() - slope * centred))
    people = len(np.unique(person))
    variance = float(scores @ scores) / spread**2 * people / max(people - 1, 1)
    change = slope * float(x.max() - x.min()) / float(y.mean())
    if variance == 0:
        return change, 1.0
    return change, math.erfc(abs(slope) / math.sqrt(2 * variance))


def _periods(day: Ints, months: int) -> Ints:
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(np.floor_divide(month, months), dtype=np.int64)


def _name(period: int, months: int) -> str:
    year, place = divmod(period * months, 12)
    letter = {3: "Q", 6: "H"}.get(months)
    return f"{1970 + year}" + (f"-{letter}{place // months + 1}" if letter else "")
