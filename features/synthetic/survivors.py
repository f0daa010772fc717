"""The people a population begins with: those who have lived until the day they enter.

Years are lived before anyone is observed, so that a first year has the readmissions, the functional
loss and the survivors that a later one has. Who dies in them is drawn anew, of the same age: the
gravely ill are then as rare on the first day as on any other, and the ages are those asked for.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.synthetic.compiled import Ints
from features.synthetic.conditions import effects
from features.synthetic.life import live_to_entry, room
from features.synthetic.order import Order, months, rates
from features.synthetic.people import People, World, draw_ages, draw_people

MOST_ROUNDS = 100
"""Rounds of drawing anew; with usual hazards three or four are enough."""


def draw_survivors(
    rng: np.random.Generator, ids: npt.NDArray[np.bytes_], here: World, order: Order
) -> People:
    """The people with these ids, all alive on the day they enter."""
    age = draw_ages(rng, ids.size, order.ages, order.scenario)
    people = draw_people(rng, ids, here, order.period, age, order.scenario)
    dead = _dead(people, order)
    for _ in range(MOST_ROUNDS):
        if not dead.size:
            return people
        others = draw_people(rng, ids[dead], here, order.period, age[dead], order.scenario)
        people = _replaced(people, dead, others)
        dead = dead[_dead(others, order)]
    raise InputError(
        "hardly anyone lives to the first day",
        where=f"scenario {order.scenario.name}, section death",
        cure="lower its base or its age",
    )


def _dead(people: People, order: Order) -> Ints:
    """Positions of those who die before they enter."""
    scratch = room(people.ids.size, 1)
    does, numbers = effects(order.scenario), rates(order.scenario, order.period)
    args = (people.fixed, people.seeds, people.onset, does, numbers, months(order.period))
    live_to_entry(*args, scratch)
    return np.flatnonzero(np.isfinite(scratch.died))


def _replaced(people: People, at: Ints, others: People) -> People:
    """`people` with `others` in the places `at`."""
    columns = {}
    for field in fields(People):
        column = getattr(people, field.name).copy()
        column[at] = getattr(others, field.name)
        columns[field.name] = column
    return People(**columns)
