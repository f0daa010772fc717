"""The same model under the other reading of admissions whose urgency nobody can say.

Where no procedure or admission type tells planned from unplanned, counting such an admission as
unplanned or as planned is a choice; what hangs on it is shown by evaluating both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluate import HeldOut, counts, evaluation
from training.recipe import Evaluation
from training.rows import Rows

Bools = npt.NDArray[np.bool_]


def other_reading(
    rows: Rows, tested: HeldOut, read_as: str, settings: Evaluation, *, seed: int
) -> dict[str, Any]:
    """{undecided_as, undecided, rows, events, prevalence, metrics}; empty where none is undecided.

    rows, tested  the test rows and the risks there
    read_as       how the definition reads an admission of undecided urgency
    Without events under the other reading there are no metrics.
    """
    undecided = int(rows.undecided.sum())
    if not undecided:
        return {}
    other = HeldOut(rows.alternative > 0, tested.risk, {}, tested.person)
    stated = {
        "undecided_as": "planned" if read_as == "unplanned" else "unplanned",
        "undecided": undecided,
    }
    if other.y.all() or not other.y.any():
        return {**stated, **counts(other), "metrics": {}}
    found = evaluation(other, {}, settings, seed=seed)
    return stated | {name: found[name] for name in ("rows", "events", "prevalence", "metrics")}
