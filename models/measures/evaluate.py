"""An evaluation: every measure of several risks of the same rows, with intervals over people.

The first risk is the model's. Another is compared on the rows where both are known, and its paired
difference is taken repeat by repeat on the same people drawn. It refuses to compare on other rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.estimator import Floats
from models.measures.bootstrap import Ints, draws, interval, people_of
from models.measures.capacity import at_k_of, places
from models.measures.metrics import METRICS, measured
from models.measures.ranked import Ranked, ranked

Answer = dict[str, Any]
Known = npt.NDArray[np.bool_]


def evaluate(
    y: Floats,
    risks: Mapping[str, Floats],
    person: npt.ArrayLike,
    *,
    capacity: Sequence[float],
    repeats: int,
    seed: int,
) -> tuple[dict[str, Answer], dict[str, dict[str, Any]]]:
    """Measures of each risk by name, and differences of the first from each other by name.

    y         outcomes 0 or 1, (rows,)
    risks     risks by name, (rows,) each, the model's first; NaN: not computable for that row
    person    a code per row; rows of one person have one code
    capacity  under 1 a share of the rows, else a number of rows
    Measures are {rows, events, metrics: {metric: {value, low, high}}, at_k: [{k, share, ppv,
    capture, number_needed, low, high}]} with the interval of the PPV; differences are
    {metric: {value, low, high}}. A value that cannot be said is null, and so are low and high
    without repeats.
    """
    y = np.asarray(y, dtype=np.float64)
    model, *others = risks
    code, people = people_of(person)
    known = {name: ~np.isnan(risk) for name, risk in risks.items()}
    sets = {(model, model): _Set.of(y, risks[model], code, known[model], capacity)}
    for name in others:
        both = known[model] & known[name]
        sets[name, name] = _Set.of(y, risks[name], code, both, capacity)
        same = bool((both == known[model]).all())
        sets[model, name] = (
            sets[model, model] if same else _Set.of(y, risks[model], code, both, capacity)
        )
    found = _repeated(tuple(dict.fromkeys(sets.values())), people, repeats, seed)
    measures = {name: found[sets[name, name]].answer() for name in risks}
    differences = {name: found[sets[model, name]].less(found[sets[name, name]]) for name in others}
    return measures, differences


@dataclass(frozen=True, eq=False)
class _Set:
    """One risk on one set of rows: sorted, with the person of each place and the k asked for."""

    rows: Ranked
    person: Ints
    ks: tuple[int, ...]

    @classmethod
    def of(
        cls, y: Floats, risk: Floats, code: Ints, known: Known, capacity: Sequence[float]
    ) -> _Set:
        rows = ranked(y[known], np.asarray(risk)[known], code[known])
        many = len(rows.y)
        return cls(rows, code[known][rows.order], tuple(places(c, many) for c in capacity if many))

    def of_weights(self, w: Floats) -> Floats:
        """Every metric, then the PPV at each k (k in proportion to the weight of the rows)."""
        scale = float(w.sum()) / max(len(w), 1)
        ppv = [at_k_of(self.rows, w, k * scale).ppv for k in self.ks]
        return np.concatenate([measured(self.rows, w), ppv])


@dataclass(frozen=True, eq=False)
class _Found:
    """Values of one set on the rows as they are, and on each repeat (repeats, values)."""

    of: _Set
    value: Floats
    repeated: Floats

    def answer(self) -> Answer:
        rows = self.of.rows
        many = len(METRICS)
        metrics = {
            name: interval(self.value[i], self.repeated[:, i]) for i, name in enumerate(METRICS)
        }
        return {
            "rows": len(rows.y),
            "events": int(rows.y.sum()),
            "metrics": metrics,
            "at_k": [_at(self.of, k, self.repeated[:, many + i]) for i, k in enumerate(self.of.ks)],
        }

    def less(self, other: _Found) -> dict[str, Any]:
        """This less the other, metric by metric, repeat by repeat."""
        value, repeated = self.value - other.value, self.repeated - other.repeated
        return {name: interval(value[i], repeated[:, i]) for i, name in enumerate(METRICS)}


def _at(of: _Set, k: int, repeated: Floats) -> dict[str, Any]:
    rows = of.rows
    found = at_k_of(rows, np.ones(len(rows.y)), k)
    bounds = interval(found.ppv, repeated)
    return {
        "k": k,
        "share": k / len(rows.y),
        "ppv": found.ppv,
        "capture": _finite(found.capture),
        "number_needed": _finite(found.number_needed),
        "low": bounds["low"],
        "high": bounds["high"],
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _repeated(sets: tuple[_Set, ...], people: int, repeats: int, seed: int) -> dict[_Set, _Found]:
    values = [s.of_weights(np.ones(len(s.rows.y))) for s in sets]
    repeated = [np.empty((repeats, len(value))) for value in values]
    for repeat, weights in enumerate(draws(people, repeats, seed)):
        for s, into in zip(sets, repeated, strict=True):
            into[repeat] = s.of_weights(weights[s.person])
    return {
        s: _Found(s, value, into) for s, value, into in zip(sets, values, repeated, strict=True)
    }
