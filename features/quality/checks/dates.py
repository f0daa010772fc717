"""Facts that cannot have been then: before birth, after death, after the extract ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.quality.finding import Found, RowCheck
from features.quality.view import CARE, EVENTS, View
from features.windows import NO_DAY


def _before_birth(view: View) -> Iterator[Found]:
    for table in CARE:
        born = view.born[view.owner(table)]
        wrong = (view.day(table, EVENTS[table]) < born) & (born != NO_DAY)
        yield Found(table, int(wrong.sum()), view.rows(table))


def _after_death(view: View) -> Iterator[Found]:
    """Rows of a day after death; where the source tells its month, after that month."""
    for table in CARE:
        wrong = view.day(table, EVENTS[table]) > view.died[view.owner(table)]
        yield Found(table, int(wrong.sum()), view.rows(table))


def _outlasts_death(view: View) -> Iterator[Found]:
    died, end = view.died[view.owner("stay")], view.day("stay", "discharged_at")
    began = view.day("stay", "admitted_at")
    wrong = (end > died) & (end != NO_DAY) & (began <= died)
    yield Found("stay", int(wrong.sum()), view.rows("stay"))


def _after_hospital_death(view: View) -> Iterator[Found]:
    """Rows after the first discharge as dead, where the person table does not tell of the death."""
    died = view.is_("stay", "discharged_to", "died")
    ended = np.full(view.people, NO_DAY, np.int32)
    np.minimum.at(ended, view.owner("stay")[died], view.day("stay", "discharged_at")[died])
    told = view.died != NO_DAY
    for table in CARE:
        owner = view.owner(table)
        wrong = (view.day(table, EVENTS[table]) > ended[owner]) & ~told[owner]
        yield Found(table, int(wrong.sum()), view.rows(table))


def _death_not_told(view: View) -> Iterator[Found]:
    died = np.zeros(view.people, np.bool_)
    died[view.owner("stay")[view.is_("stay", "discharged_to", "died")]] = True
    told = view.died != NO_DAY
    yield Found("person", int((died & ~told).sum()), int(died.sum()), noun="people discharged dead")


def _after_end(view: View) -> Iterator[Found]:
    for table, time in EVENTS.items():
        day = view.day(table, time)
        yield Found(table, int((day > view.last_day).sum()), view.rows(table))


CHECKS = (
    RowCheck(
        "before_birth",
        "error",
        "{rows} dated before the person was born",
        "Two people under one id, or a wrong birth date: both give wrong ages and histories.",
        _before_birth,
        from_share=0.001,
    ),
    RowCheck(
        "after_death",
        "error",
        "{rows} dated after the person's death",
        "Two people under one id, a wrong death, or rows dated when they were billed.",
        _after_death,
        from_share=0.01,
    ),
    RowCheck(
        "stay_outlasts_death",
        "warning",
        "stays that end after the day of the person's death",
        "The end counts as death in hospital; a day or two is paperwork, more is a wrong date.",
        _outlasts_death,
        from_share=0.01,
    ),
    RowCheck(
        "after_death_in_hospital",
        "error",
        "{rows} after a discharge as dead, of people not known to have died",
        "The destination code may not mean death, or the person's death is missing.",
        _after_hospital_death,
        from_share=0.001,
    ),
    RowCheck(
        "death_not_told",
        "warning",
        "people discharged dead whose death the person table does not have",
        "They stay on lists and count as alive in every monthly model: have the reader set "
        "death_date from the discharge.",
        _death_not_told,
        from_share=0.02,
    ),
    RowCheck(
        "after_the_end",
        "error",
        "{rows} dated after the last day the extract can speak of",
        "Appointments that are still to come, or wrong years; neither has happened.",
        _after_end,
        from_share=0.001,
    ),
)
