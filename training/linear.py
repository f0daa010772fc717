"""A fitted logistic regression as plain numbers, so that it can be kept as text.

Whatever is done to a column on the way (filling, scaling, a column per category), the log-odds stay
a sum of one term per column; the terms are read off by asking the fitted model. It refuses nothing:
`Linear.of` is exact up to rounding for any model that is such a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.matrix import Schema

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """Log-odds = base + a term per column; a null column has no term.

    numbers     column -> (what being known adds, slope)
    categories  column -> what each category adds, in the order of the schema's categories
    """

    schema: Schema
    base: float
    numbers: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, log_odds: Callable[[Floats], Floats], schema: Schema) -> Linear:
        """The terms of a fitted model, given what it says of the log-odds of rows."""
        asked, columns = _questions(schema)
        answers = log_odds(asked)
        base, terms = float(answers[0]), answers[1:] - answers[0]
        numbers: dict[str, tuple[float, float]] = {}
        categories: dict[str, tuple[float, ...]] = {}
        for place, column in enumerate(schema.columns):
            own = terms[columns == place].tolist()
            if place in schema.categorical:
                categories[column.name] = tuple(own)
            else:
                numbers[column.name] = (own[0], own[1] - own[0])
        return cls(schema, base, numbers, categories)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that have a term."""
        return (*self.numbers, *self.categories)

    def on(self, schema: Schema) -> Linear:
        """The same for matrices of another schema that has all the columns."""
        return replace(self, schema=schema)

    def log_odds(self, X: Floats) -> Floats:
        """Log-odds of each row, shape (rows,)."""
        places = [self.schema.place(name) for name in self.numbers]
        known, slope = np.array(list(self.numbers.values())).reshape(-1, 2).T
        values = X[:, places]
        seen = ~np.isnan(values)
        found = self.base + seen @ known + np.where(seen, values, 0.0) @ slope
        for name, terms in self.categories.items():
            code = X[:, self.schema.place(name)]
            inside = (code >= 0) & (code < len(terms))
            found += np.where(
                inside, np.array([*terms, 0.0])[np.where(inside, code, -1).astype(int)], 0
            )
        return np.asarray(found)

    def predict_risk(self, X: Floats) -> Floats:
        """Risk of each row, shape (rows,)."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds(X))))

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "linear",
            "base": self.base,
            "numbers": {name: list(terms) for name, terms in self.numbers.items()},
            "categories": {name: list(terms) for name, terms in self.categories.items()},
        }

    @classmethod
    def from_json(cls, stated: Mapping[str, Any], schema: Schema) -> Linear:
        numbers = {name: (float(known), float(s)) for name, (known, s) in stated["numbers"].items()}
        categories = {name: tuple(map(float, t)) for name, t in stated["categories"].items()}
        return cls(schema, float(stated["base"]), numbers, categories)


def _questions(schema: Schema) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Rows that differ from an all-null one in one column, and that column of all but the first.

    A number is asked at 0 and 1, a category at each of its values.
    """
    asked = [
        (place, float(value))
        for place, column in enumerate(schema.columns)
        for value in range(len(column.categories) if place in schema.categorical else 2)
    ]
    X = np.full((1 + len(asked), len(schema.columns)), np.nan)
    for row, (place, value) in enumerate(asked, start=1):
        X[row, place] = value
    return X, np.array([place for place, _ in asked], dtype=np.int64)
