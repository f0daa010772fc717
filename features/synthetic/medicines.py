"""Medicines supplied: 90 days at a time from the onset of a condition, by ingredient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from features.synthetic.compiled import Floats, Ints
from features.synthetic.conditions import conditions
from features.synthetic.observe import minutes, seen
from features.synthetic.people import People, Period
from features.synthetic.scenario import Scenario


@dataclass(frozen=True)
class Supplies:
    """Supplies in order of person, day, ingredient; `ingredient` a position in `ingredients()`."""

    person: Ints
    at: Floats
    known: Floats
    ingredient: Ints


@cache
def ingredients() -> tuple[str, ...]:
    """Names of the ingredients in order."""
    return tuple(sorted({name for pairs in conditions().medicines for name, _ in pairs}))


@cache
def _treatments() -> tuple[tuple[int, int, float], ...]:
    known = {name: n for n, name in enumerate(ingredients())}
    return tuple(
        (condition, known[name], share)
        for condition, pairs in enumerate(conditions().medicines)
        for name, share in pairs
    )


def draw_supplies(
    rng: np.random.Generator, people: People, died: Floats, period: Period, scenario: Scenario
) -> Supplies:
    """The supplies of a bucket."""
    medicines = scenario["medicines"]
    start = _starts(rng, people, scenario)
    stop = np.minimum(died[:, None], period.end)
    n, count = start.shape
    ends = rng.random((n, count)) < medicines["stop"]
    begun = np.minimum(start, period.end)
    stop = np.where(ends, begun + (period.end - begun) * rng.random((n, count)), stop)
    entry = people.fixed["entry"][:, None]
    phase = medicines["supply_days"] * rng.random((n, count))
    start = np.where(start < entry, entry + phase, start)
    span = np.maximum(stop - np.minimum(start, period.end), 0.0)
    fills = np.ceil(span / medicines["supply_days"]).astype(np.int64)
    person, ingredient = np.divmod(np.repeat(np.arange(n * count), fills.ravel()), count)
    number = np.arange(person.size) - np.repeat(np.cumsum(fills) - fills.ravel(), fills.ravel())
    at = start[person, ingredient] + medicines["supply_days"] * number
    at = np.floor(at + 8.0 * rng.random(at.size))
    late = rng.exponential(medicines["delay_days"], at.size)
    known = minutes(at + 0.7 + late)
    taken = rng.random(at.size) < people.adherence[person] * (1.0 - medicines["skip"])
    keep = taken & seen(people, person, at, period) & (at < died[person]) & (known < period.end)
    rows = np.flatnonzero(keep)
    order = rows[np.lexsort((ingredient[rows], known[rows], at[rows], person[rows]))]
    return Supplies(person[order], at[order], known[order], ingredient[order])


def _starts(rng: np.random.Generator, people: People, scenario: Scenario) -> Floats:
    """Day each ingredient is first supplied, shape (people, ingredients), inf for never."""
    n, medicines = people.ids.size, scenario["medicines"]
    starts: npt.NDArray[np.float64] = np.full((n, len(ingredients())), np.inf)
    worse = people.access < 0.999
    treated = np.where(worse, scenario["access"]["treatment"], 1.0)
    for condition, ingredient, share in _treatments():
        taken = rng.random(n) < share * treated
        at = people.onset[:, condition] + rng.exponential(medicines["start_days"], n)
        starts[:, ingredient] = np.minimum(starts[:, ingredient], np.where(taken, at, np.inf))
    return starts
