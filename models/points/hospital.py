"""HOSPITAL: haemoglobin, oncology, sodium, procedure, admission type and number, length of stay.

Donze J, Aujesky D, Williams D, Schnipper JL. Potentially avoidable 30-day hospital readmissions in
medical patients: derivation and validation of a prediction model. JAMA Intern Med
2013;173(8):632-638. Donze JD, Williams MV, Robinson EJ, et al. International validity of the
HOSPITAL score to predict 30-day potentially avoidable hospital readmissions. JAMA Intern Med
2016;176(4):496-502. Simplified: Aubert CE, Schnipper JL, Williams MV, et al. Simplification of the
HOSPITAL score for predicting 30-day readmissions. BMJ Qual Saf 2017;26(10):799-805.

0 to 13 points at a discharge, 0 to 12 simplified. The two papers band the admissions of the year
before differently: 0-1, 2-5, more (2016, what later studies use), and 0, 1-5, more (2013).

What the papers leave open is read so: laboratory values are the last of the stay before the day of
discharge; one that was not measured is unknown and not normal; admissions are those of the 365 days
before this one; the service is the specialty of the stay by the names and numbers that the
catalogue lists. A cancer diagnosis (simplified) is Charlson's two groups of two years.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.estimator import Floats
from models.points.score import Inputs, PointScore, banded

HAEMOGLOBIN, SODIUM = "haemoglobin_in_stay", "sodium_in_stay"
ONCOLOGY, PROCEDURE = "oncology_in_stay", "procedure_in_stay"
CANCERS = ("charlson_canc_730d", "charlson_metacanc_730d")
URGENT, NIGHTS = "index_unplanned", "index_nights"
ADMISSIONS = "admissions_before_admission_365d"

LOW_HAEMOGLOBIN, LOW_SODIUM, LONG_STAY = 12.0, 135.0, 5
"""g/dL and mmol/L, both exclusive; nights, inclusive."""
BANDS_2016 = ((0, 2, 6), (0, 2, 5))
BANDS_2013 = ((0, 1, 6), (0, 2, 5))

Bands = tuple[tuple[int, ...], tuple[int, ...]]


def _shared(inputs: Inputs, bands: Bands) -> Floats:
    """What all of them count but oncology and procedures."""
    return np.asarray(
        (inputs[HAEMOGLOBIN] < LOW_HAEMOGLOBIN).astype(np.float64)
        + (inputs[SODIUM] < LOW_SODIUM)
        + inputs[URGENT]
        + banded(inputs[ADMISSIONS], *bands)
        + 2 * (inputs[NIGHTS] >= LONG_STAY)
    )


def _counted(bands: Bands) -> Callable[[Inputs], Floats]:
    def count(inputs: Inputs) -> Floats:
        return _shared(inputs, bands) + 2 * inputs[ONCOLOGY] + inputs[PROCEDURE]

    return count


def _simplified(inputs: Inputs) -> Floats:
    cancer: Floats = np.maximum.reduce([inputs[name] for name in (ONCOLOGY, *CANCERS)])
    return _shared(inputs, BANDS_2016) + 2 * cancer


SHARED = (HAEMOGLOBIN, SODIUM, URGENT, ADMISSIONS, NIGHTS, ONCOLOGY)

HOSPITAL = PointScore(
    name="hospital",
    source="Donze JD et al., JAMA Intern Med 2016;176(4):496-502: admissions of the year before "
    "0-1, 2-5, more; values of the stay before the day of discharge, none missing taken as normal",
    inputs=(*SHARED, PROCEDURE),
    count=_counted(BANDS_2016),
)
HOSPITAL_2013 = PointScore(
    name="hospital_2013",
    source="Donze J et al., JAMA Intern Med 2013;173(8):632-638: admissions of the year before "
    "0, 1-5, more; values of the stay before the day of discharge, none missing taken as normal",
    inputs=(*SHARED, PROCEDURE),
    count=_counted(BANDS_2013),
)
HOSPITAL_SIMPLIFIED = PointScore(
    name="hospital_simplified",
    source="Aubert CE et al., BMJ Qual Saf 2017;26(10):799-805: a cancer diagnosis of two years or "
    "discharge from an oncology service, no procedures",
    inputs=(*SHARED, *CANCERS),
    count=_simplified,
)
