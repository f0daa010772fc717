"""Who is asked about and when: the index moments a definition admits, the rest by reason."""

from features.cohort.asked import RECENT_DAYS, index_moments, moments_at
from features.cohort.months import Span, Window
from features.cohort.possible import MOMENTS, Cohort

__all__ = [
    "MOMENTS",
    "RECENT_DAYS",
    "Cohort",
    "Span",
    "Window",
    "index_moments",
    "moments_at",
]
