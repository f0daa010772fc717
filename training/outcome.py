"""The event a model learns: the outcome itself, or being among the high for one that is a number.

"High" is at or above a percentile of the training rows, and the number found there is frozen with
the model. Where the percentile is the least value there is (no need recorded for three in four),
everyone would be high; high then begins at the next value, and fewer are. It refuses an outcome
that is the same for everyone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.posed import Posed

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def high_of(value: Floats, training: Bools, definition: Posed) -> float | None:
    """The value from which on it is high, learnt on the `training` rows; None: it is an event.

    Raises InputError where all training rows have the same value.
    """
    if definition.high_percentile is None:
        return None
    learnt = value[training]
    above = learnt[learnt > learnt.min()]
    if not len(above):
        raise InputError(
            f"{definition.label} is {learnt.min():g} for everyone: nobody is high",
            where=f"definition {definition.name}, outcome of the training rows",
            cure="choose another label in the recipe, or a source that records it",
        )
    return max(float(np.percentile(learnt, definition.high_percentile)), float(above.min()))


def events_of(value: Floats, high: float | None) -> Bools:
    """Whether each value is an event."""
    return np.asarray(value > 0 if high is None else value >= high)
