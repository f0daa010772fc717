"""Discharges as possible index moments: ends of acute spells, and ways home from nursing care."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.planned import TREATMENTS, operated_on, treated_for
from features.cohort.lives import Lives, Mask, Reasons, numbered
from features.cohort.possible import Possible
from features.definition import Definition
from features.spells import (
    Joined,
    SpellRule,
    day_cases,
    find_stays,
    homecomings,
    joined,
    principal_categories,
)
from features.spells.columns import times
from features.tables.buffers import whole
from features.tables.contract import Tables
from features.tables.times import days_of
from features.windows import NEVER, Int64

OPEN, DIED = "open_stay", "died_in_stay"
"""Reasons that hold of a discharge on the day it is asked about; the others are a definition's."""


def ends(
    tables: Tables, lives: Lives, definition: Definition, *, at: datetime | None = None
) -> tuple[Possible, Reasons]:
    """Possible moments of a question about discharges, as known `at`, and the reasons against."""
    if definition.index.moments == "nursing_discharge":
        return _ways_home(tables, lives, definition, at)
    return _discharges(tables, lives, definition, at)


def _discharges(
    tables: Tables, lives: Lives, definition: Definition, at: datetime | None
) -> tuple[Possible, Reasons]:
    stay = tables["stay"]
    found = joined(tables, SpellRule[definition.spells.upper()], at=at)
    chain = found.chain
    when = np.where(chain.open, NEVER, times(stay, "discharged_at")[chain.last])
    possible = _possible(stay, lives, chain.last, when, "discharge", chain.first)
    exclude = definition.index.exclude
    clinical = {
        DIED: _led(found, "died") | _died_by(possible),
        "left_against_advice": _led(found, "against_advice"),
        "day_case": day_cases(found)[0],
        **_treatments(tables, found, exclude),
    }
    return possible, [(OPEN, chain.open), *((name, clinical[name]) for name in exclude)]


def _led(found: Joined, to: str) -> Mask:
    """Spells known to have ended so."""
    last = found.chain.last
    said = pc.equal(whole(found.stay["discharged_to"]), to)
    so: Mask = pc.fill_null(said, False).to_numpy(zero_copy_only=False)[last]
    return so & ~found.chain.open


def _treatments(tables: Tables, found: Joined, exclude: tuple[str, ...]) -> dict[str, Mask]:
    """Spells whose last stay was for one of these (`planned.treated_for`)."""
    asked = [name for name in exclude if name in TREATMENTS]
    if not asked:
        return {}
    last = found.chain.last
    category = principal_categories(tables["diagnosis"], found.principal[last])
    operated = _operated(tables, last)
    return {name: treated_for(name, category, operated) for name in asked}


def _operated(tables: Tables, last: Int64) -> Mask:
    """Spells in whose last stay there was an operation."""
    stay, procedure = tables["stay"], tables["procedure"]
    place = np.full(len(stay) + 1, -1, np.int64)  # the last for a procedure of no stay
    place[last] = np.arange(len(last))
    own = find_stays(stay, whole(procedure["person_id"]), whole(procedure["stay_id"]))
    codes = (whole(procedure[name]) for name in ("code_system", "code"))
    return operated_on(len(last), place[own], *codes)


def _ways_home(
    tables: Tables, lives: Lives, definition: Definition, at: datetime | None
) -> tuple[Possible, Reasons]:
    """Discharges home from a nursing facility; those still open have no destination yet."""
    stay = tables["stay"]
    rows = homecomings(tables, at=at)
    when = times(stay, "discharged_at")[rows]
    possible = _possible(stay, lives, rows, when, "nursing_facility_discharge")
    reasons = {DIED: _died_by(possible)}
    return possible, [(name, reasons[name]) for name in definition.index.exclude]


def _possible(
    stay: pa.Table, lives: Lives, last: Int64, at: Int64, moment: str, first: Int64 | None = None
) -> Possible:
    """Moments at the end of these rows of `stay`; first: row of the first stay of each spell."""
    lives, who = numbered(lives, whole(stay["person_id"]))
    return Possible(lives, who[last], at, days_of(at), moment, whole(stay["stay_id"]), last, first)


def _died_by(possible: Possible) -> Mask:
    """Discharges on or after the day of death: the stay ended in death, whatever it says."""
    return possible.day >= possible.lives.died[possible.who]
