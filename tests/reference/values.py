"""Measures of values: known ones, in order; and of the days of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from features.catalogue import Feature
from tests.reference.choose import (
    PERIODS,
    Period,
    begun,
    chosen,
    ended,
    facts,
    known,
    meets,
    undecided,
)
from tests.reference.codes import in_group
from tests.reference.days import Window, day
from tests.reference.moment import Moment, Value

Numbers = Sequence[float]


def days_since(moment: Moment, feature: Feature, window: Window) -> Value:
    """Days from the last such date in the window to the index day; unknown: there is none.

    An admission, or with column discharged_at a discharge; a period that may or may not be meant
    is none.
    """
    if feature.table in PERIODS:
        by_end = feature.column == "discharged_at"
        dates = [p.left if by_end else p.start for p in chosen(moment, feature)]
        dates = [on for on in dates if on in window]
    else:
        dates = [on for row, on in facts(moment, feature, window) if in_group(feature, row)]
    return float(min((moment.day - on).days for on in dates)) if dates else None


def values(moment: Moment, feature: Feature, window: Window) -> list[float]:
    """The known values of the rows in order; nights of the periods that began in the window."""
    if feature.table in PERIODS:
        return [nights(period) for period in begun(moment, feature, window)]
    found = (row[feature.column] for row, _ in facts(moment, feature, window))
    return [float(value) for value in found if known(value)]


def nights(period: Period) -> float:
    """From the day of admission to that of discharge; to the index day while that is not known."""
    return float((period.left - period.start).days)


def of_values(least: int, take: Callable[[Numbers], float]) -> Callable[..., Value]:
    """A measure of the known values; unknown with fewer than `least`, or beside a period that may
    or may not be meant."""

    def measure(moment: Moment, feature: Feature, window: Window) -> Value:
        if feature.table in PERIODS and undecided(moment, feature, window):
            return None
        found = values(moment, feature, window)
        return float(take(found)) if len(found) >= least else None

    return measure


def mean(numbers: Numbers) -> float:
    """Their sum, taken from the latest back, over their number."""
    whole = 0.0
    for number in reversed(numbers):
        whole += number
    return whole / len(numbers)


first = of_values(1, lambda numbers: numbers[0])
least = of_values(1, min)
most = of_values(1, max)
average = of_values(1, mean)
changed = of_values(2, lambda numbers: numbers[-1] - numbers[0])


def out_of_range(moment: Moment, feature: Feature, window: Window) -> Value:
    """How many known values lie below `low` or above `high`; none of them needs a value."""
    found = values(moment, feature, window)
    low = [value for value in found if feature.low is not None and value < feature.low]
    high = [value for value in found if feature.high is not None and value > feature.high]
    return float(len(low) + len(high)) if found else None


def last(moment: Moment, feature: Feature, window: Window) -> Value:
    """The last known value; of periods, of the last admitted of those that ended in the window."""
    if feature.table == "registration":
        return last_registration(moment, feature)
    if feature.table in PERIODS:
        found = ended(moment, feature, window)
        if not found:
            return None
        if feature.column == "nights":
            return nights(found[-1])
        value: Value = found[-1].last.row[feature.column]
        return value
    numbers = values(moment, feature, window)
    return numbers[-1] if numbers else None


def last_registration(moment: Moment, feature: Feature) -> Value:
    """Of the registration begun last of those that held on the day before the index day, if it
    meets the filter; how many days it had lasted by the index day is known too."""
    for row in reversed(moment.rows["registration"]):
        holds = row["to_at"] is None or day(row["to_at"]) >= moment.day
        if moment.in_view(row["known_at"], day(row["from_at"])) and holds:
            if not meets(feature, row):
                return None
            if feature.column == "days":
                return float((moment.day - day(row["from_at"])).days)
            value = row[feature.column]
            return float(value) if isinstance(value, bool) else value
    return None
