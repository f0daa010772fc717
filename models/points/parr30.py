"""PARR-30: England's model of readmission within 30 days, as the linear predictor it publishes.

Billings J, Blunt I, Steventon A, Georghiou T, Lewis G, Bardsley M. Development of a predictive
model to identify inpatients at risk of re-admission within 30 days of discharge (PARR-30). BMJ Open
2012;2(4):e001667; coefficients as the Nuffield Trust published them with it (How to implement the
PARR-30 model, 2012).

What is read how:
- The effect of the hospital is taken as 0: it is known for 159 trusts of 2008/09, most of them
  merged since, and a History does not say which of them a hospital was.
- An emergency admission is an unplanned one; admissions of the 365 and 30 days end before this one.
- Conditions are Charlson's groups by the codes of Quan 2005, of two years and of this stay once
  coded; the paper's own list of codes is not published. Each counts by itself, a weaker beside its
  stronger one: the published weight of metastatic cancer is below that of other cancer, so it adds.
- Deprivation is the score of the English Index of Multiple Deprivation. The bands are of the 2007
  edition; scores of a later one are close, not the same. Bands are closed at their upper end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from models.estimator import Floats
from models.points.score import Inputs, PointScore

CONSTANT = -2.91821
AGE_SQUARED = 6.0581e-5
YEAR, MONTH = (f"unplanned_admissions_before_admission_{days}d" for days in (365, 30))
PER_ADMISSION, ANY_IN_MONTH, EMERGENCY = 0.1215, 0.5258, 0.5565
DEPRIVATION = "deprivation_imd"
DEPRIVATION_EDGES = (10, 15, 25, 40, 50)
DEPRIVATION_BANDS = (0.0, 0.0209, 0.0239, 0.0661, 0.1017, 0.0982)

CONDITIONS: Mapping[str, float] = MappingProxyType(
    {
        "chf": 0.095,
        "pvd": 0.1043,
        "cpd": 0.2243,
        "diabwc": 0.1457,
        "rend": 0.1977,
        "metacanc": 0.2762,
        "canc": 0.5069,
        "msld": 0.2673,
        "mld": 0.2133,
        "hp": 0.1061,
        "dementia": 0.0467,
    }
)
"""Charlson group -> coefficient."""


def _condition(group: str) -> str:
    return f"charlson_{group}_730d"


def _count(inputs: Inputs) -> Floats:
    band = np.searchsorted(DEPRIVATION_EDGES, inputs[DEPRIVATION], side="left")
    conditions = sum(weight * inputs[_condition(group)] for group, weight in CONDITIONS.items())
    return np.asarray(
        CONSTANT
        + AGE_SQUARED * inputs["age"] ** 2
        + PER_ADMISSION * inputs[YEAR]
        + ANY_IN_MONTH * (inputs[MONTH] > 0)
        + EMERGENCY * inputs["index_unplanned"]
        + np.asarray(DEPRIVATION_BANDS)[band]
        + conditions
    )


PARR30 = PointScore(
    name="parr30",
    source="Billings J et al., BMJ Open 2012;2:e001667: log-odds without the effect of the "
    "hospital, conditions by Quan 2005, deprivation by IMD score in the bands of 2007",
    inputs=("age", YEAR, MONTH, "index_unplanned", DEPRIVATION, *map(_condition, CONDITIONS)),
    count=_count,
)
