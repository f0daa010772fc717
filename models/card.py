"""The model card: what a model is for, what it was made from, how good it is, what to beware of.

A dict that JSON can hold, made from what training knows and nothing else: no clock, no machine, no
person. Sections carry the attributes of the US rule HTI-1 they answer (45 CFR 170.315(b)(11)), so
that one card yields several views. It refuses to be silent: what is not known says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from features.catalogue import Catalogue, Feature
from features.catalogue.rules import DOMAINS
from features.definition import Definition
from models.calibration import Calibrator
from models.completeness import LEAST_SHARE

AUDIT_ONLY = ("ethnicity", "language", "religion")

MOMENTS: Mapping[str, str] = {
    "discharge": "discharge from an acute hospital",
    "nursing_discharge": "discharge home from a nursing facility",
    "month": "the first of a month",
}
LABELS: Mapping[str, str] = {
    "readmission": "An unplanned acute admission within the window after discharge.",
    "need": "Distinct groups of conditions recorded. They are recorded where care is sought, so "
    "need without access is seen less; less biased than cost, not unbiased.",
    "bed_days": "Days in acute hospitals. They follow access to beds and to care outside as much "
    "as need.",
    "cost": "Sum of costs. Cost follows access and price, not need: at one predicted cost, people "
    "with less access are sicker (Obermeyer Z et al., Science 2019;366:447-453). Prefer need.",
}
CAUTIONS = (
    "A risk says who is likely to have the outcome, not who will benefit from the programme.",
    "A score by itself has not lowered use: given to practices in the PRISMATIC trial, a risk tool "
    "was followed by more emergency admissions (Snooks H et al., BMJ Qual Saf 2019;28:697-705). "
    "Measure what follows its introduction.",
    "People chosen at a peak of use fall from it anyway: before-and-after is no evidence.",
    "A label is a choice: groups with less access look healthier than they are (Obermeyer Z et "
    "al., Science 2019;366:447-453). Compare recorded illness by group at equal risk.",
    "Once a programme acts on the risk, the outcome of those enrolled no longer checks the model.",
)
MODES: Mapping[str, str] = {
    "adt": "codes count from when they were known",
    "claims": "retrospective: codes of a stay count as known at its discharge",
}
NOT_FOR = (
    "refusing or ending care, coverage or benefits",
    "a decision without a person who can overrule it, and records why",
    "people outside the cohort described under data, or another health system without validation",
    "emergencies: it is not made to be read at the bedside within minutes",
)


@dataclass(frozen=True)
class Data:
    """What a model was made from.

    source     as the History's manifest names it; digest: sha256 of the History
    first, last  days the History speaks of, ISO
    rows, people, events  per part of the split: {part: {rows, people, events}}
    excluded   possible index moments left out, by reason; unlabelled: by status
    split      how the parts were made (`training/split.py`)
    warnings   what a reader of the figures must know, such as a drift of the event rate
    """

    source: str
    digest: str
    first: str
    last: str
    parts: Mapping[str, Mapping[str, int]]
    excluded: Mapping[str, int] = field(default_factory=dict)
    unlabelled: Mapping[str, int] = field(default_factory=dict)
    split: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Evaluation:
    """How good it is, as the evaluate answer of `docs/reference` has it.

    metrics, at_k, baselines, gate  as in the answer; a baseline that is not computable says why
    """

    metrics: Mapping[str, Any]
    at_k: Sequence[Mapping[str, Any]]
    baselines: Mapping[str, Any]
    gate: Mapping[str, Any]


def model_card(
    *,
    name: str,
    mode: str,
    definition: Definition,
    catalogue: Catalogue,
    method: Mapping[str, Any],
    calibrator: Calibrator,
    high: float | None,
    data: Data,
    evaluation: Evaluation,
    why_deprivation: str = "",
) -> dict[str, Any]:
    """The card. `method` is what the recipe says of model, calibration and seed."""
    return {
        "identity": {"name": name, "kind": "prediction", "hti_1": [3, 4]},
        "purpose": _purpose(definition),
        "question": _question(definition, high),
        "data": _data(data, mode),
        "features": _features(catalogue, why_deprivation),
        "method": {
            **method,
            "calibrator": {"intercept": calibrator.intercept, "slope": calibrator.slope},
            "missing_values": "kept as unknown, never as zero; a person with less than "
            f"{LEAST_SHARE:.0%} of the inputs is not scored",
            "class_imbalance": "nothing is re-weighted or re-sampled",
            "reasons": "exact TreeSHAP carried through the calibrator: base + sum of contributions "
            "= log-odds of the risk. They say what the score went by, not what causes the outcome.",
        },
        "performance": {
            "metrics": evaluation.metrics,
            "at_k": list(evaluation.at_k),
            "baselines": evaluation.baselines,
            "intervals": "95%, percentile bootstrap over people",
            "gate": evaluation.gate,
            "external_validation": "none yet",
            "hti_1": [21, 23],
        },
        "cautions": {"known_risks": list(CAUTIONS), "warnings": list(data.warnings), "hti_1": [10]},
        "upkeep": {
            "monitoring": "drift of inputs, event rate and calibration by period",
            "updates": "retrained from the recipe; a version goes live only through its gate",
            "hti_1": [26, 30],
        },
    }


def _purpose(definition: Definition) -> dict[str, Any]:
    return {
        "use": "ranks people a care-coordination programme may offer its next free places to",
        "users": "programme leads, coordinating nurses, the clinicians of the person",
        "decision_role": "informs: a person decides on every offer",
        "population": _population(definition),
        "not_for": list(NOT_FOR),
        "hti_1": [5, 6, 7, 8, 9],
    }


def _population(definition: Definition) -> str:
    return (
        f"people of {definition.index.least_age} and over, at {MOMENTS[definition.index.moments]}"
    )


def _question(definition: Definition, high: float | None) -> dict[str, Any]:
    outcome = definition.outcome
    return {
        "question": definition.question,
        "label": definition.label,
        "label_choice": LABELS[definition.label],
        "high": high,
        "high_percentile": outcome.high_percentile,
        "window_days": [outcome.first_day, outcome.last_day],
        "death": definition.censoring.death,
        "lost_coverage": definition.censoring.coverage,
        "undecided_urgency_read_as": outcome.undecided,
    }


def _data(data: Data, mode: str) -> dict[str, Any]:
    return {
        "source": data.source,
        "history": data.digest,
        "first": data.first,
        "last": data.last,
        "mode": mode,
        "mode_means": MODES[mode],
        "parts": data.parts,
        "excluded": data.excluded,
        "unlabelled": data.unlabelled,
        "split": data.split,
        "hti_1": [11, 14],
    }


def _features(catalogue: Catalogue, why_deprivation: str) -> dict[str, Any]:
    groups: dict[str, list[Feature]] = {}
    for feature in catalogue:
        groups.setdefault(feature.domain, []).append(feature)
    return {
        "count": len(catalogue),
        "domains": {DOMAINS[d]: [f.name for f in groups[d]] for d in DOMAINS if d in groups},
        "may_not_score": list(AUDIT_ONLY),
        "age_and_sex": "may score",
        "deprivation": why_deprivation or "does not score",
        "sensitive": sorted({f.sensitive for f in catalogue if f.sensitive}),
        "sensitive_means": 'read "another recorded condition" wherever a score is shown',
        "hti_1": [12],
    }
