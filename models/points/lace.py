"""LACE: length of stay, acuteness, comorbidity, emergency visits; 0 to 19 points at a discharge.

van Walraven C, Dhalla IA, Bell C, et al. Derivation and validation of an index to predict early
death or unplanned readmission after discharge from hospital to the community. CMAJ
2010;182(6):551-557, Table 3.

What the paper leaves open is read so: length of stay is nights; the codes do not grade renal
disease, so it has 2 points; HIV has 4; peptic ulcer none (`features/codes`, scheme lace_2010). The
comorbidity points are added up first and banded then. The visit that led to this admission does not
count. One thing differs from the paper: its six months end at the admission, ours (183 days) at the
discharge, as every window of the catalogue does; the nights of the stay itself are lost to them.
"""

from __future__ import annotations

from models.estimator import Floats
from models.points.score import Inputs, PointScore, banded

NIGHTS = ((0, 1, 2, 3, 4, 7, 14), (0, 1, 2, 3, 4, 5, 7))
ACUTE = 3
COMORBIDITY = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 5))
VISITS = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4))


def _count(inputs: Inputs) -> Floats:
    return (
        banded(inputs["index_nights"], *NIGHTS)
        + ACUTE * inputs["index_unplanned"]
        + banded(inputs["lace_comorbidity_730d"], *COMORBIDITY)
        + banded(inputs["emergency_visits_183d"], *VISITS)
    )


LACE = PointScore(
    name="lace",
    source="van Walraven C et al., CMAJ 2010;182(6):551-557; renal disease 2, HIV 4, nights, "
    "emergency visits of 183 days before the discharge without the one that led to the admission",
    inputs=("index_nights", "index_unplanned", "lace_comorbidity_730d", "emergency_visits_183d"),
    count=_count,
)
