"""A model beside its baselines on the same rows, every figure with an interval over people.

A row for which the model is insufficient has no risk and is left out, counted. A baseline that is
not computable for some rows is compared on those it is computable for, and says on how many; one
that is computable for none says which inputs it lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.measures import evaluate
from training.recipe import Evaluation

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MODEL = "model"
FEWEST_OF_A_GROUP = 10
"""A group with fewer events, or fewer rows without one, is counted and not measured."""


@dataclass(frozen=True)
class HeldOut:
    """Rows to test on.

    y       whether each row is an event
    risk    the model's, NaN: insufficient
    others  each baseline's, NaN: not computable for the row
    person  a number per person
    """

    y: Bools
    risk: Floats
    others: Mapping[str, Floats]
    person: Ints

    def only(self, kept: Bools) -> HeldOut:
        others = {name: risk[kept] for name, risk in self.others.items()}
        return HeldOut(self.y[kept], self.risk[kept], others, self.person[kept])

    @property
    def sufficient(self) -> HeldOut:
        """The rows the model has a risk for."""
        return self.only(~np.isnan(self.risk))


def evaluation(
    tested: HeldOut, lacking: Mapping[str, tuple[str, ...]], settings: Evaluation, *, seed: int
) -> dict[str, Any]:
    """{rows, people, events, prevalence, insufficient, metrics, at_k, baselines}.

    lacking  baselines that are not computable, with the inputs they lack
    """
    seen = tested.sufficient
    found, differences = _evaluated(seen, seen.others, settings, seed)
    baselines: dict[str, Any] = {
        name: {**found[name], "difference": differences[name]} for name in seen.others
    }
    baselines |= {name: not_computable(inputs) for name, inputs in lacking.items()}
    return {
        **found[MODEL],
        **counts(seen),
        "insufficient": len(tested.y) - len(seen.y),
        "baselines": baselines,
    }


def not_computable(inputs: Sequence[str]) -> dict[str, Any]:
    """What stands in place of figures for a score that lacks inputs."""
    return {"not_computable": list(inputs), "text": f"not computable: {', '.join(inputs)}"}


def counts(tested: HeldOut) -> dict[str, Any]:
    """Rows, people, events and their share of the rows."""
    rows, events = len(tested.y), int(tested.y.sum())
    people = len(np.unique(tested.person))
    return {"rows": rows, "people": people, "events": events, "prevalence": events / max(rows, 1)}


def by_group(
    tested: HeldOut, groups: Mapping[str, Any], settings: Evaluation, *, seed: int
) -> dict[str, dict[str, Any]]:
    """{attribute: {level: {n, events, metrics}}}; groups  level of each row, by attribute."""
    found: dict[str, dict[str, Any]] = {}
    for attribute, levels in groups.items():
        level = np.asarray(levels)
        found[attribute] = {
            str(name): _group(tested.only(level == name).sufficient, settings, seed)
            for name in np.unique(level)
        }
    return found


def _group(tested: HeldOut, settings: Evaluation, seed: int) -> dict[str, Any]:
    events = int(tested.y.sum())
    counted = {"n": len(tested.y), "events": events, "metrics": {}}
    if min(events, len(tested.y) - events) < FEWEST_OF_A_GROUP:
        return counted
    return counted | {"metrics": _evaluated(tested, {}, settings, seed)[0][MODEL]["metrics"]}


def _evaluated(
    tested: HeldOut, others: Mapping[str, Floats], settings: Evaluation, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    return evaluate(
        tested.y.astype(np.float64),
        {MODEL: tested.risk, **others},
        tested.person,
        capacity=settings.capacity,
        repeats=settings.repeats,
        seed=seed,
    )
