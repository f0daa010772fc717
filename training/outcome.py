"""The event a model learns: the outcome itself, or being among the high for one that is a number.

"High" is at or above a percentile of the training rows, and the number found there is frozen with
the model. It refuses a percentile that everyone, or no one, lies above.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.definition import Definition
from features.errors import InputError

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def high_of(value: Floats, training: Bools, definition: Definition) -> float | None:
    """The value from which on it is high, learnt on the `training` rows; None: it is an event.

    Raises InputError where the percentile divides nobody from anybody.
    """
    if definition.high_percentile is None:
        return None
    learnt = value[training]
    high = float(np.percentile(learnt, definition.high_percentile))
    if high <= learnt.min():
        raise InputError(
            f"percentile {definition.high_percentile:g} of {definition.label} is {high:g}, the "
            "least there is: everyone would be high",
            where=f"definition {definition.name}, outcome.high_percentile",
            cure="choose a higher percentile, or another label in the recipe",
        )
    return high


def events_of(value: Floats, high: float | None) -> Bools:
    """Whether each value is an event."""
    return np.asarray(value > 0 if high is None else value >= high)
