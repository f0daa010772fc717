"""What is asked of the generator, and the numbers that follow from it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from features.synthetic.compiled import Ints, Records, rows_of
from features.synthetic.hazards import YEAR, Rates
from features.synthetic.people import BURN_IN, Period
from features.synthetic.scenario import Scenario

EPOCH = date(1970, 1, 1)
NEVER = 1e9


@dataclass(frozen=True)
class Order:
    """What is asked for: the same order gives the same bytes."""

    people: int
    seed: int
    period: Period
    ages: str
    scenario: Scenario


def day(when: date) -> int:
    return (when - EPOCH).days


def rates(scenario: Scenario, period: Period) -> Records:
    """The numbers of a scenario as one record (`hazards.Rates`)."""
    made = rows_of(Rates, 1)
    for name in Rates.__annotations__:
        section, key = name.split("_", 1)
        if name != "drift_from":
            made[name] = scenario[section][key]
    years = scenario["drift"]["years"]
    made["drift_from"] = period.end - round(years * YEAR) if years else NEVER
    return made


def months(period: Period) -> Ints:
    """First days of the months around the period, from a January on."""
    first = EPOCH.toordinal()
    start, stop = (date.fromordinal(first + at).year for at in (period.first, period.end))
    years = range(start - 1 - BURN_IN // 365, stop + 2)
    return np.array([day(date(year, month, 1)) for year in years for month in range(1, 13)])
