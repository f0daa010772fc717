"""How wide a feature is kept in a matrix: float32 where every value it can take is exact in it.

Whole numbers under 2^24 are: counts, days, years, flags and the codes of categories. Shares, costs,
means and measured values are not and keep their 64 bits, as does any measure not named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from features.catalogue.feature import Feature
from features.catalogue.sets import grouping
from features.codes import CodeSet

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
        or (feature.measure == "index" and _adds_up_whole(feature))
    )
    return NARROW if whole else WIDE


def _adds_up_whole(feature: Feature) -> bool:
    return whole_weights(grouping(feature.code_set), feature.scheme)


def whole_weights(held: CodeSet, scheme: str) -> bool:
    """Whether the weights of a scheme add up to whole numbers."""
    weights = held.weights[scheme].values()
    return held.divisor(scheme) == 1 and all(float(weight).is_integer() for weight in weights)
