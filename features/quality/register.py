"""All checks, in the order in which their findings are told. A new one is a line of its module."""

from __future__ import annotations

from features.quality.checks import (
    codes,
    costs,
    coverage,
    dates,
    known,
    links,
    measurements,
    months,
    people,
    places,
    stays,
)
from features.quality.finding import Check

CHECKS: tuple[Check, ...] = (
    *months.CHECKS,
    *coverage.CHECKS,
    *known.CHECKS,
    *codes.CHECKS,
    *stays.CHECKS,
    *dates.CHECKS,
    *links.CHECKS,
    *people.CHECKS,
    *places.CHECKS,
    *costs.CHECKS,
    *measurements.CHECKS,
)
