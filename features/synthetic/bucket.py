"""One bucket of people from seed to tables: the story of the simulation, read downwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.synthetic import coding, lifelong, money, rows
from features.synthetic.compiled import Floats, Ints
from features.synthetic.conditions import effects
from features.synthetic.contacts import Visits, draw_visits
from features.synthetic.life import Record, live, room
from features.synthetic.measures import Measures, draw_measures
from features.synthetic.medicines import Supplies, draw_supplies
from features.synthetic.observe import Stays, observed_stays, whole_gaps
from features.synthetic.order import Order, months, rates
from features.synthetic.people import People, World
from features.synthetic.survivors import draw_survivors


@dataclass(frozen=True)
class Bucket:
    """All that happened to the people of a bucket and what of it was observed."""

    people: People
    lived: Record
    died: Floats
    death_known: Floats
    stays: Stays
    reason: Ints
    planned: npt.NDArray[np.bool_]
    stay_cost: Floats
    visits: Visits
    visit_cost: Floats
    supplies: Supplies
    supply_cost: Floats
    diagnoses: list[coding.Facts]
    procedures: coding.Facts
    measures: Measures


def lives(people: People, order: Order) -> Record:
    """The lives of the people, in as much room as they need."""
    each = 16
    while True:
        out = room(people.ids.size, each)
        does, numbers = effects(order.scenario), rates(order.scenario, order.period)
        args = (people.fixed, people.seeds, people.onset, does, numbers, months(order.period))
        if live(*args, order.period.end, out):
            stays, moments, offers = out.used
            return Record(
                out.stays[:stays],
                out.moments[:moments],
                out.states[:moments],
                out.offers[:offers],
                out.died,
                out.used,
            )
        each *= 2


def simulate(order: Order, number: int, ids: npt.NDArray[np.bytes_], here: World) -> Bucket:
    """Draw, live and observe the people with these ids."""
    rng = np.random.default_rng(np.random.SeedSequence([order.seed, number]))
    period, scenario = order.period, order.scenario
    people = draw_survivors(rng, ids, here, order)
    lived = lives(people, order)
    people = whole_gaps(people, lived.stays)
    stays = observed_stays(rng, people, lived.stays, here, period, scenario)
    planned = stays.method == 1
    reason = coding.choose_reasons(rng, people, stays, planned)
    severity, deficits = (lived.stays[name][stays.source] for name in ("severity", "deficits"))
    visits = draw_visits(rng, people, stays, lived.died, period, scenario)
    supplies = draw_supplies(rng, people, lived.died, period, scenario)
    died, death_known = lifelong.deaths(rng, lived.died, period, scenario)
    return Bucket(
        people=people,
        lived=lived,
        died=died,
        death_known=death_known,
        stays=stays,
        reason=reason,
        planned=planned,
        stay_cost=money.stay_costs(rng, stays, scenario),
        visits=visits,
        visit_cost=money.visit_costs(rng, visits, scenario),
        supplies=supplies,
        supply_cost=money.supply_costs(rng, supplies, scenario),
        diagnoses=[
            coding.stay_codes(rng, people, stays, reason, severity, period, scenario),
            coding.visit_codes(rng, people, visits, period, scenario),
        ],
        procedures=coding.procedures(rng, stays, reason, planned),
        measures=draw_measures(rng, people, stays, visits, severity, deficits, period, scenario),
    )


def tables(order: Order, number: int, one: Bucket, here: World) -> dict[str, pa.Table]:
    """The canonical tables of a bucket."""
    rng = np.random.default_rng(np.random.SeedSequence([order.seed, number, 1]))
    people, stays, visits = one.people, one.stays, one.visits
    made = rows.bucket_keys(order.seed, number, stays.person.size, visits.person.size)
    specialty, drg, words = _departments(stays, one.reason, one.planned)
    practice = lifelong.practice_at(people, visits.person, visits.at)
    days = round(order.scenario["medicines"]["supply_days"])
    return {
        "person": rows.person_table(people, one.died, one.death_known),
        "registration": lifelong.registration_table(
            rng, people, one.lived.died, here, order.period
        ),
        "coverage": lifelong.coverage_table(people, order.period),
        "stay": rows.stay_table(people, stays, one.stay_cost, specialty, drg, words, made.stay),
        "visit": rows.visit_table(people, practice, visits, one.visit_cost, made.visit),
        "diagnosis": rows.fact_table(
            "diagnosis", people, one.diagnoses, made, "ICD-10-CM", coding.code_list()
        ),
        "procedure": rows.fact_table(
            "procedure", people, [one.procedures], made, "ICD-10-PCS", coding.procedure_list()
        ),
        "dispensing": rows.dispensing_table(people, one.supplies, one.supply_cost, days),
        "measurement": rows.measurement_table(people, one.measures),
        "programme": lifelong.programme_table(
            rng, people, one.lived.offers, one.lived.died, order.period
        ),
    }


def _departments(
    stays: Stays, reason: Ints, planned: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Specialty and DRG of each acute stay as positions in two lists of words (-1: none)."""
    weak, strong = coding.reasons(False), coding.reasons(True)
    specialties = tuple(sorted({*weak.specialties, *strong.specialties}))
    drgs = tuple(sorted({*weak.drgs, *strong.drgs}))

    def at(words: tuple[str, ...], weak: tuple[str, ...], strong: tuple[str, ...]) -> Ints:
        low = np.array([words.index(word) for word in weak])
        high = np.array([words.index(word) for word in strong])
        low, high = low[np.minimum(reason, low.size - 1)], high[np.minimum(reason, high.size - 1)]
        return np.where(stays.setting != 0, -1, np.where(planned, high, low))

    return (
        at(specialties, weak.specialties, strong.specialties),
        at(drgs, weak.drgs, strong.drgs),
        (specialties, drgs),
    )
