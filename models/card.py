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
from features.posed import Posed
from models.calibration import Calibrator
from models.card_question import population, question
from models.completeness import LEAST_SHARE

AUDIT_ONLY = ("ethnicity", "language", "religion")

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
    "table": "columns as the table has them: what was known when is the word of whoever made it; "
    "earlier rows are read from the table itself",
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

    kind       history or table
    source     as the History's manifest names it; digest: sha256 of the data
    first, last  days the data speak of, ISO; None: they do not say
    rows, people, events  per part of the split: {part: {rows, people, events}}
    excluded   possible index moments left out, by reason; unlabelled: by status
    split      how the parts were made (`training/split.py`)
    warnings   what a reader of the figures must know, such as a drift of the event rate
    """

    source: str
    digest: str
    first: str | None
    last: str | None
    parts: Mapping[str, Mapping[str, int]]
    excluded: Mapping[str, int] = field(default_factory=dict)
    unlabelled: Mapping[str, int] = field(default_factory=dict)
    split: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    kind: str = "history"


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
    definition: Posed,
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
        "question": question(definition, high),
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


def _purpose(definition: Posed) -> dict[str, Any]:
    return {
        "use": "ranks people a care-coordination programme may offer its next free places to",
        "users": "programme leads, coordinating nurses, the clinicians of the person",
        "decision_role": "informs: a person decides on every offer",
        "population": population(definition),
        "not_for": list(NOT_FOR),
        "hti_1": [5, 6, 7, 8, 9],
    }


def _data(data: Data, mode: str) -> dict[str, Any]:
    return {
        "source": data.source,
        data.kind: data.digest,
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
