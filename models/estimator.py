"""One protocol for everything that yields a risk: learned models and published scores alike.

Comparisons are honest only where all take the same road (ADR 3). A score whose inputs a source
cannot give refuses to be fitted, and says which inputs.
"""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from features.errors import CaseloadError, InputError
from features.matrix import Schema

Floats = npt.NDArray[np.float64]
Rows = tuple[Floats, Floats]
"""Features and outcomes of some rows."""


class NotComputableError(CaseloadError):
    """A published score lacks inputs; `missing` names them. Never computed from zeros instead."""

    def __init__(self, score: str, missing: tuple[str, ...]) -> None:
        self.score, self.missing = score, missing
        super().__init__(f"{score} is not computable: {', '.join(missing)}")


class Estimator(Protocol):
    """What can be fitted and then yields risks."""

    def fit(
        self, X: Floats, y: Floats, *, schema: Schema, valid: Rows | None = None, seed: int = 0
    ) -> Self:
        """A fitted copy; this one stays as it is.

        X, y   features (rows, columns; NaN is null) and outcomes 0 or 1
        valid  rows that say when to stop, for models that learn in rounds
        Raises NotComputableError where inputs are missing, InputError where no rows or only one
        outcome are given.
        """
        ...

    def predict_risk(self, X: Floats) -> Floats:
        """Risk of each row, shape (rows,), 0 to 1; NaN: not computable for that row."""
        ...


def refuse_one_outcome(y: Floats, who: str) -> None:
    """Raises InputError where the rows do not hold both outcomes: they teach nothing."""
    if not len(y) or float(y.min()) == float(y.max()):
        raise InputError(
            f"the {who} rows do not hold both events and non-events",
            where=f"{who} rows: {len(y)}",
            cure="use a longer History or a wider cohort",
        )
