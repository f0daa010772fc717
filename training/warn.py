"""What a reader has to know before believing a training's figures: each with a code and a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.matrix import Matrix
from training.drift import Trend
from training.question import Question
from training.rows import Rows

Warning_ = dict[str, Any]
MOST_NAMED = 6
"""Names in one sentence; the figures of a run tell the rest."""


def warnings_of(
    question: Question,
    rows: Rows,
    scored: Matrix,
    lacking: Mapping[str, tuple[str, ...]],
    insufficient: int,
    high: float | None,
    trends: Sequence[Trend],
    of_the_data: Sequence[Mapping[str, Any]],
) -> list[Warning_]:
    """All that hold, drift first.

    lacking       baselines that are not computable, with the inputs they lack
    insufficient  test rows that could not be scored
    of_the_data   what the source of the rows says
    high          value from which on the outcome counts as high; None: it is an event
    """
    told = [
        ("high", _high(question, rows, high)),
        ("undecided", _undecided(question, rows)),
        ("insufficient", _insufficient(insufficient)),
        ("unobserved", _unobserved(scored)),
    ]
    return [
        *(trend.warning() for trend in trends if trend.told),
        *(dict(warning) for warning in of_the_data),
        *(_not_computable(name, inputs) for name, inputs in lacking.items()),
        *({"code": code, "text": text} for code, text in told if text),
    ]


def _not_computable(name: str, inputs: tuple[str, ...]) -> Warning_:
    text = f"{name} is not computable: these data lack {', '.join(inputs)}"
    return {"code": "not_computable", "of": name, "inputs": list(inputs), "text": text}


def _undecided(question: Question, rows: Rows) -> str:
    undecided = int(rows.undecided.sum())
    if not undecided:
        return ""
    return (
        f"{undecided} of {len(rows)} outcomes hang on an admission of undecided urgency, read as "
        f"{question.undecided}; sensitivity has the figures of the other reading"
    )


def _high(question: Question, rows: Rows, high: float | None) -> str:
    """Whether "high" had to begin above the percentile the definition asks for."""
    percentile = question.definition.high_percentile
    if high is None or percentile is None:
        return ""
    least = float(rows.value.min())
    if float(np.mean(rows.value == least)) < percentile / 100:
        return ""
    return (
        f"{question.definition.label} is {least:g} for {np.mean(rows.value == least):.0%} of the "
        f"rows, so high begins at {high:g} and {np.mean(rows.value >= high):.0%} are high, fewer "
        f"than the {100 - percentile:g}% the definition means"
    )


def _insufficient(count: int) -> str:
    return f"{count} test rows hold too little to be scored and are left out" if count else ""


def _unobserved(scored: Matrix) -> str:
    """Columns that are null on every row: the source does not show what they count."""
    null = np.array([np.isnan(column).all() for column in scored.columns])
    if not null.any():
        return ""
    names = np.array(scored.schema.names)[null]
    rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    told = ", ".join(names[:MOST_NAMED]) + rest
    return f"{len(names)} of {len(null)} features are unknown on every row: {told}"
