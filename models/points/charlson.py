"""Charlson's index, plain and with points for age: what many hospitals have counted for decades.

Charlson ME, Pompei P, Ales KL, MacKenzie CR. A new method of classifying prognostic comorbidity in
longitudinal studies. J Chronic Dis 1987;40(5):373-383. With age: Charlson M, Szatrowski TP,
Peterson J, Gold J. Validation of a combined comorbidity index. J Clin Epidemiol
1994;47(11):1245-1251. It was made for death within a year and within ten, not for readmission.

Conditions are those recorded in two years, by the codes of Quan H et al., Med Care
2005;43(11):1130-1139; a weaker group does not count beside its stronger one.
"""

from __future__ import annotations

from features.codes.shipped import age_points
from models.estimator import Floats
from models.points.score import Inputs, PointScore

INDEX = "charlson_index_730d"


def _count(inputs: Inputs) -> Floats:
    return inputs[INDEX]


def _count_with_age(inputs: Inputs) -> Floats:
    return inputs[INDEX] + age_points(inputs["age"])


CHARLSON = PointScore(
    name="charlson",
    source="Charlson ME et al., J Chronic Dis 1987;40:373-383, codes of Quan H et al., Med Care "
    "2005;43:1130-1139, conditions of two years",
    inputs=(INDEX,),
    count=_count,
)
CHARLSON_AGE = PointScore(
    name="charlson_age",
    source="Charlson M et al., J Clin Epidemiol 1994;47:1245-1251: the index of 1987 and 1 to 4 "
    "points for age from 50, 60, 70, 80; codes of Quan H et al., Med Care 2005;43:1130-1139",
    inputs=(INDEX, "age"),
    count=_count_with_age,
)
