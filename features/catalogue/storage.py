"""How wide a feature is kept in a matrix: float32 where every value it can take is exact in it.

Whole numbers under 2^24 are: counts, days, years, flags and the codes of categories. Shares, costs,
means and measured values are not and keep their 64 bits, as does any measure not named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from features.catalogue.feature import Feature
from features.catalogue.sets import grouping

NARROW, WIDE = "float32", "float64"

WHOLE = frozenset(
    (
        "count", "any", "count_change", "days", "days_change", "days_since", "out_of_range",
        "distinct", "switches", "longest_gap", "flag", "new", "groups", "new_groups", "fact",
    )
)  # fmt: skip
"""Measures whose values are whole whatever they measure. An age counts completed years."""
WHOLE_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "first": ("nights",),
        "last": ("carer", "residence", "days", "discharged_to", "nights"),
        "min": ("nights",),
        "max": ("nights",),
    }
)
"""Measures that are whole for these columns alone."""


def storage(feature: Feature) -> str:
    """ "float32" where each value of the feature is a whole number under 2^24, else "float64"."""
    whole = (
        feature.kind == "category"
        or feature.measure in WHOLE
        or feature.column in WHOLE_OF.get(feature.measure, ())
        or (feature.measure == "index" and _whole_weights(feature))
    )
    return NARROW if whole else WIDE


def _whole_weights(feature: Feature) -> bool:
    held = grouping(feature.code_set)
    weights = held.weights[feature.scheme].values()
    return held.divisor(feature.scheme) == 1 and all(float(w).is_integer() for w in weights)
