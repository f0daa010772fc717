"""Who the people are: birth, sex, age, and whether anything at all is known of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.kernel.columns import ages
from features.quality.finding import Found, RowCheck
from features.quality.view import CARE, EVENTS, View
from features.windows import NO_DAY

OLDEST = 120
"""Years: nobody is known to have lived longer than 122 (J. Calment, 1875-1997)."""


def _no_birth(view: View) -> Iterator[Found]:
    yield Found("person", view.tables["person"]["birth_date"].null_count, view.people)


def _no_sex(view: View) -> Iterator[Found]:
    yield Found("person", int(view.is_("person", "sex", "unknown").sum()), view.people)


def _too_old(view: View) -> Iterator[Found]:
    """Age at death, or at the last fact: dates may be shifted, and not all deaths are told."""
    last = np.full(view.people, -NO_DAY, np.int32)
    for table in CARE:
        np.maximum.at(last, view.owner(table), view.day(table, EVENTS[table]))
    age = ages(view.born, np.where(view.died != NO_DAY, view.died, last))
    yield Found("person", int(((age > OLDEST) & (view.born != NO_DAY)).sum()), view.people)


def _idle(view: View) -> Iterator[Found]:
    seen = np.zeros(view.people, np.bool_)
    for table in CARE:
        seen[view.owner(table)] = True
    yield Found("person", int((~seen).sum()), view.people)


CHECKS = (
    RowCheck(
        "birth_missing",
        "warning",
        "people whose day of birth is unknown",
        "They have no age, so no model that asks for an age counts or ranks them.",
        _no_birth,
        from_share=0.01,
    ),
    RowCheck(
        "sex_missing",
        "warning",
        "people whose sex is unknown",
        "The audit by sex leaves them out; look whether the reader knows the source's codes.",
        _no_sex,
        from_share=0.05,
    ),
    RowCheck(
        "age_impossible",
        "error",
        f"people older than {OLDEST} years at their death or at their last fact",
        "Usually a stand-in date such as 1900-01-01, or two people under one id.",
        _too_old,
        from_share=0.001,
    ),
    RowCheck(
        "no_activity",
        "warning",
        "people of whom no stay, visit, diagnosis, procedure, medicine or measurement is known",
        "Well people are such, and so are people of whom the source lost the rows: compare the "
        "share with what is known of the population.",
        _idle,
        from_share=0.5,
    ),
)
