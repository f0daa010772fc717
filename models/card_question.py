"""The question of a model in the card's words: whom it is for, what is predicted, what that misses.

Of a definition over Histories, or of a flat table, which brings its own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.definition import Definition
from features.flat import FlatTable
from features.posed import Posed

MOMENTS: Mapping[str, str] = {
    "discharge": "discharge from an acute hospital",
    "nursing_discharge": "discharge home from a nursing facility",
    "month": "the first of a month",
}
LABELS: Mapping[str, str] = {
    "readmission": "An unplanned acute admission within the window after discharge.",
    "need": "Distinct groups of conditions recorded. They are recorded where care is sought, so "
    "need without access is seen less; less biased than cost, not unbiased.",
    "bed_days": "Days in acute hospitals. They follow access to beds and to care outside as much "
    "as need.",
    "cost": "Sum of costs. Cost follows access and price, not need: at one predicted cost, people "
    "with less access are sicker (Obermeyer Z et al., Science 2019;366:447-453). Prefer need.",
}


def population(posed: Posed) -> str:
    """Whom the model is for, and when."""
    if isinstance(posed, FlatTable):
        return posed.population
    return f"people of {posed.index.least_age} and over, at {MOMENTS[posed.index.moments]}"


def question(posed: Posed, high: float | None) -> dict[str, Any]:
    """What is predicted; high: the value from which on an outcome that is a number is high."""
    if isinstance(posed, FlatTable):
        return _of_table(posed)
    return _of_definition(posed, high)


def _of_definition(definition: Definition, high: float | None) -> dict[str, Any]:
    outcome = definition.outcome
    return {
        "question": definition.question,
        "label": definition.label,
        "label_choice": LABELS[definition.label],
        "high": high,
        "high_percentile": outcome.high_percentile,
        "window_days": [outcome.first_day, outcome.last_day],
        "death": definition.censoring.death,
        "lost_coverage": definition.censoring.coverage,
        "undecided_urgency_read_as": outcome.undecided,
    }


def _of_table(table: FlatTable) -> dict[str, Any]:
    return {
        "question": table.question,
        "label": table.label,
        "label_choice": table.outcome.about or "As whoever made the table recorded it.",
        "label_column": table.outcome.column,
        "events": list(table.outcome.events),
        "columns_needed": list(table.columns),
        "earlier_rows": [one.name for one in table.earlier],
        "earlier_means": f"strictly before by {table.ordered}" if table.ordered else "none used",
        "death": "as the table has it",
        "lost_coverage": "as the table has it",
    }
