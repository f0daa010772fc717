"""The truth of each moment: risk with and without the programme, and as lived.

Nothing but tests and benchmarks reads it.
"""

from __future__ import annotations

import numpy as np

from features.synthetic.compiled import Floats, Records, compiled
from features.synthetic.hazards import programme_keeps, true_risk


@compiled
def true_risks(moments: Records, states: Records, people: Records, rates: Records) -> Floats:
    """Per moment: risk without the programme, with it, and as lived; shape (moments, 3)."""
    risks = np.empty((moments.size, 3))
    r = rates[0]
    for n in range(moments.size):
        now, day = states[n], np.floor(moments[n].at)
        keep = programme_keeps(now, day, people[moments[n].person].own, r)
        risks[n, 0] = true_risk(now, day, 1.0, r)
        risks[n, 1] = true_risk(now, day, keep, r)
        enrolled = now.enrolled_from <= day < now.enrolled_to
        risks[n, 2] = risks[n, 1] if enrolled else risks[n, 0]
    return risks
