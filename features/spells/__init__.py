"""Spells: acute stays joined (`link.py`), planned or not (`urgency.py`), and where they led."""

from features.spells.columns import discharges_known, find_stays, linkable, principals
from features.spells.link import (
    EVERYTHING,
    NOWHERE,
    Bools,
    Chain,
    Linkable,
    SpellRule,
    chain,
    link_spells,
)
from features.spells.path import BEDDED, journeys, nursing_discharges
from features.spells.table import Linked, linked, spell_of_stay, spells
from features.spells.urgency import (
    DECIDED_BY,
    DECIDERS,
    FIRST,
    METHODS,
    URGENCIES,
    URGENCY,
    Urgency,
    principal_categories,
    urgency_of,
    verdicts,
)

__all__ = [
    "BEDDED",
    "DECIDED_BY",
    "DECIDERS",
    "EVERYTHING",
    "FIRST",
    "METHODS",
    "NOWHERE",
    "URGENCIES",
    "URGENCY",
    "Bools",
    "Chain",
    "Linkable",
    "Linked",
    "SpellRule",
    "Urgency",
    "chain",
    "discharges_known",
    "find_stays",
    "journeys",
    "link_spells",
    "linkable",
    "linked",
    "nursing_discharges",
    "principal_categories",
    "principals",
    "spell_of_stay",
    "spells",
    "urgency_of",
    "verdicts",
]
