"""What a training found, and its answer: figures with intervals, what was left out, what warns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.bundle import Bundle
from training.baselines import Baselines
from training.drift import Trend
from training.evaluate import HeldOut
from training.gate import Verdict
from training.plain import plain
from training.question import Question
from training.rows import Rows
from training.source import Source
from training.split import Bools, Divided

TESTED = ("rows", "people", "events", "prevalence", "insufficient")


@dataclass(frozen=True)
class Trained:
    """A trained model with all that was found on the way.

    y            whether each row is an event
    split        `training/assemble.py`
    tested       the test rows with every risk there
    found        their evaluation (`training/evaluate.py`)
    sensitivity  the same under the other reading of undecided urgency; empty: none is undecided
    """

    question: Question
    source: Source
    rows: Rows
    divided: Divided
    y: Bools
    baselines: Baselines
    bundle: Bundle
    split: Mapping[str, Any]
    tested: HeldOut
    found: Mapping[str, Any]
    sensitivity: Mapping[str, Any]
    trends: Sequence[Trend]
    warnings: Sequence[Mapping[str, Any]]
    verdict: Verdict


def answer_of(trained: Trained) -> dict[str, Any]:
    """The train answer but for what the registry adds: version, run_id, alias."""
    found, bundle = trained.found, trained.bundle
    rows, events = len(trained.y), int(trained.y.sum())
    answer = {
        "model": bundle.name,
        "label": bundle.label,
        "high": bundle.high,
        "rows": rows,
        "people": len(np.unique(trained.rows.person)),
        "events": events,
        "prevalence": events / rows,
        "deaths": trained.rows.deaths,
        "excluded": trained.rows.excluded,
        "split": trained.split,
        "tested": {name: found[name] for name in TESTED},
        "metrics": found["metrics"],
        "at_k": found["at_k"],
        "baselines": found["baselines"],
        "sensitivity": trained.sensitivity,
        "gate": trained.verdict.to_json(),
        "warnings": trained.warnings,
        "digest": bundle.digest,
        trained.source.kind: trained.source.digest,
    }
    return plain(answer)  # type: ignore[no-any-return]
