"""Whether a discharge was followed by an unplanned acute admission within 30 days, as a History
tells it: the rule of the readmission definition, for a reference model that needs no History.
"""

from __future__ import annotations

import numpy as np

from features.synthetic.bucket import Bucket
from features.synthetic.coding import planned_by_codes
from features.synthetic.compiled import Bools, Floats, Ints
from features.synthetic.drivers import DAY, Moments
from features.synthetic.hazards import HORIZON, YEAR
from features.synthetic.life import DISCHARGE
from features.synthetic.observe import NOT_YET
from features.synthetic.people import Period
from features.synthetic.stays import TO_AGAINST_ADVICE

LOOK_BACK, SHARE, LEAST_AGE, RUN_OUT = 365, 0.9, 18, 90


def readmitted(one: Bucket, moments: Moments, period: Period) -> Floats:
    """1.0 or 0.0 per moment; nan where it gets no label (no discharge, excluded, not observed)."""
    stays, day = one.stays, moments.at // DAY
    index = np.maximum(moments.stay, 0)
    following = _next_spell(one)[index] if stays.person.size else np.zeros(0, dtype=np.int64)
    there = following >= 0
    after = np.where(there, following, 0)
    if not stays.person.size:
        return np.full(moments.person.size, np.nan)
    gap = np.floor(stays.start[after]) - day
    event = there & (gap <= HORIZON) & ~_planned(one)[after]
    short = stays.method[index] == 1
    short &= np.floor(stays.start[index]) == day
    labelled = (moments.kind == DISCHARGE) & (stays.to[index] != TO_AGAINST_ADVICE) & ~short
    labelled &= _followed(one, moments, day, period)
    return np.where(labelled, event.astype(np.float64), np.nan)


def _planned(one: Bucket) -> Bools:
    """Whether each stay reads as planned: an elective one, unless its codes say otherwise."""
    stays, listed = one.stays, planned_by_codes()
    reason = np.minimum(one.reason, listed.size - 1)
    uncoded = stays.coded_known >= NOT_YET
    return np.asarray((stays.method == 1) & (listed[reason] | uncoded))


def _next_spell(one: Bucket) -> Ints:
    """For each observed stay the first leg of the person's next acute spell, -1 for none."""
    stays = one.stays
    n = stays.person.size
    first = (stays.setting == 0) & stays.first
    rows = np.where(first, np.arange(n), n)
    coming = np.minimum.accumulate(rows[::-1])[::-1]
    later = np.append(coming[1:], n)
    same = later < n
    person = stays.person[np.minimum(later, n - 1)]
    return np.where(same & (person == stays.person), later, -1)


def _followed(one: Bucket, moments: Moments, day: Ints, period: Period) -> Floats:
    """Moments with a year seen before, 30 days covered after, and time for the record to settle."""
    people, person = one.people, moments.person
    entry = people.fixed["entry"][person]
    gap_from, gap_to = people.gap_from[person], people.gap_to[person]
    start = np.maximum(day - LOOK_BACK, entry)
    lost = np.clip(np.minimum(gap_to, day) - np.maximum(gap_from, start), 0, None)
    seen = (day - start - np.nan_to_num(lost, nan=0.0)) / LOOK_BACK
    age = (day - people.fixed["birth"][person]) / YEAR
    covered = (gap_from > day + HORIZON) | (gap_to <= day)
    settled = day + HORIZON + RUN_OUT < period.end
    return np.asarray((seen >= SHARE) & covered & settled & (age >= LEAST_AGE))
