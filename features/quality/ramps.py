"""Ramps and holes in a series of rows by month: where a source begins, ends or pauses.

A rate of a month is its rows per person-day observed (per day where nothing is said of being
observed), so that a population that grows or dies out is no ramp. A month is judged against two:

    usual   the median rate of the 24 months beyond it, away from the end in question; a median,
            because half of those months may be odd without moving it
    season  the highest rate of the same month in other years: a month that is low every year is
            no ramp. Where there is no other year, `SEASON` below the usual rate, so that within
            one year only what no season explains is told

The lower of the two is expected. A ramp is the longest run of months that reaches the end of the
series, each at least `SHORT` below what is expected, and that lacks at least `DEEP` in its lowest
month (`GONE` where the run is longer than a year, so that a rate that falls or grows by a seventh a
year is no ramp). A hole is a run in the middle, each month at least `HOLE` below what its
neighbours and its season expect; neighbours are those of half a year, of one and of two years on
each side, of which the highest median counts, because a hole of many months is most of what lies
near. All three limits give way to noise: to twice (`SHORT`) or four times (`DEEP`, `HOLE`) the
spread of a month, which is the larger of what months of so few rows differ by chance (Poisson) and
what neighbouring months do differ by (median of their differences, so that neither a ramp nor a
season adds to it). A few dozen rows a month show no ramp, and none is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHORT, DEEP, HOLE = 0.15, 1 / 3, 0.5
SHORT_SPREADS, DEEP_SPREADS = 2.0, 4.0
SEASON = 0.35
USUAL_MONTHS = 24
LEAST_MONTHS = 6
"""Months a usual rate is the median of, at least; a shorter series is not judged."""
YEAR, GONE = 12, 0.75
"""A ramp of more than a year lacks at least so much in its lowest month: less is a trend."""
NEAR_MONTHS = (6, 12, 24)
"""Months on each side that a month in the middle is held against."""
LEAST_EXPOSURE = 0.1
"""A month with a smaller share of the best month's person-days is too little to judge."""
MAD = 1.4826
"""Median absolute deviation of a normal distribution -> its standard deviation."""


@dataclass(frozen=True)
class Ramp:
    """Months [first, end) of a series that are short.

    kind   "up" at the start, "down" at the end, "hole" between
    lost   share of the expected rows that the run lacks, 0 to 1
    depth  the same of its shortest month
    """

    kind: str
    first: int
    end: int
    lost: float
    depth: float


def find_ramps(rows: Floats, exposure: Floats) -> list[Ramp]:
    """Ramps and holes of a series, in order of time.

    rows, exposure  by month; months without enough exposure are passed over
    """
    places = np.flatnonzero(exposure >= LEAST_EXPOSURE * max(float(exposure.max(initial=0)), 1e-9))
    if len(places) < LEAST_MONTHS + 1:
        return []
    kept, seen = rows[places].astype(float), exposure[places].astype(float)
    series = _Series(kept / seen, seen, places)
    down = series.ramp()
    up = series.reversed().ramp()
    n = len(places)
    first, end = (0 if up is None else up[0]), (n if down is None else n - down[0])
    found = [] if up is None else [Ramp("up", *series.span(0, up[0]), *up[1:])]
    found += [Ramp("hole", *series.span(a, b), *r) for a, b, *r in series.holes(first, end)]
    return found + ([] if down is None else [Ramp("down", *series.span(end, n), *down[1:])])


@dataclass(frozen=True)
class _Series:
    """Rates by month. places: the number of each month, counted through the gaps."""

    rate: Floats
    seen: Floats
    places: npt.NDArray[np.int64]

    def reversed(self) -> _Series:
        """The series told backwards, so that its start is an end."""
        return _Series(self.rate[::-1], self.seen[::-1], -self.places[::-1])

    def span(self, first: int, end: int) -> tuple[int, int]:
        return int(self.places[first]), int(self.places[end - 1]) + 1

    def ramp(self) -> tuple[int, float, float] | None:
        """Months of the ramp at the end, share lost, depth; None where there is none."""
        best = None
        for length in range(1, len(self.rate) - LEAST_MONTHS + 1):
            start = len(self.rate) - length
            usual = float(np.median(self.rate[max(0, start - USUAL_MONTHS) : start]))
            expected = self._expected(usual)[start:]
            lacking = _lacking(self.rate[start:], expected)
            if lacking.min() < SHORT or lacking.max() < (DEEP if length <= YEAR else GONE):
                continue
            spread = self._spread(usual, start)
            if lacking.min() >= SHORT_SPREADS * spread and lacking.max() >= DEEP_SPREADS * spread:
                best = (length, *self._lost(start, len(self.rate), expected, lacking))
        return best

    def holes(self, first: int, end: int) -> list[tuple[int, int, float, float]]:
        """Runs of empty or nearly empty months in [first, end): begin, end, share lost, depth."""
        expected = self._expected(
            np.array([self._around(k, first, end) for k in range(len(self.rate))])
        )
        usual = float(np.median(self.rate[first:end])) if end > first else 0.0
        limit = max(HOLE, DEEP_SPREADS * self._spread(usual, end))
        lacking = _lacking(self.rate, expected)
        low = lacking >= limit
        low[:first], low[end:] = False, False
        edges = np.flatnonzero(np.diff(np.r_[False, low, False]))
        return [
            (int(a), int(b), *self._lost(a, b, expected[a:b], lacking[a:b]))
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]

    def _around(self, k: int, first: int, end: int) -> float:
        """Highest median rate of the months near by, however far that reaches."""
        near = (self.rate[max(first, k - far) : min(end, k + far + 1)] for far in NEAR_MONTHS)
        return max(float(np.median(rates)) if len(rates) else 0.0 for rates in near)

    def _expected(self, usual: float | Floats) -> Floats:
        """By month: the usual rate, or the season's where that is lower."""
        season = np.where(self._seasons > 0, self._seasons, (1 - SEASON) * np.asarray(usual))
        return np.minimum(usual, season)

    @cached_property
    def _seasons(self) -> Floats:
        """Highest rate of the same month in other years; 0 where there is no other year."""
        highest = np.zeros(len(self.rate))
        for month in range(12):
            same = np.flatnonzero(self.places % 12 == month)
            if len(same) > 1:
                second, most = np.sort(self.rate[same])[-2:]
                highest[same] = np.where(self.rate[same] == most, second, most)
        return highest

    def _spread(self, usual: float, end: int) -> float:
        """How much a month differs from the usual rate by chance, as a share of it."""
        if usual <= 0:
            return np.inf
        chance = 1 / np.sqrt(usual * float(np.median(self.seen)))
        steps = np.abs(np.diff(self.rate[:end]))
        return (
            float(max(chance, MAD * np.median(steps) / np.sqrt(2) / usual)) if len(steps) else 1.0
        )

    def _lost(self, a: int, b: int, expected: Floats, lacking: Floats) -> tuple[float, float]:
        whole = float((expected * self.seen[a:b]).sum())
        had = float((self.rate[a:b] * self.seen[a:b]).sum())
        return 1 - had / whole, float(lacking.max())


def _lacking(rate: Floats, expected: Floats) -> Floats:
    """Share of what is expected that is lacking, 0 where nothing is."""
    return np.where(expected > 0, 1 - rate / np.where(expected > 0, expected, 1), 0.0)
