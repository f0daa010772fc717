"""Contributions of features to a served risk, grouped by clinical domain, in plain words.

base + the sum of a person's reasons = log-odds of the risk: no domain is left out that pushed at
all. A domain's words are the person's own values of the features that pushed most the way the
domain as a whole went: at most two, each at least a quarter as strong as the first, one of a kind,
none saying what another said. A count of groups of conditions names the groups. It refuses to name
a sensitive condition unless asked to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import Catalogue, Feature
from features.catalogue.rules import DOMAINS
from features.codes import code_set
from features.matrix import Schema
from models.estimator import Floats

MOST_NAMED = 2
MOST_LISTED = 6
"""Groups listed behind their count; the rest are "and so many more"."""
LEAST_SHARE = 0.25
"""Of the strongest feature's contribution, for another to be named beside it."""
SENSITIVE = "Another recorded condition"
HIDDEN = SENSITIVE.lower()
SENSITIVE_PATIENT = "Another condition in your records"
TOGETHER = "{domain}, taken together"
TOGETHER_PATIENT = "Other things in your records"


@dataclass(frozen=True)
class Reason:
    """What one clinical domain adds to the log-odds of a risk.

    domain        a key of `features.catalogue.rules.DOMAINS`
    contribution  log-odds; above 0 it raises the risk
    text          for a clinician; patient_text for the patient
    modifiable    it raises the risk, and care can change something that is named
    """

    domain: str
    contribution: float
    text: str
    patient_text: str
    modifiable: bool


def reasons_of(
    catalogue: Catalogue, schema: Schema, contributions: Floats, X: Floats, *, reveal: bool = False
) -> list[tuple[Reason, ...]]:
    """The reasons of each row, strongest first (equal ones by domain).

    contributions  to the log-odds of the served risk (rows, columns or columns + 1: a last column
                   is the base and no reason)
    X              the rows' features; reveal: sensitive conditions by their names
    """
    features = [catalogue[name] for name in schema.names]
    domains = {d: [i for i, f in enumerate(features) if f.domain == d] for d in DOMAINS}
    words = _Words(features, reveal)
    return [
        tuple(sorted(_reasons(domains, words, c, x), key=_strength))
        for c, x in zip(contributions[:, : len(features)], X, strict=True)
    ]


def _strength(reason: Reason) -> tuple[float, str]:
    return -abs(reason.contribution), reason.domain


def _reasons(
    domains: dict[str, list[int]], words: _Words, contributions: Floats, values: Floats
) -> Iterator[Reason]:
    for domain, places in domains.items():
        own = contributions[places]
        if np.any(own):
            total = float(own.sum())
            named = _strongest(places, own if total >= 0 else -own)
            text, patient, modifiable = words.of(domain, named, values)
            yield Reason(domain, total, text, patient, modifiable and total > 0)


def _strongest(places: Sequence[int], push: Floats) -> list[int]:
    """Columns that push at least a quarter as much as the strongest, strongest first."""
    least = LEAST_SHARE * push.max()
    order = np.lexsort((np.asarray(places), -push))
    return [places[i] for i in order if push[i] > 0 and push[i] >= least]


@dataclass(frozen=True)
class _Words:
    features: Sequence[Feature]
    reveal: bool

    def of(self, domain: str, named: list[int], values: Floats) -> tuple[str, str, bool]:
        """Words for a clinician, for the patient, and whether care can change what is named."""
        texts: dict[str, Feature] = {}
        patients: dict[str, None] = {}
        kinds: set[tuple[object, ...]] = set()
        listed: list[str] = []
        for feature, value in ((self.features[i], float(values[i])) for i in named):
            kind = self._kind(feature, value)
            if len(texts) == MOST_NAMED or kind in kinds or not self._may_be_named(feature, value):
                continue
            if value > 0 and self._label(feature) in listed:
                continue
            kinds.add(kind)
            groups = self._groups(feature, values)
            listed += groups
            texts.setdefault(_with(self._text(feature, value), groups), feature)
            if not np.isnan(value):
                patients.setdefault(self._patient(feature, value))
        text = ". ".join(texts) or TOGETHER.format(domain=DOMAINS[domain])
        patient = ". ".join(patients) or TOGETHER_PATIENT
        return text, patient, any(feature.modifiable for feature in texts.values())

    def _groups(self, feature: Feature, values: Floats) -> list[str]:
        """The groups that a count of groups counted, as far as the inputs tell them apart.

        Those that may not be named come last, for their place would tell which they are.
        """
        if feature.measure != "groups":
            return []
        own = _counted(feature)
        there = {
            f.group: f
            for f, value in zip(self.features, values, strict=True)
            if f.measure == "flag" and _counted(f) == own and value > 0
        }
        pairs = code_set(feature.code_set).hierarchy if feature.hierarchy else ()
        weaker = {weak for strong, weak in pairs if strong in there}
        labels = [self._label(f) for group, f in there.items() if group not in weaker]
        return sorted(dict.fromkeys(labels), key=lambda label: label == HIDDEN)

    def _kind(self, feature: Feature, value: float) -> tuple[object, ...]:
        """What a feature tells of: the same group by two code sets or windows is told once."""
        if feature.measure == "flag" and feature.label:
            return feature.table, feature.label, value > 0
        return feature.family, feature.group

    def _label(self, feature: Feature) -> str:
        """The name of a feature's group; "" where it has none."""
        return HIDDEN if feature.group and self._hidden(feature) else feature.label

    def _may_be_named(self, feature: Feature, value: float) -> bool:
        """Not the absence of a sensitive condition: naming it tells of its presence elsewhere."""
        return self.reveal or not feature.sensitive or value > 0

    def _text(self, feature: Feature, value: float) -> str:
        return SENSITIVE if self._hidden(feature) else feature.say(value)

    def _patient(self, feature: Feature, value: float) -> str:
        return SENSITIVE_PATIENT if self._hidden(feature) else feature.say(value, patient=True)

    def _hidden(self, feature: Feature) -> bool:
        return bool(feature.sensitive) and not self.reveal


def _counted(feature: Feature) -> tuple[object, ...]:
    """Which rows a count of groups, or a flag of one of them, is about."""
    return feature.code_set, feature.where, feature.window, feature.until, feature.anchor


def _with(text: str, groups: list[str]) -> str:
    """The text and the groups it counted; of many the first."""
    if not groups:
        return text
    more = len(groups) - MOST_LISTED
    rest = [f"and {more} more"] if more > 0 else []
    return f"{text}: {'; '.join([*groups[:MOST_LISTED], *rest])}"
