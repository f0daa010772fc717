"""The published scores by the names that recipes use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from models.points.charlson import CHARLSON, CHARLSON_AGE
from models.points.hospital import HOSPITAL, HOSPITAL_2013, HOSPITAL_SIMPLIFIED
from models.points.lace import LACE
from models.points.last_year import last_year
from models.points.parr30 import PARR30
from models.points.prior_use import PRIOR_USE
from models.points.score import PointScore

SCORES: Mapping[str, Callable[[str], PointScore]] = MappingProxyType(
    {
        "lace": lambda _label: LACE,
        "hospital": lambda _label: HOSPITAL,
        "hospital_2013": lambda _label: HOSPITAL_2013,
        "hospital_simplified": lambda _label: HOSPITAL_SIMPLIFIED,
        "parr30": lambda _label: PARR30,
        "charlson": lambda _label: CHARLSON,
        "charlson_age": lambda _label: CHARLSON_AGE,
        "prior_use": lambda _label: PRIOR_USE,
        "last_year": last_year,
    }
)
"""Name -> the score for a label (need, bed_days, cost, readmission)."""
