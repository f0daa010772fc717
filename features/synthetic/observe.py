"""What of the simulated stays can be observed: from entry on, outside gaps, until the extract.

Makes acute stays of spells (one per leg of a transfer), emergency stays on the way in, hospitals,
and the times at which admission, discharge and codes became known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.synthetic.compiled import Bools, Floats, Ints, Records, compiled
from features.synthetic.people import People, Period, World
from features.synthetic.scenario import Scenario
from features.synthetic.stays import EMERGENCY, FACILITY, PLANNED, TO_ACUTE, UNPLANNED

SETTINGS = ("acute", "emergency", "nursing_facility", "hospice")
METHODS = ("emergency", "elective", "transfer", "unknown")
ORIGINS = ("home", "emergency", "acute", "nursing_facility")
NOT_YET = np.inf
Columns = Mapping[str, npt.NDArray[Any]]
MINUTE = 1440.0


@dataclass(frozen=True)
class Stays:
    """Observed stays in order of person and admission, one entry a stay; days since 1970.

    source   row of the simulated stay; last: the final leg of its spell
    stop, coded_known  inf where not known by the extract
    """

    source: Ints
    person: Ints
    setting: Ints
    start: Floats
    stop: Floats
    coded_known: Floats
    method: Ints
    origin: Ints
    to: Ints
    facility: Ints
    first: Bools
    last: Bools


def minutes(days: Floats) -> Floats:
    """Times rounded to whole minutes."""
    return np.round(days * MINUTE) / MINUTE


def whole_gaps(people: People, stays: Records) -> People:
    """The people with gaps of coverage moved so that none begins or ends within a stay."""
    start, stop = people.gap_from.copy(), people.gap_to.copy()
    rows = stays[np.isfinite(start)[stays["person"]]]
    ends = np.where(rows["stop"] > 0, rows["stop"], np.inf)
    for _ in range(8):
        for edge in (start, stop):
            at = edge[rows["person"]]
            cut = (np.floor(rows["start"]) < at) & (np.floor(ends) + 1 > at)
            np.maximum.at(edge, rows["person"][cut], np.floor(ends[cut]) + 1)
    return replace(people, gap_from=start, gap_to=np.maximum(stop, start))


def seen(people: People, person: Ints, start: Floats, period: Period) -> Bools:
    """Which facts of a time are observed: after entry, before the end, outside the gap."""
    inside = (start >= people.fixed["entry"][person]) & (start < period.end)
    return inside & ~((start >= people.gap_from[person]) & (start < people.gap_to[person]))


def observed_stays(
    rng: np.random.Generator,
    people: People,
    stays: Records,
    here: World,
    period: Period,
    scenario: Scenario,
) -> Stays:
    """The stays of a bucket as a History holds them; `stays` in order of person and time."""
    acute = (stays["kind"] == UNPLANNED) | (stays["kind"] == PLANNED)
    facility = _facilities(rng, people, stays, acute, here)
    moved = acute & (stays["moved"] > 0)
    came_in = (stays["kind"] == UNPLANNED) & (
        rng.random(stays.size) < scenario["emergency"]["way_in"]
    )
    other = (facility + 1 + rng.integers(0, 2, stays.size)) % _hospitals(here)
    parts = [
        _part(stays, ~moved, stays["start"], stays["stop"], 0, facility),
        _part(stays, moved, stays["start"], stays["moved"], 0, facility),
        _part(stays, moved, stays["moved"] + 0.08, stays["stop"], 2, other),
        _way_in(rng, stays, came_in, facility),
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((whole["start"], whole["person"]))
    whole = {name: values[order] for name, values in whole.items()}
    keep = seen(people, whole["person"], whole["start"], period)
    keep &= _spell_seen(whole["source"], keep)
    rows = {name: values[keep] for name, values in whole.items()}
    return _finished(rng, rows, came_in, period, scenario)


def _hospitals(here: World) -> int:
    return max(3, here.deprivation.size + 1)


def _facilities(
    rng: np.random.Generator, people: People, stays: Records, acute: Bools, here: World
) -> Ints:
    """Hospital of each stay: mostly the local one; the same again when back within a day.

    A return on the next day to another hospital would read as a transfer.
    """
    person = stays["person"]
    count = _hospitals(here)
    home = here.locality[people.practice[person]] % count
    chosen = np.where(rng.random(stays.size) < 0.85, home, rng.integers(0, count, stays.size))
    _same_again(stays, np.flatnonzero(acute), chosen)
    return chosen


@compiled
def _same_again(stays: Records, acute: Ints, hospital: Ints) -> None:
    """Give a stay the hospital left the day before, which then made no transfer."""
    for n in range(1, acute.size):
        before, after = acute[n - 1], acute[n]
        gap = np.floor(stays[after].start) - np.floor(stays[before].stop)
        if stays[after].person == stays[before].person and gap <= 1:
            hospital[after] = hospital[before]
            stays[before].moved = 0.0


def _part(
    stays: Records, which: Bools, start: Floats, stop: Floats, method: int, facility: Ints
) -> Columns:
    rows = np.flatnonzero(which)
    kind = stays["kind"][rows]
    setting = np.select([kind <= PLANNED, kind == EMERGENCY, kind == FACILITY], [0, 1, 2], 3)
    moved_on = (stop[rows] != stays["stop"][rows]) & (kind <= PLANNED)
    urgent = np.where(kind == PLANNED, 1, np.where(setting >= 2, 3, 0))
    return {
        "source": rows,
        "person": stays["person"][rows],
        "setting": setting,
        "start": minutes(start[rows]),
        "stop": minutes(np.where(stop[rows] > 0, stop[rows], NOT_YET)),
        "method": np.where(method == 2, 2, urgent),
        "to": np.where(moved_on, TO_ACUTE, stays["to"][rows]),
        "facility": facility[rows],
        "first": np.full(rows.size, method != 2),
        "last": ~moved_on,
    }


def _way_in(rng: np.random.Generator, stays: Records, came_in: Bools, facility: Ints) -> Columns:
    rows = np.flatnonzero(came_in)
    start = stays["start"][rows]
    early = start - (1.0 + 5.5 * rng.random(rows.size)) / 24.0
    return {
        "source": rows,
        "person": stays["person"][rows],
        "setting": np.ones(rows.size, dtype=np.int64),
        "start": minutes(np.maximum(early, np.floor(start) + 0.01)),
        "stop": minutes(start),
        "method": np.zeros(rows.size, dtype=np.int64),
        "to": np.full(rows.size, TO_ACUTE),
        "facility": facility[rows],
        "first": np.zeros(rows.size, dtype=np.bool_),
        "last": np.zeros(rows.size, dtype=np.bool_),
    }


def _spell_seen(source: Ints, keep: Bools) -> Bools:
    """Rows whose spell is seen whole: every row of its simulated stay is."""
    lost = np.zeros(int(source.max(initial=0)) + 1, dtype=np.bool_)
    lost[source[~keep]] = True
    return ~lost[source]


def _finished(
    rng: np.random.Generator,
    rows: Columns,
    came_in: Bools,
    period: Period,
    scenario: Scenario,
) -> Stays:
    coding = scenario["coding"]
    n = rows["source"].size
    stop = np.where(rows["stop"] < period.end, rows["stop"], NOT_YET)
    delay = coding["delay_days"] * np.exp(coding["delay_spread"] * rng.standard_normal(n))
    coded = minutes(stop + np.maximum(delay, 1.0))
    setting, source = rows["setting"], rows["source"]
    after_acute = np.where(setting >= 2, 2, 0)
    from_facility = np.zeros(n, dtype=np.bool_)
    same = (rows["person"][1:] == rows["person"][:-1]) & (setting[:-1] == 2)
    from_facility[1:] = same & (np.abs(rows["start"][1:] - rows["stop"][:-1]) < 0.6)
    origin = np.select(
        [rows["method"] == 2, (setting == 0) & came_in[source], from_facility],
        [2, 1, 3],
        after_acute,
    )
    return Stays(
        source=source,
        person=rows["person"],
        setting=setting,
        start=rows["start"],
        stop=stop,
        coded_known=np.where(coded < period.end, coded, NOT_YET),
        method=rows["method"],
        origin=origin,
        to=rows["to"],
        facility=rows["facility"],
        first=rows["first"].astype(np.bool_),
        last=rows["last"].astype(np.bool_),
    )
