"""A list as one run made it: who is on it, in which order, why, and what is asked for.

Values only. A run is never changed once stored; a newer run takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

GUIDED_CARE = "guided_care"
MAIN = 3
"""Reasons a row of a list shows."""


class Action(StrEnum):
    """What a list asks for."""

    INVITE = "invite"
    WAIT = "wait"
    REVIEW = "review"


class Flag(StrEnum):
    """What a reader of a row should know beside its score."""

    INSUFFICIENT = "insufficient"
    AGE_UNKNOWN = "age_unknown"
    NO_PRACTICE = "no_practice"
    OFFER_OPEN = "offer_open"
    DECLINED = "declined"


FLAG_WORDS: Mapping[str, str] = {
    Flag.INSUFFICIENT: "main inputs could not be read",
    Flag.AGE_UNKNOWN: "age is not known",
    Flag.NO_PRACTICE: "not registered with a practice",
    Flag.OFFER_OPEN: "has an offer that is not answered yet",
    Flag.DECLINED: "declined an offer lately",
}


@dataclass(frozen=True)
class Why:
    """One reason: a clinical domain's contribution to the log-odds of the risk, in words."""

    domain: str
    contribution: float
    text: str
    patient_text: str
    modifiable: bool


@dataclass(frozen=True)
class Entry:
    """A person on a list.

    position      1 for the first row of the run; ranked people before those to review
    rank          place by risk; null for people to review
    risk          0 to 1; null where the score is insufficient, as are percentile and base
    percentile    share of the model's training population with a lower risk, 0 to 100
    base          log-odds that the contributions of `reasons` are added to
    completeness  share of the model's inputs that could be read, 0 to 1; `missing` names the rest
    nurse_id      who invites; null where nobody does yet
    reasons       every clinical domain, the largest part first
    """

    position: int
    rank: int | None
    person_id: str
    lane: str
    practice_id: str | None
    locality: str | None
    nurse_id: str | None
    action: str
    model: str
    model_version: str
    index_at: datetime
    risk: float | None
    percentile: float | None
    base: float | None
    completeness: float
    missing: tuple[str, ...]
    reasons: tuple[Why, ...]
    flags: tuple[str, ...]

    @property
    def main_reasons(self) -> tuple[str, ...]:
        """Words of the reasons that raise the risk most, at most three, the strongest first."""
        return tuple(why.text for why in self.reasons if why.contribution > 0)[:MAIN]


@dataclass(frozen=True)
class Run:
    """A list as a whole.

    models          name -> version
    scored          people with a score; eligible: those at or above the cut and of eligible age
    cut_value       risk of the cut (null: nobody of age), over cut_count people
    places          free places; overfill_chance: the largest chance, over nurses, that more people
                    accept than that nurse has places
    history_digest  of the History it was made from
    """

    lane: str
    as_of: datetime
    models: Mapping[str, str]
    scored: int
    eligible: int
    cut_value: float | None
    cut_count: int
    places: int
    invited: int
    overfill_chance: float
    history_digest: str


@dataclass(frozen=True)
class Page:
    """Some rows of a run. `after` is the place to go on from; null: no more rows."""

    run: Run
    entries: tuple[Entry, ...]
    after: int | None
