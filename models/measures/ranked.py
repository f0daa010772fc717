"""Outcomes and risks in order of risk: sorted once, measured many times with other weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from models.estimator import Floats

Ints = npt.NDArray[np.int64]

compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)

LEAST = 1e-12
"""Risks are kept so far from 0 and 1 where a logarithm is taken of them."""
GROUPS = 200
"""Most groups of equal risks or neighbours that smoothing looks at."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows from the lowest risk to the highest.

    y, p, log_odds  of the rows in this order
    order           which given row stands at each place
    runs            first place of each run of equal risks, and the end: (runs + 1,)
    groups          the same of groups of whole runs, about equally large
    """

    y: Floats
    p: Floats
    log_odds: Floats
    order: Ints
    runs: Ints
    groups: Ints

    def weights(self, given: Floats | None) -> Floats:
        """The weights of the given rows in this order; ones where there are none."""
        return np.ones(len(self.y)) if given is None else np.asarray(given, np.float64)[self.order]


def ranked(y: Floats, p: Floats, person: Ints | None = None) -> Ranked:
    """Sort the rows. Equal risks stand by outcome and person, so that sums do too."""
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    keys = (y, p) if person is None else (person, y, p)
    order = np.lexsort(keys)
    risen = p[order]
    runs = np.r_[np.flatnonzero(np.r_[True, risen[1:] != risen[:-1]]), len(risen)]
    runs = runs if len(risen) else np.zeros(1, dtype=np.int64)
    safe = np.clip(risen, LEAST, 1 - LEAST)
    log_odds = np.log(safe) - np.log1p(-safe)
    return Ranked(y[order], risen, log_odds, order, runs, _groups(runs))


def _groups(runs: Ints) -> Ints:
    """Edges of at most `GROUPS` groups of whole runs; each run by itself where there are few."""
    if len(runs) <= GROUPS + 1:
        return runs
    group = runs[:-1] * GROUPS // runs[-1]
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return np.asarray(np.r_[runs[first], runs[-1]])
