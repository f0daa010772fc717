"""Registration, coverage and programme rows of a bucket, and when deaths become known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.synthetic.arrow import (
    constant,
    id_column,
    number_column,
    table,
    text_column,
    time_column,
)
from features.synthetic.compiled import Bools, Floats, Ints, Records
from features.synthetic.observe import minutes
from features.synthetic.people import People, Period, World
from features.synthetic.scenario import Scenario
from features.tables.schema import TABLES

RESIDENCES = ("home", "alone_at_home", "care_home")
EVENTS = ("accepted", "contact", "declined", "enrolment", "exit", "offer")
MONTH = 30.0


def deaths(
    rng: np.random.Generator, died: Floats, period: Period, scenario: Scenario
) -> tuple[Floats, Floats]:
    """Day of death and when it becomes known, inf where not known by the extract."""
    late = scenario["death_reports"]
    delay = late["median_days"] * np.exp(late["spread"] * rng.standard_normal(died.size))
    known = minutes(died + 0.9 + delay)
    there = known < period.end
    return np.where(there, died, np.inf), np.where(there, known, np.inf)


def practice_at(people: People, person: Ints, at: Floats) -> Ints:
    """Practice a person is registered with at a time."""
    return np.where(
        at >= people.moves_at[person], people.next_practice[person], people.practice[person]
    )


def registration_table(
    rng: np.random.Generator, people: People, died: Floats, here: World, period: Period
) -> pa.Table:
    """A row for each stretch with one practice and one residence."""
    n = people.ids.size
    entry = people.fixed["entry"].astype(np.float64)
    home = people.fixed["care_home"]
    last = np.minimum(died, period.end - 1.0)
    starts = np.stack([entry, people.moves_at, np.where(home > entry, home, np.inf)], axis=1)
    starts = np.where(starts <= last[:, None], starts, np.inf)
    starts[:, 0] = entry
    starts.sort(axis=1)
    again = np.zeros_like(starts, dtype=np.bool_)
    again[:, 1:] = starts[:, 1:] == starts[:, :-1]
    person, number = np.nonzero(np.isfinite(starts) & ~again)
    start = starts[person, number]
    following = np.append(starts, np.full((n, 1), np.inf), axis=1)[person, number + 1]
    practice = practice_at(people, person, start)
    alone = people.fixed["alone"][person] == 1
    residence = np.where(home[person] <= start, 2, np.where(alone, 1, 0))
    late = np.where(start > entry[person], minutes(1.0 + rng.exponential(10.0, start.size)), 0.0)
    columns = {
        "person_id": id_column(people.ids, person),
        "from_at": time_column(start),
        "to_at": time_column(following),
        "known_at": time_column(start + late),
        "practice_id": text_column(
            tuple(f"practice-{p:04d}" for p in range(here.weight.size)), practice
        ),
        "locality": text_column(
            tuple(f"locality-{p:02d}" for p in range(here.deprivation.size)),
            here.locality[practice],
        ),
        "deprivation": number_column(people.deprivation[person]),
        "deprivation_scheme": constant("synthetic 0-100", start.size),
        "carer": pa.array(people.carer[person], mask=~people.carer_known[person]),
        "residence": text_column(RESIDENCES, residence),
    }
    return _known_only(table(TABLES["registration"], columns), start + late < period.end)


def coverage_table(people: People, period: Period) -> pa.Table:
    """From entry to the gap, and from its end; the time after a death is not cut off."""
    entry = people.fixed["entry"].astype(np.float64)
    first = people.gap_from > entry
    starts = np.stack([np.where(first, entry, np.inf), people.gap_to], axis=1)
    starts = np.where(starts < period.end, starts, np.inf)
    ends = np.stack([people.gap_from, np.full(entry.size, np.inf)], axis=1)
    ends = np.where(ends < period.end, ends, np.inf)
    person, number = np.nonzero(np.isfinite(starts))
    start = starts[person, number]
    columns = {
        "person_id": id_column(people.ids, person),
        "from_at": time_column(start),
        "to_at": time_column(ends[person, number]),
        "known_at": time_column(start),
        "kind": constant("all", start.size),
    }
    return table(TABLES["coverage"], columns)


def programme_table(
    rng: np.random.Generator, people: People, offers: Records, died: Floats, period: Period
) -> pa.Table:
    """Offers, answers, enrolments, monthly contacts and exits that happened and are known."""
    person = offers["person"]
    gone = np.minimum(died[person], offers["stop"])
    accepted = offers["accepted"] == 1
    joined = accepted & (offers["start"] < died[person])
    answered = offers["day"] + 1.0 + np.floor(5.0 * rng.random(person.size))
    answered = np.minimum(answered, offers["start"] - 1.0)
    contacts, at = _contacts(rng, offers, joined, gone)
    every = [
        (np.arange(person.size), offers["day"], "offer"),
        (np.flatnonzero(accepted), answered[accepted], "accepted"),
        (np.flatnonzero(~accepted), answered[~accepted], "declined"),
        (np.flatnonzero(joined), offers["start"][joined], "enrolment"),
        (contacts, at, "contact"),
        (np.flatnonzero(joined), gone[joined], "exit"),
    ]
    row = np.concatenate([rows for rows, _, _ in every])
    time = np.concatenate([times for _, times, _ in every]).astype(np.float64)
    event = np.concatenate([np.full(rows.size, EVENTS.index(name)) for rows, _, name in every])
    who = person[row]
    alive = (time <= died[who]) & (time >= people.fixed["entry"][who])
    known = minutes(time + 0.75)
    keep = np.flatnonzero(alive & (known < period.end))
    order = keep[np.lexsort((event[keep], time[keep], who[keep]))]
    who, time, event, row = who[order], time[order], event[order], row[order]
    reason = np.where(
        event != EVENTS.index("exit"), -1, np.where(gone[row] < offers["stop"][row], 0, 1)
    )
    nurse = people.practice[who]
    most = int(people.practice.max(initial=0)) + 1
    columns = {
        "person_id": id_column(people.ids, who),
        "at": time_column(time),
        "known_at": time_column(minutes(time + 0.75)),
        "event": text_column(EVENTS, event),
        "programme_id": constant("guided-care", order.size),
        "nurse_id": text_column(tuple(f"nurse-{p:04d}" for p in range(most)), nurse),
        "reason": text_column(("died", "completed"), reason),
    }
    return table(TABLES["programme"], columns)


def _contacts(
    rng: np.random.Generator, offers: Records, joined: Bools, gone: Floats
) -> tuple[Ints, Floats]:
    """A contact a month from enrolment to exit."""
    span = np.where(joined, np.maximum(gone - offers["start"], 0.0), 0.0)
    count = np.floor(span / MONTH).astype(np.int64)
    row = np.repeat(np.arange(offers.size), count)
    number = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    return row, offers["start"][row] + MONTH * (number + 1) - np.floor(7.0 * rng.random(row.size))


def _known_only(rows: pa.Table, known: Bools) -> pa.Table:
    return rows.filter(pa.array(known))
