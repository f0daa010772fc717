"""Who is on a list and in which order, decided on whole columns.

Eligibility is Guided Care's: of eligible age and in the top share of risk over everyone of that age
who could be scored. It refuses to list anyone known by now to have died and anyone who holds a
place. People who could not be scored are never ranked low: they come last, for review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models import priority
from serving.rules import Rules
from serving.screen import Screened
from serving.worklist.domain import Flag

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

WAITING = frozenset({Flag.OFFER_OPEN, Flag.DECLINED})
"""Someone so flagged is on the list and is not invited again."""


@dataclass(frozen=True)
class Choice:
    """The people of a list.

    people    columns of `Screened.people`, in order of the list
    ranked    so many of them by priority; the others, of whom too little is known, follow by risk
    flags     of each, in order
    cut       who is eligible; eligible: how many living people are
    """

    people: pa.Table
    ranked: int
    flags: tuple[tuple[Flag, ...], ...]
    cut: priority.Cut
    eligible: int

    @property
    def may_invite(self) -> list[int]:
        """Places on the list, from 0, of people who may be invited now."""
        return [i for i, flags in enumerate(self.flags[: self.ranked]) if not WAITING & set(flags)]


def choose(screened: Screened, rules: Rules, as_of: datetime) -> Choice:
    """The list's people.

    The cut is over everyone scored, so that a death which becomes known later takes away one person
    and moves nobody else over the cut.
    """
    people = screened.people
    risk, age = floats(people, "risk"), floats(people, "age")
    of_age, unborn = priority.of_age(age, least_age=rules.least_age), np.isnan(age)
    cut = priority.cut_of(risk, of_age, top_share=rules.top_share)
    above = priority.eligible(risk, of_age | unborn, cut)
    living = ~_mask(people.column("died"))
    free = living & ~among(people, in_state(screened, "held"))
    unsure = (above & unborn) | (np.isnan(risk) & (of_age | unborn))
    ranked, review = (_ordered(people, risk, m & free) for m in (above & of_age, unsure))
    listed = people.take(pa.array(np.r_[ranked, review], pa.int64()))
    return Choice(
        listed,
        len(ranked),
        _flags(screened, listed, rules, as_of),
        cut,
        int((above & of_age & living).sum()),
    )


def offers(screened: Screened, rules: Rules, as_of: datetime) -> pa.Table:
    """Rows of `Screened.events` of offers that are still open."""
    return in_state(screened, "offered", as_of - timedelta(days=rules.offer_days))


def in_state(screened: Screened, state: str, since: datetime | None = None) -> pa.Table:
    """Rows of `Screened.events` in a state, reached after `since` where one is given."""
    rows = screened.events.filter(pc.equal(screened.events.column("state"), state))
    if since is None:
        return rows
    return rows.filter(pc.greater(rows.column("at"), pa.scalar(since, pa.timestamp("us"))))


def among(people: pa.Table, rows: pa.Table) -> Mask:
    """Which of `people` have a row in `rows`."""
    ids = rows.column("person_id").combine_chunks()
    return _mask(pc.is_in(people.column("person_id"), value_set=ids))


def floats(people: pa.Table, name: str) -> Floats:
    """A number of each person; NaN where it is null."""
    return np.asarray(pc.fill_null(people.column(name), np.nan).to_numpy(), dtype=np.float64)


def _flags(
    screened: Screened, listed: pa.Table, rules: Rules, as_of: datetime
) -> tuple[tuple[Flag, ...], ...]:
    declined = in_state(screened, "declined", as_of - timedelta(days=rules.declined_days))
    holds: Mapping[Flag, Mask] = {
        Flag.INSUFFICIENT: np.isnan(floats(listed, "risk")),
        Flag.AGE_UNKNOWN: np.isnan(floats(listed, "age")),
        Flag.NO_PRACTICE: _mask(pc.is_null(listed.column("practice_id"))),
        Flag.OFFER_OPEN: among(listed, offers(screened, rules, as_of)),
        Flag.DECLINED: among(listed, declined),
    }
    rows = zip(*(mask.tolist() for mask in holds.values()), strict=True)
    return tuple(tuple(f for f, held in zip(holds, row, strict=True) if held) for row in rows)


def _ordered(people: pa.Table, risk: Floats, mask: Mask) -> Rows:
    """Row numbers of `mask` from the highest risk down, people without one last."""
    rows = np.flatnonzero(mask)
    ids = people.column("person_id").take(pa.array(rows)).to_numpy(zero_copy_only=False)
    order = priority.order(np.nan_to_num(risk[rows], nan=-1.0), ids.astype(np.str_))
    return rows[order]


def _mask(values: pa.ChunkedArray) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)
