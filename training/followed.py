"""The share of acute stays followed by another within 30 days, whatever its urgency.

It leans on nothing that is judged (urgency, age, look-back): where it moves over the years, the
extract or the care has changed, and a model learnt on the early years need not hold. Stays whose
30 days are not observed to their end are left out; so are stays that ended in death.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from features.definition import Definition
from features.observed import days, observed_days
from features.spells import SpellRule, spells
from features.tables.history import History

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WITHIN_DAYS = 30


@dataclass(frozen=True)
class Followed:
    """Acute stays (spells) that ended alive: followed (0 or 1), day of discharge, person number."""

    y: Floats
    day: Ints
    person: Ints


def followed_stays(history: History, definition: Definition) -> Followed:
    """Every acute stay of a History, a bucket at a time; stays are joined as `definition` does."""
    last_seen = int(np.datetime64(history.manifest.last_known, "D").astype(np.int64))
    until = last_seen - definition.run_out_days - WITHIN_DAYS
    parts = [_of_bucket(history, number, definition, until) for number in range(history.buckets)]
    first = np.cumsum([0, *(int(part.person.max(initial=-1)) + 1 for part in parts)])
    return Followed(
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.person + start for part, start in zip(parts, first, strict=False)]),
    )


def _of_bucket(history: History, number: int, definition: Definition, until: int) -> Followed:
    tables = history.bucket(number, ["stay", "diagnosis", "coverage"])
    spell = spells(tables, SpellRule[definition.spells.upper()], deciders=())
    alive = pc.not_equal(pc.fill_null(spell.column("discharged_to"), ""), "died")
    spell = spell.filter(pc.and_(alive, pc.is_valid(spell.column("discharged_at"))))
    people = spell.column("person_id")
    ended, began = days(spell.column("discharged_at")), days(spell.column("admitted_at"))
    person = np.asarray(pc.dictionary_encode(people.combine_chunks()).indices.to_numpy())
    same = person[1:] == person[:-1]
    followed = np.zeros(len(person), dtype=np.bool_)
    followed[:-1] = same & (began[1:] - ended[:-1] <= WITHIN_DAYS)
    end = ended + np.int32(WITHIN_DAYS + 1)
    seen = (ended < until) & (observed_days(tables["coverage"], people, ended, end) == end - ended)
    return Followed(
        followed[seen].astype(np.float64), ended[seen].astype(np.int64),
        person[seen].astype(np.int64),
    )  # fmt: skip
