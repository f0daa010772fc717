"""Where people belong: practice and locality, which lists are planned by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.quality.finding import Found, RowCheck
from features.quality.view import Bools, View
from features.windows import NO_DAY


def _placed(view: View, column: str) -> Bools:
    """By person: a registration at the end of the extract says so."""
    start, end = view.day("registration", "from_at"), view.day("registration", "to_at")
    now = (start <= view.last_day) & (end > view.last_day)
    placed = np.zeros(view.people, np.bool_)
    placed[view.owner("registration")[now & ~view.null("registration", column)]] = True
    return placed


def _without(column: str, view: View) -> Iterator[Found]:
    alive = view.died == NO_DAY
    lost = alive & ~_placed(view, column)
    yield Found("registration", int(lost.sum()), int(alive.sum()), noun="living people")


CHECKS = (
    RowCheck(
        "practice_missing",
        "warning",
        "living people without a practice at the end of the extract",
        "A list by practice puts them under none, and no nurse of a practice is offered for them.",
        lambda view: _without("practice_id", view),
        from_share=0.01,
    ),
    RowCheck(
        "locality_missing",
        "note",
        "living people without a locality at the end of the extract",
        "Places cannot be planned by area for them.",
        lambda view: _without("locality", view),
    ),
)
