"""What stays, visits and supplies cost: by nights and kind, with a heavy tail."""

from __future__ import annotations

import numpy as np

from features.synthetic.compiled import Floats
from features.synthetic.contacts import Visits
from features.synthetic.medicines import Supplies, ingredients
from features.synthetic.observe import NOT_YET, Stays
from features.synthetic.scenario import Scenario


def _spread(rng: np.random.Generator, size: int, sd: float) -> Floats:
    """Log-normal factors of mean 1."""
    return np.exp(sd * rng.standard_normal(size) - sd * sd / 2)


def stay_costs(rng: np.random.Generator, stays: Stays, scenario: Scenario) -> Floats:
    """Cost of each stay, nan while not coded."""
    money = scenario["money"]
    nights = np.where(stays.stop < NOT_YET, np.floor(stays.stop) - np.floor(stays.start), 0.0)
    acute = money["stay_base"] + money["stay_night"] * nights
    days = money["nursing_day"] * np.maximum(nights, 1.0)
    base = np.choose(
        stays.setting, [acute, np.full(nights.size, money["emergency"]), days, 0.5 * days]
    )
    cost = base * _spread(rng, nights.size, money["stay_spread"])
    return np.where(stays.coded_known < NOT_YET, np.round(cost, 2), np.nan)


def visit_costs(rng: np.random.Generator, visits: Visits, scenario: Scenario) -> Floats:
    money = scenario["money"]
    level = np.array([0.8, 1.9, 0.5, 1.0])[visits.setting]
    factor = _spread(rng, visits.setting.size, money["visit_spread"])
    return np.round(money["visit"] * level * factor, 2)


def supply_costs(rng: np.random.Generator, supplies: Supplies, scenario: Scenario) -> Floats:
    """Each ingredient has its price; a few are dear."""
    money = scenario["money"]
    n = len(ingredients())
    price = money["medicine"] * np.exp(money["medicine_spread"] * np.linspace(-2, 2.4, n))
    price = price[np.argsort((np.arange(n) * 37) % n, kind="stable")]
    return np.round(price[supplies.ingredient] * _spread(rng, supplies.at.size, 0.2), 2)
