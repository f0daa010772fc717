"""Entries of a list in the words and shapes of a page. Pure: no request, no store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from features.catalogue.rules import DOMAINS
from serving.worklist.domain import FLAG_WORDS, Action, Entry, Run, Why

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
STRENGTHS = ((1.0, "strongly"), (0.3, ""), (0.0, "a little"))
"""Words for a contribution by its least size in log-odds: 1.0 multiplies the odds by 2.7."""
STALE = timedelta(days=45)
"""A score of the Guided Care lane that is older is greyed."""
HALF = 96
"""Longest bar to either side, in units of the drawing."""
OUTCOMES: Mapping[str, str] = {
    "readmission": "an unplanned readmission within 30 days",
    "need": "high need in the next 12 months",
    "bed_days": "many days in hospital in the next 12 months",
    "cost": "high costs in the next 12 months",
}
"""What a model predicts, by its label."""


def day(at: datetime) -> str:
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def percent(share: float | None) -> str:
    """A share as a whole percentage that never claims certainty; null is `none`."""
    if share is None:
        return "none"
    if share <= 0.005:
        return "under 1%"
    return "over 99%" if share >= 0.995 else f"{share:.0%}"


def chance(share: float) -> str:
    return f"{share:.1%}"


def higher_than(percentile: float | None) -> str:
    """Where a risk stands among the people the model was trained on."""
    if percentile is None:
        return ""
    return f"higher than {min(math.floor(percentile), 99)} in 100"


def is_old(run: Run, now: datetime) -> bool:
    """Whether the scores of a run are too old to go by; now: as far as the service's data go."""
    return run.as_of < now - STALE


@dataclass(frozen=True)
class RunView:
    """A run for the head of the list."""

    day: str
    models: str
    places: int
    invited: int
    eligible: int
    scored: int
    cut: str
    cut_count: int
    overfill: str


def run_view(run: Run) -> RunView:
    return RunView(
        day=day(run.as_of),
        models=", ".join(f"{name} version {v}" for name, v in sorted(run.models.items())),
        places=run.places,
        invited=run.invited,
        eligible=run.eligible,
        scored=run.scored,
        cut=percent(run.cut_value),
        cut_count=run.cut_count,
        overfill=chance(run.overfill_chance),
    )


@dataclass(frozen=True)
class RowView:
    """An entry as a row of the list, and as the head of a person's page."""

    person_id: str
    rank: str
    practice: str
    locality: str
    nurse: str
    action: str
    risk: str
    percentile: str
    risk_words: str
    reasons: tuple[str, ...]
    completeness: str
    model: str
    day: str
    flags: tuple[str, ...]


def outcome_words(label: str) -> str:
    """What a risk is the chance of; a label we have no words for goes by itself."""
    return OUTCOMES.get(label, label.replace("_", " "))


def row_view(entry: Entry, label: str) -> RowView:
    """The view of an entry whose model predicts `label`."""
    return RowView(
        person_id=entry.person_id,
        rank="" if entry.rank is None else str(entry.rank),
        practice=entry.practice_id or "none",
        locality=entry.locality or "",
        nurse=entry.nurse_id or "",
        action=entry.action,
        risk="no score" if entry.risk is None else percent(entry.risk),
        percentile=higher_than(entry.percentile),
        risk_words=_risk_words(entry, outcome_words(label)),
        reasons=entry.main_reasons,
        completeness=f"{entry.completeness:.0%}",
        model=f"{entry.model} version {entry.model_version}",
        day=day(entry.index_at),
        flags=tuple(FLAG_WORDS.get(flag, flag) for flag in entry.flags),
    )


def _risk_words(entry: Entry, outcome: str) -> str:
    if entry.risk is None:
        return "" if entry.action != Action.REVIEW else (
            "Too little could be read for a score. That is not a low risk: please look at this "
            "person's record yourself."
        )  # fmt: skip
    return (
        f"Of 100 people with records like this one, about {round(entry.risk * 100)} have {outcome}."
    )


@dataclass(frozen=True)
class WhyView:
    """A reason with its bar: way is `up` or `down`; x and width in a drawing of 200 units."""

    domain: str
    text: str
    patient_text: str
    modifiable: bool
    way: str
    effect: str
    x: float
    width: float


def why_views(reasons: Sequence[Why]) -> list[WhyView]:
    """Reasons with bars on one scale, in their order."""
    most = max((abs(why.contribution) for why in reasons), default=0.0) or 1.0
    return [_why_view(why, HALF / most) for why in reasons]


def effect(contribution: float) -> str:
    """What a part of the log-odds does to the risk, in words."""
    strength = next(word for least, word in STRENGTHS if abs(contribution) >= least)
    return f"{'raises' if contribution > 0 else 'lowers'} {strength}".strip()


def _why_view(why: Why, scale: float) -> WhyView:
    up = why.contribution > 0
    width = round(max(abs(why.contribution) * scale, 1.0), 1)
    return WhyView(
        domain=DOMAINS.get(why.domain, why.domain),
        text=why.text,
        patient_text=why.patient_text,
        modifiable=why.modifiable,
        way="up" if up else "down",
        effect=effect(why.contribution),
        x=100.0 if up else round(100 - width, 1),
        width=width,
    )


def sum_words(entry: Entry) -> str:
    """How base and contributions make the risk, in numbers."""
    if entry.base is None or entry.risk is None:
        return ""
    parts = sum(why.contribution for why in entry.reasons)
    return (
        f"On the scale of log-odds the average is {entry.base:+.2f} and the parts above add "
        f"{parts:+.2f}, together {entry.base + parts:+.2f}, which is a risk of {entry.risk:.1%}."
    )


def missing_words(missing: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """Inputs that could not be read, as the catalogue calls them."""
    return list(dict.fromkeys(words.get(name, name) for name in missing))
