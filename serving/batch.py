"""Ranking, readable top to bottom: screen everyone, choose, share out the places, say why.

The same list comes out for any number of buckets and any order of the input. It refuses a day on
which nobody can be asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from features.errors import InputError
from features.tables.history import History
from models.allocation import Candidate, Caseload, Plan, allocate
from serving.caseloads import Line, Standing, caseloads_of, one_nurse_each
from serving.choice import Choice, choose, in_state, offers
from serving.result import Result
from serving.rules import Rules
from serving.scorer import Served
from serving.screen import Progress, Screened, explained, screen
from serving.worklist.domain import GUIDED_CARE, Action, Entry, Run


@dataclass(frozen=True)
class Ranked:
    """A list: the run as a whole and its rows in order."""

    run: Run
    entries: tuple[Entry, ...]


def rank(
    history: History,
    served: Served,
    as_of: datetime,
    *,
    rules: Rules,
    caseloads: Sequence[Line] | None = None,
    progress: Progress | None = None,
) -> Ranked:
    """The list for `as_of`; without `caseloads` each practice has one nurse.

    Raises InputError where nobody can be scored on that day.
    """
    screened = screen(history, served, as_of, progress)
    if not screened.people.num_rows:
        raise InputError(
            "nobody can be scored on that day",
            where=f"as of {as_of.date()}, {history.path}",
            cure="choose a day on which people are alive and covered",
        )
    choice = choose(screened, rules, as_of)
    nurses = _nurses(screened, rules, caseloads, as_of)
    plan = allocate(
        _candidates(choice), nurses, mode=rules.invites, most_overfill=rules.most_overfill
    )
    listed = choice.people.column("person_id").to_pylist()
    why = explained(history, served, as_of, listed, progress)
    run = Run(
        lane=GUIDED_CARE,
        as_of=as_of,
        models={served.name: served.version},
        scored=screened.people.num_rows - screened.people.column("risk").null_count,
        eligible=choice.eligible,
        cut_value=choice.cut.value,
        cut_count=choice.cut.count,
        places=sum(nurse.free for nurse in nurses),
        invited=plan.invited,
        overfill_chance=plan.overfill,
        history_digest=history.digest,
    )
    return Ranked(run, _entries(choice, plan, why))


def _nurses(
    screened: Screened, rules: Rules, lines: Sequence[Line] | None, as_of: datetime
) -> list[Caseload]:
    held, open_offers = in_state(screened, "held"), offers(screened, rules, as_of)
    standing = Standing(_counted(held), _counted(open_offers))
    if lines is not None:
        return caseloads_of(lines, standing, acceptance=rules.acceptance)
    return one_nurse_each(
        screened.homes, standing, places=rules.places, acceptance=rules.acceptance
    )


def _counted(events: pa.Table) -> Mapping[tuple[str, str], int]:
    """People by practice and nurse; "" where one is not known."""
    groups = events.group_by(["practice_id", "nurse_id"], use_threads=False)
    rows = groups.aggregate([("person_id", "count_distinct")]).to_pylist()
    return {
        (row["practice_id"] or "", row["nurse_id"] or ""): row["person_id_count_distinct"]
        for row in rows
    }


def _candidates(choice: Choice) -> list[Candidate]:
    """People who may be invited, in order of priority."""
    rows = choice.people.take(pa.array(choice.may_invite, pa.int64()))
    about = (rows.column(name).to_pylist() for name in ("practice_id", "locality", "language"))
    return [Candidate(*(text or "" for text in one)) for one in zip(*about, strict=True)]


def _entries(choice: Choice, plan: Plan, why: Mapping[str, Result]) -> tuple[Entry, ...]:
    nurses = dict(zip(choice.may_invite, plan.nurse, strict=True))
    columns = ("person_id", "practice_id", "locality")
    people = zip(*(choice.people.column(name).to_pylist() for name in columns), strict=True)
    return tuple(
        _entry(i, i < choice.ranked, who, nurses.get(i), why[who[0]], choice.flags[i])
        for i, who in enumerate(people)
    )


def _entry(
    place: int,
    ranked: bool,
    who: tuple[str, str | None, str | None],
    nurse: str | None,
    found: Result,
    flags: tuple[str, ...],
) -> Entry:
    assert found.index_at is not None, "only people with a moment are listed"
    invited = Action.INVITE if nurse else Action.WAIT
    return Entry(
        position=place + 1,
        rank=place + 1 if ranked else None,
        person_id=who[0],
        lane=GUIDED_CARE,
        practice_id=who[1],
        locality=who[2],
        nurse_id=nurse,
        action=invited if ranked else Action.REVIEW,
        model=found.model,
        model_version=found.version,
        index_at=found.index_at,
        risk=found.risk,
        percentile=found.percentile,
        base=found.base,
        completeness=found.share,
        missing=found.missing,
        reasons=found.reasons,
        flags=flags,
    )
