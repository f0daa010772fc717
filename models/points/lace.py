"""LACE: length of stay, acuteness, comorbidity, emergency visits; 0 to 19 points at a discharge.

van Walraven C, Dhalla IA, Bell C, et al. Derivation and validation of an index to predict early
death or unplanned readmission after discharge from hospital to the community. CMAJ
2010;182(6):551-557, Table 3.

What the paper leaves open is read so: length of stay is nights; the codes do not grade renal
disease, so it has 2 points; HIV has 4; peptic ulcer none (`features/codes`, scheme lace_2010). The
comorbidity points are added up first and banded then. The six months before the admission are 183
days; the visit that led to the admission does not count.
"""

from __future__ import annotations

from models.estimator import Floats
from models.points.score import Inputs, PointScore, banded

EMERGENCY = "emergency_visits_before_admission_183d"
NIGHTS = ((0, 1, 2, 3, 4, 7, 14), (0, 1, 2, 3, 4, 5, 7))
ACUTE = 3
COMORBIDITY = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 5))
VISITS = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4))


def _count(inputs: Inputs) -> Floats:
    return (
        banded(inputs["index_nights"], *NIGHTS)
        + ACUTE * inputs["index_unplanned"]
        + banded(inputs["lace_comorbidity_730d"], *COMORBIDITY)
        + banded(inputs[EMERGENCY], *VISITS)
    )


LACE = PointScore(
    name="lace",
    source="van Walraven C et al., CMAJ 2010;182(6):551-557; renal disease 2, HIV 4, nights, "
    "emergency visits of 183 days before the admission without the one that led to it",
    inputs=("index_nights", "index_unplanned", "lace_comorbidity_730d", EMERGENCY),
    count=_count,
)
