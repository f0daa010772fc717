"""Who is eligible for the programme, and in which order eligible people are offered a place.

Guided Care took people of 65 and over in the highest quartile of a predictive score of the whole
screened panel (Boult et al., J Gen Intern Med 2013;28:612-621). The quartile is taken over everyone
of eligible age who could be scored, once per run and not per practice. It refuses to place a person
who could not be scored: those are neither above nor below the cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_AGE = 65
TOP_SHARE = 0.25


@dataclass(frozen=True)
class Cut:
    """The risk at or above which a person of eligible age is eligible.

    value  risk, 0 to 1; null when nobody was of eligible age
    count  people of eligible age it was taken over
    """

    value: float | None
    count: int


def cut_of(risk: Floats, of_age: Mask, *, top_share: float = TOP_SHARE) -> Cut:
    """The smallest risk inside the top share of people of age; NaN risks do not count.

    `top_share` of n people is ceil(share * n) of them. People tied at the cut are all eligible, so
    neither the order of rows nor their division decides between equals.
    """
    among = np.sort(risk[of_age & ~np.isnan(risk)])[::-1]
    if not len(among):
        return Cut(None, 0)
    place = max(math.ceil(top_share * len(among) - 1e-9), 1)
    return Cut(float(among[place - 1]), len(among))


def eligible(risk: Floats, of_age: Mask, cut: Cut) -> Mask:
    """People of eligible age at or above the cut, shape (people,); a NaN risk is not eligible."""
    if cut.value is None:
        return np.zeros(len(risk), dtype=np.bool_)
    return of_age & (np.nan_to_num(risk, nan=-1.0) >= cut.value)


def of_age(age: Floats, *, least_age: float = LEAST_AGE) -> Mask:
    """People whose age in years is known and not under `least_age`, shape (people,)."""
    return np.nan_to_num(age, nan=-1.0) >= least_age


def order(risk: Floats, person_id: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Positions of people from the highest risk down; equal risks by person id, so it is total."""
    return np.lexsort((person_id, -risk))
