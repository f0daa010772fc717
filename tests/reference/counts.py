"""Measures that count rows, days and costs, and how they changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from features.catalogue import Feature
from tests.reference.choose import (
    PERIODS,
    begun,
    chosen,
    facts,
    known,
    nothing,
    undecided,
)
from tests.reference.codes import in_group, readable
from tests.reference.days import Window, days
from tests.reference.moment import Moment, Value

Measure = Callable[[Moment, Feature, Window], Value]


def count(moment: Moment, feature: Feature, window: Window) -> Value:
    """How many rows; of periods, those that began in the window.

    Unknown beside a period that may or may not be meant, and with codes in the window of which too
    few can be read.
    """
    if feature.table in PERIODS:
        if undecided(moment, feature, window):
            return None
        found = len(begun(moment, feature, window))
    else:
        rows = facts(moment, feature, window)
        if feature.code_set and not readable(moment, feature, rows):
            return None
        found = sum(in_group(feature, row) for row, _ in rows)
    return float(found) if found else nothing(moment, feature, window)


def occurs(moment: Moment, feature: Feature, window: Window) -> Value:
    """1 where there is a row for certain; else unknown beside one that may be meant."""
    if feature.table not in PERIODS:
        return 1.0 if facts(moment, feature, window) else nothing(moment, feature, window)
    if begun(moment, feature, window):
        return 1.0
    unclear = undecided(moment, feature, window)
    return None if unclear else nothing(moment, feature, window)


def total(moment: Moment, feature: Feature, window: Window) -> Value:
    """Sum of the known values; unknown with rows of which none has one.

    Tables are summed one after the other: stays from the first on, facts of one day from the latest
    back. The cost of a stay, which lies in the window with its admission, is known once the stay is
    coded.
    """
    rows, numbers, whole = 0, 0, 0.0
    for table in feature.tables:
        values: list[float | None]
        if table == "stay":
            stays = [s for s in chosen(moment, feature, table) if s.start in window]
            coded = [s.last for s in stays]
            values = [s.row[feature.column] if moment.is_coded(s) else None for s in coded]
        else:
            found = reversed(facts(moment, feature, window, table))
            values = [row[feature.column] for row, _ in found]
        part = 0.0
        for value in values:
            if value is not None and known(value):
                part += value
                numbers += 1
        rows += len(values)
        whole += part
    if not rows:
        return nothing(moment, feature, window)
    return whole if numbers else None


def stayed(moment: Moment, feature: Feature, window: Window) -> Value:
    """Days of the window inside a period, whenever that began; a day in two of them is one day.

    Unknown beside a period of the window that may or may not be meant.
    """
    if undecided(moment, feature, window):
        return None
    spent: set[date] = set()
    for period in chosen(moment, feature):
        spent |= days(period.start, period.end) & window.days
    return float(len(spent)) if spent else nothing(moment, feature, window)


def change(measure: Measure) -> Measure:
    """A measure of the window less that of as many days just before it; unknown if either is."""

    def difference(moment: Moment, feature: Feature, window: Window) -> Value:
        now = measure(moment, feature, window)
        then = measure(moment, feature, window.before(window.length))
        return now - then if isinstance(now, float) and isinstance(then, float) else None

    return difference


def observed_share(moment: Moment, feature: Feature, window: Window) -> Value:
    """Share of the days of the window on which coverage sees the table."""
    return moment.observed(feature, window) / window.length
