"""How much of what a model goes by could be read for a person.

Inputs are the features the trees use whose null says "could not be read"; where a null says "none
seen" (days since, the last value, a share of visits) it is itself an answer. Each input weighs its
share of the gain. It refuses nothing: a person below `LEAST_SHARE` is insufficient, never low.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from features.matrix import Schema
from models.estimator import Floats

Bools = npt.NDArray[np.bool_]

LEAST_SHARE = 0.5
READ = ("count", "sum", "days", "distinct", "flag", "groups", "index", "fact", "column")
"""Measures whose null says that the value could not be read."""


def inputs_of(catalogue: Catalogue, gain: Mapping[str, float]) -> dict[str, float]:
    """Weight of each input by name, in the catalogue's order; together 1.

    gain  what each feature gained in the trees
    """
    gained = {f.name: gain.get(f.name, 0.0) for f in catalogue if f.measure in READ}
    whole = sum(gained.values())
    return {name: value / whole for name, value in gained.items() if value > 0}


@dataclass(frozen=True)
class Completeness:
    """Of rows: `share` of the inputs that could be read, 0 to 1; `null` (rows, inputs)."""

    inputs: tuple[str, ...]
    share: Floats
    null: Bools

    @property
    def sufficient(self) -> Bools:
        return np.asarray(self.share >= LEAST_SHARE)

    def missing(self, row: int) -> tuple[str, ...]:
        """Names of the inputs that could not be read for a row."""
        return tuple(np.array(self.inputs, dtype=object)[self.null[row]])


def completeness(inputs: Mapping[str, float], X: Floats, schema: Schema) -> Completeness:
    """Completeness of the rows; a model without such inputs is always complete."""
    places = [schema.place(name) for name in inputs]
    weights = np.array(list(inputs.values()), dtype=np.float64)
    null = np.ascontiguousarray(np.isnan(X[:, places]))  # so that rows add up alike, one or many
    missing = (null * weights).sum(axis=1)
    return Completeness(tuple(inputs), np.clip(1 - missing, 0, 1), null)
