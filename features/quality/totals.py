"""What is added up over all buckets of a History for figures, charts and checks of the whole.

Every part is a count that adds up, so that buckets are read one at a time and then forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.quality.view import EVENTS, Int64, View
from features.tables.buffers import whole
from features.tables.contract import Table
from features.tables.manifest import Manifest
from features.tables.schema import TABLES
from features.windows import NO_DAY

Floats = npt.NDArray[np.float64]

KNOWN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "stay": (
        ("admitted_at", "admitted_known"),
        ("discharged_at", "discharged_known"),
        ("discharged_at", "coded_known"),
    ),
    **{name: ((time, "known_at"),) for name, time in EVENTS.items() if name != "stay"},
}
"""Table -> when something of it happens and when it is known."""
SAID = ("admission_method", "discharged_to")
LONGEST = 3_650
"""Delays are counted by the day, up to ten years either way."""
COSTLY = ("stay", "visit", "dispensing")
STEP = 0.05
"""Costs are counted by twentieths of a power of ten."""


@dataclass(eq=False)
class Totals:
    """Counts of a History.

    by_day     table -> rows of each day of [first, last]; other days are not counted
    observed   kind of coverage -> people observed on each of these days
    nulls      (table, column) -> nulls
    delays     (table, known column) -> rows by days from happening to known, -LONGEST on
    costs      table -> positive costs by twentieth of a power of ten
    units      (code system, code, unit) -> measurements
    coded      discharge day -> [acute stays, those without a diagnosis], as `by_day`
    tied       number of diagnoses -> acute stays with so many
    events     event of the programme -> rows
    stays      (column, value) of stays -> rows: setting of all; how admitted and where discharged
               to of acute ones
    """

    manifest: Manifest
    by_day: dict[str, Int64] = field(default_factory=dict)
    observed: dict[str, Int64] = field(default_factory=dict)
    nulls: Counter[tuple[str, str]] = field(default_factory=Counter)
    delays: dict[tuple[str, str], Int64] = field(default_factory=dict)
    costs: dict[str, Counter[int]] = field(default_factory=dict)
    units: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    coded: Int64 | None = None
    tied: Counter[int] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    stays: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def first(self) -> int:
        return (self.manifest.first - date(1970, 1, 1)).days

    @property
    def last(self) -> int:
        """Last day the extract can speak of."""
        return (max(self.manifest.last_known.date(), self.manifest.first) - date(1970, 1, 1)).days

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    def rows(self, table: str) -> int:
        return int(self.manifest.tables[table]["rows"])

    def quantile(self, table: str, known: str, share: float) -> int | None:
        """Days from happening to known within which this share is known; None: no row."""
        counts = self.delays.get((table, known))
        if counts is None or not counts.sum():
            return None
        return int(np.searchsorted(np.cumsum(counts), share * counts.sum())) - LONGEST

    def add(self, view: View) -> None:
        """Add a bucket."""
        for name, table in TABLES.items():
            self._nulls(name, table, view)
        for name, time in EVENTS.items():
            self._sum(self.by_day, name, self._per_day(view.day(name, time)))
            for happened, known in KNOWN[name]:
                self._delay(view, name, happened, known)
        self._coverage(view)
        self._stays(view)
        for name in COSTLY:
            self._costs(name, view)
        self._measured(view)
        self.events.update(_counted(view.tables["programme"]["event"]))

    def _nulls(self, name: str, table: Table, view: View) -> None:
        for column in table.columns:
            self.nulls[name, column.name] += view.tables[name][column.name].null_count

    def _per_day(self, day: npt.NDArray[np.int32]) -> Int64:
        place = day.astype(np.int64) - self.first
        inside = (place >= 0) & (place < self.days)
        return np.bincount(place[inside], minlength=self.days)

    def _sum(self, into: dict[str, Int64], name: str, counts: Int64) -> None:
        into[name] = into[name] + counts if name in into else counts

    def _delay(self, view: View, name: str, happened: str, known: str) -> None:
        began, told = view.day(name, happened), view.day(name, known)
        both = (began != NO_DAY) & (told != NO_DAY)
        delay = told[both].astype(np.int64) - began[both]
        counts = np.bincount(np.clip(delay, -LONGEST, LONGEST) + LONGEST, minlength=2 * LONGEST + 1)
        key = (name, known)
        self.delays[key] = self.delays[key] + counts if key in self.delays else counts

    def _coverage(self, view: View) -> None:
        start = view.day("coverage", "from_at").astype(np.int64) - self.first
        end = view.day("coverage", "to_at").astype(np.int64) - self.first
        start, end = (np.clip(edge, 0, self.days) for edge in (start, end))
        for kind in pc.unique(view.tables["coverage"]["kind"]).to_pylist():
            own = view.is_("coverage", "kind", kind)
            steps = np.bincount(start[own], minlength=self.days + 1)
            steps = steps - np.bincount(end[own], minlength=self.days + 1)
            self._sum(self.observed, kind, np.cumsum(steps)[:-1])

    def _stays(self, view: View) -> None:
        """Acute stays by day of discharge, and those without a diagnosis."""
        day = view.day("stay", "discharged_at")
        ended = view.acute & (day != NO_DAY)
        pair = np.stack([self._per_day(day[ended]), self._per_day(day[ended & ~view.coded])])
        self.coded = pair if self.coded is None else self.coded + pair
        stay = view.tables["stay"]
        acute = stay.filter(pa.array(view.acute))
        for rows, column in ((stay, "setting"), *((acute, name) for name in SAID)):
            self.stays.update({(column, v): n for v, n in _counted(rows[column]).items()})
        number = np.bincount(view.diagnoses[ended])
        self.tied.update({int(n): int(number[n]) for n in np.flatnonzero(number)})

    def _costs(self, name: str, view: View) -> None:
        cost = whole(view.tables[name]["cost"])
        cost = cost.filter(pc.fill_null(pc.greater(cost, 0), False)).to_numpy(zero_copy_only=False)
        bins, counts = np.unique(np.floor(np.log10(cost) / STEP).astype(int), return_counts=True)
        mine = self.costs.setdefault(name, Counter())
        mine.update(dict(zip(bins.tolist(), counts.tolist(), strict=True)))

    def _measured(self, view: View) -> None:
        rows = view.tables["measurement"]
        numbers = rows.filter(pc.is_valid(rows["value"])).select(["code_system", "code", "unit"])
        numbers = pa.table({n: pc.fill_null(numbers[n], "") for n in numbers.column_names})
        found = numbers.group_by(["code_system", "code", "unit"]).aggregate([([], "count_all")])
        for row in found.to_pylist():
            self.units[row["code_system"], row["code"], row["unit"]] += row["count_all"]


def _counted(values: pa.ChunkedArray) -> dict[str, int]:
    """How often each value occurs; "unknown" for null."""
    found = pc.value_counts(whole(pc.fill_null(values, "unknown")))
    return {str(v["values"]): int(v["counts"]) for v in found.to_pylist()}
