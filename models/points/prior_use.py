"""The threshold rule of prior use: two or more admissions in the last 365 days.

Programmes chose people so before there were models, and the people chosen used less in the next
year whatever was done: Roland M, Dusheiko M, Gravelle H, Parker S. Follow up of people aged 65 and
over with a history of emergency admissions. BMJ 2005;330:289-292. The paper counts emergency
admissions; this rule counts all, since many sources do not tell the urgency. The stay being left at
a discharge is not among them.
"""

from __future__ import annotations

import numpy as np

from models.estimator import Floats
from models.points.score import Inputs, PointScore

LEAST = 2
ADMISSIONS = "admissions_365d"


def _count(inputs: Inputs) -> Floats:
    return np.asarray(inputs[ADMISSIONS] >= LEAST, dtype=np.float64)


PRIOR_USE = PointScore(
    name="prior_use",
    source="two or more admissions in 365 days, after Roland M et al., BMJ 2005;330:289-292",
    inputs=(ADMISSIONS,),
    count=_count,
)
