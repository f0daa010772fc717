"""A score counted in points from named features, made a risk by a logistic line on the points.

So a published score is judged on ranking and on calibration alike. It refuses to be computed where
an input is null on nearly every row, and is null on every row where an input is: never from zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.matrix import Schema
from models.calibration import Calibrator, logistic_line
from models.estimator import Floats, NotComputableError, Rows, refuse_one_outcome

MOST_NULL = 0.95
"""An input that is null on a larger share of the rows counts as one the source does not give."""

Inputs = Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class PointScore:
    """A published score; `fit` gives a copy with its logistic line.

    name    as recipes and answers call it
    source  paper, and how this reading of it is
    inputs  features it counts from
    count   points of rows from the inputs by name
    """

    name: str
    source: str
    inputs: tuple[str, ...]
    count: Callable[[Inputs], Floats]
    line: Calibrator | None = None
    schema: Schema | None = None

    def points(self, X: Floats, schema: Schema) -> Floats:
        """Points of each row, shape (rows,); NaN where an input is null."""
        inputs = {name: X[:, schema.place(name)] for name in self.inputs}
        counted = np.asarray(self.count(inputs), dtype=np.float64)
        null = np.any([np.isnan(column) for column in inputs.values()], axis=0)
        return np.where(null, np.nan, counted)

    def missing(self, X: Floats, schema: Schema) -> tuple[str, ...]:
        """Inputs that are no column, or null on more than `MOST_NULL` of the rows."""
        return tuple(
            name
            for name in self.inputs
            if name not in schema.names or np.isnan(X[:, schema.place(name)]).mean() > MOST_NULL
        )

    def fit(
        self, X: Floats, y: Floats, *, schema: Schema, valid: Rows | None = None, seed: int = 0
    ) -> PointScore:
        """A copy with the logistic line of `y` on the points of rows that have them.

        Raises NotComputableError naming the inputs that are missing, InputError where the outcome
        does not vary. Points that do not vary give everyone the same risk.
        """
        del valid, seed
        if missing := self.missing(X, schema):
            raise NotComputableError(self.name, missing)
        points = self.points(X, schema)
        known = ~np.isnan(points)
        if not known.any():
            raise NotComputableError(self.name, self.inputs)
        return replace(self, line=_line(points[known], y[known], self.name), schema=schema)

    def predict_risk(self, X: Floats) -> Floats:
        """Risk of each row, shape (rows,); NaN where an input is null."""
        assert self.schema is not None, "not fitted"
        assert self.line is not None, "not fitted"
        return self.line.risk(self.points(X, self.schema))


def _line(points: Floats, y: Floats, name: str) -> Calibrator:
    refuse_one_outcome(y, "training")
    intercept, slope = logistic_line(points, y)
    if not np.isnan(slope):
        return Calibrator(intercept, slope)
    if np.ptp(points):
        raise InputError(
            f"the outcome is parted by the points of {name}: no risk can be fitted to them",
            where=f"training rows: {len(y)}",
            cure="use more rows",
        )
    rate = float(y.mean())
    return Calibrator(float(np.log(rate / (1 - rate))), 0.0)


def banded(values: Floats, edges: npt.ArrayLike, points: npt.ArrayLike) -> Floats:
    """Points of values by bands: points[i] from edges[i] (closed) up to the next edge.

    A value under the first edge gets the first points; NaN gets any, and must be masked.
    """
    place = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right") - 1
    return np.asarray(points, dtype=np.float64)[np.clip(place, 0, np.size(points) - 1)]
