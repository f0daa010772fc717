"""The people of a bucket and the world they live in: practices, localities, hospitals.

Ethnicity and deprivation touch access only, never need: what a group lacks is contacts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.synthetic.compiled import Bools, Floats, Ints, Records, Words, rounded, rows_of
from features.synthetic.conditions import conditions, onsets
from features.synthetic.hazards import YEAR
from features.synthetic.scenario import Scenario, Section
from features.synthetic.stays import Person

ETHNICITIES = ("asian", "black", "hispanic", "white")
LANGUAGES = ("english", "other", "spanish")
BURN_IN = 730
"""Days lived before the first day observed: until readmissions and survivors are as ever after."""
WORLD = 1 << 20


@dataclass(frozen=True)
class Period:
    """Days since 1970: first observed day, first day after the end."""

    first: int
    end: int

    @property
    def years(self) -> float:
        return (self.end - self.first) / YEAR


@dataclass(frozen=True)
class World:
    """Practices and where they are; one entry a practice, `deprivation` one a locality (0..100)."""

    weight: Floats
    locality: Ints
    log_hazard: Floats
    start: Ints
    deprivation: Floats
    most_deprived: Bools


@dataclass(frozen=True)
class People:
    """The people of one bucket in canonical order, one entry a person."""

    ids: npt.NDArray[np.bytes_]
    female: Bools
    ethnicity: Ints
    language: Ints
    practice: Ints
    next_practice: Ints
    moves_at: Floats
    carer: Bools
    carer_known: Bools
    deprivation: Floats
    access: Floats
    needs: Ints
    adherence: Floats
    gap_from: Floats
    gap_to: Floats
    seeds: Words
    onset: Floats
    fixed: Records


def world(seed: int, people: int, period: Period, scenario: Scenario) -> World:
    """The practices of a population of this size; the same for every bucket."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, WORLD]))
    population, programme = scenario["population"], scenario["programme"]
    practices = max(4, round(people / population["people_per_practice"]))
    localities = max(3, round(practices / population["practices_per_locality"]))
    weight = np.exp(population["practice_spread"] * rng.standard_normal(practices))
    deprivation = rounded(np.clip(rng.gamma(2.2, 10.0, localities), 1, 90), 1)
    span = period.end - period.first
    low, high = programme["first_start"] * span, programme["last_start"] * span
    return World(
        weight / weight.sum(),
        np.arange(practices) % localities,
        scenario["unplanned"]["practice"] * rng.standard_normal(practices),
        (period.first + rng.uniform(low, high, practices)).astype(np.int64),
        deprivation,
        deprivation >= np.quantile(deprivation, 0.8),
    )


def person_ids(seed: int, people: int) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.uint8]]:
    """Opaque ids of a seed's people in canonical order, and the slice of each."""
    made = (hashlib.sha256(f"caseload {seed} {n}".encode()).hexdigest() for n in range(people))
    ids = [f"p{digest[:15]}".encode() for digest in made]
    keyed = sorted((hashlib.sha256(one).digest()[0], one) for one in ids)
    return (
        np.array([one for _, one in keyed], dtype="S16"),
        np.array([number for number, _ in keyed], dtype=np.uint8),
    )


def draw_people(
    rng: np.random.Generator,
    ids: npt.NDArray[np.bytes_],
    here: World,
    period: Period,
    age: Floats,
    scenario: Scenario,
) -> People:
    """Draw the people with these ids, `age` years old on the first day of the period."""
    n = ids.size
    population = scenario["population"]
    female = rng.random(n) < np.where(age > 75, 0.58, 0.52)
    frailty = rng.standard_normal(n)
    practice = rng.choice(here.weight.size, n, p=here.weight)
    locality = here.locality[practice]
    ethnicity, worse = _ethnicity(rng, n, scenario["access"]["group_share"])
    deprived = here.most_deprived[locality]
    alone, carer = _household(rng, age, scenario)
    needs = np.minimum(rng.poisson(population["social_need_mean"] * rng.gamma(1.0, 1.0, n)), 4)
    joins = _joins(rng, n, period, scenario)
    birth = period.first - age * YEAR
    onset = onsets(rng, birth, female, frailty, scenario)
    moves_at, next_practice = _moves(rng, joins, period, here, population["moves_yearly"])
    gap_from, gap_to = _gaps(rng, joins, period, scenario)
    circumstances = (
        scenario["unplanned"]["social"] * needs
        + np.where(alone & ~carer, scenario["unplanned"]["alone"], 0.0)
        + np.where(carer, scenario["unplanned"]["carer"], 0.0)
        + here.log_hazard[practice]
    )
    fixed = rows_of(Person, n)
    for name, values in {
        "begin": joins - BURN_IN,
        "entry": joins,
        "birth": birth,
        **_log_hazards(rng, frailty, female, circumstances, worse | deprived, scenario),
        "frailty": frailty,
        "deficits": _deficits(rng, frailty, population),
        "alone": alone,
        "care_home": _care_home(rng, birth, frailty, onset, joins),
        "practice_start": here.start[practice],
        "own": _responses(rng, n, scenario["programme"]["effect_spread"]),
        "month": rng.integers(0, 12, n),
    }.items():
        fixed[name] = values
    return People(
        ids=ids,
        female=female,
        ethnicity=ethnicity,
        language=_language(rng, ethnicity),
        practice=practice,
        next_practice=next_practice,
        moves_at=moves_at,
        carer=carer,
        carer_known=rng.random(n) >= 0.05,
        deprivation=rounded(np.clip(here.deprivation[locality] + rng.normal(0, 4, n), 0.5, 95), 1),
        access=_access(worse, deprived, scenario),
        needs=needs,
        adherence=rng.beta(12, 1.2, n),
        gap_from=gap_from,
        gap_to=gap_to,
        seeds=rng.integers(0, 1 << 63, n, dtype=np.uint64),
        onset=onset,
        fixed=fixed,
    )


def _household(rng: np.random.Generator, age: Floats, scenario: Scenario) -> tuple[Bools, Bools]:
    """Who lives alone, and who has an informal carer."""
    n, population = age.size, scenario["population"]
    alone = rng.random(n) < population["alone_share"] * (1.0 + np.clip((age - 70) / 40, -0.3, 1))
    carer = ~alone & (rng.random(n) < population["carer_share"] * np.where(age >= 65, 1.0, 0.4))
    return alone, carer | (alone & (rng.random(n) < 0.12))


def _joins(rng: np.random.Generator, n: int, period: Period, scenario: Scenario) -> Ints:
    """First day of coverage: the period's, or a later one for those who join late."""
    late = rng.random(n) < scenario["population"]["joins_late"]
    later = period.first + rng.integers(30, max(31, period.end - period.first - 200), n)
    return np.where(late, later, period.first)


def _log_hazards(
    rng: np.random.Generator,
    frailty: Floats,
    female: Bools,
    circumstances: Floats,
    worse: Bools,
    scenario: Scenario,
) -> dict[str, Floats]:
    """Yearly log hazards of each person without conditions and function, by column of `Person`."""
    loads, emergency = scenario["frailty"], scenario["emergency"]
    unplanned, planned, death = (scenario[kind] for kind in ("unplanned", "planned", "death"))
    n = frailty.size
    return {
        "log_unplanned": unplanned["base"]
        + loads["unplanned"] * frailty
        + unplanned["hidden"] * rng.standard_normal(n)
        + np.where(female, 0.0, unplanned["male"])
        + circumstances,
        "log_planned": planned["base"]
        + loads["planned"] * frailty
        + np.where(worse, np.log(scenario["access"]["planned"]), 0.0),
        "log_death": death["base"]
        + loads["death"] * frailty
        + np.where(female, 0.0, death["male"]),
        "log_emergency": emergency["base"] + emergency["spread"] * rng.standard_normal(n),
    }


def _deficits(rng: np.random.Generator, frailty: Floats, population: Section) -> Floats:
    """Latent dependence in daily living at 65."""
    own = population["deficits_spread"] * rng.standard_normal(frailty.size)
    return population["deficits_mean"] + population["deficits_frailty"] * frailty + own


def _responses(rng: np.random.Generator, n: int, spread: float) -> Floats:
    """How strongly each person responds to the programme, mean 1."""
    return np.exp(spread * rng.standard_normal(n) - spread * spread / 2)


def draw_ages(rng: np.random.Generator, n: int, ages: str, scenario: Scenario) -> Floats:
    """Years on the first day: `older` two thirds of 65 and over; `general` adults of 18 to 100."""
    population = scenario["population"]
    over = 65.0 + rng.exponential(population["older_mean_65"], n)
    while (late := over >= 100.0).any():
        over[late] = 65.0 + rng.exponential(population["older_mean_65"], int(late.sum()))
    share, youngest = (population["older_share"], 40.0) if ages == "older" else (0.21, 18.0)
    under = rng.uniform(youngest, 65.0, n)
    return np.where(rng.random(n) < share, over, under)


def _ethnicity(rng: np.random.Generator, n: int, share: float) -> tuple[Ints, Bools]:
    """Position in ETHNICITIES, and who is in a group with worse access (black and hispanic)."""
    worse = rng.random(n) < share
    within = rng.random(n)
    group = np.where(worse, np.where(within < 0.55, 1, 2), np.where(within < 0.06, 0, 3))
    return group.astype(np.int64), worse


def _language(rng: np.random.Generator, ethnicity: Ints) -> Ints:
    drawn = rng.random(ethnicity.size)
    spanish = (ethnicity == 2) & (drawn < 0.45)
    other = (ethnicity == 0) & (drawn < 0.35)
    return np.where(spanish, 2, np.where(other, 1, 0)).astype(np.int64)


def _access(worse: Bools, deprived: Bools, scenario: Scenario) -> Floats:
    """Contacts as a ratio to those of people with the same need and full access."""
    access = scenario["access"]
    return np.where(worse, access["group"], 1.0) * np.where(deprived, access["deprived"], 1.0)


def _care_home(
    rng: np.random.Generator, birth: Floats, frailty: Floats, onset: Floats, joins: Ints
) -> Floats:
    """Day a person moves to a care home for good, inf for never: with age, frailty and dementia."""
    age = 94.0 - 5.0 * frailty + 9.0 * rng.gumbel(0.0, 1.0, birth.size) * -1.0
    dementia = onset[:, _position("dementia")]
    at = np.minimum(birth + age * YEAR, dementia + rng.exponential(6.0 * YEAR, birth.size))
    at = np.where(at < birth + 60 * YEAR, np.inf, at)
    return np.where(at < joins, joins - 1.0, np.floor(at))


def _position(condition: str) -> int:
    return conditions().ids.index(condition)


def _moves(
    rng: np.random.Generator, joins: Ints, period: Period, here: World, yearly: float
) -> tuple[Floats, Ints]:
    """Day of a move to another practice (inf: none), and which."""
    wait = rng.exponential(YEAR / max(yearly, 1e-9), joins.size)
    at = np.floor(joins + 30.0 + wait)
    practice = rng.choice(here.weight.size, joins.size, p=here.weight)
    return np.where(at < period.end - 30, at, np.inf), practice


def _gaps(
    rng: np.random.Generator, joins: Ints, period: Period, scenario: Scenario
) -> tuple[Floats, Floats]:
    """First and after-last day of a gap of coverage (inf: none)."""
    n = joins.size
    population = scenario["population"]
    start = np.floor(joins + 60 + rng.random(n) * np.maximum(period.end - joins - 90, 1))
    length = np.floor(20 + rng.exponential(population["gap_mean_days"], n))
    has = (rng.random(n) < population["gap_share"]) & (start < period.end - 30)
    return np.where(has, start, np.inf), np.where(has, start + length, np.inf)
