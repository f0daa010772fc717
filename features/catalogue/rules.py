"""What a catalogue entry may say: which measures exist, over which tables, columns and filters.

A filter may only ask for what is known of a row when the row is in view. Where a stay went and
which team discharged it are known with its discharge: a stay still open meets no filter by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from features.codes.sensitive_rules import LISTS
from features.spells import URGENCIES
from features.tables.schema import TABLES

DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "use": "Use of hospitals and clinics",
        "emergency": "Emergency departments",
        "stay": "This stay",
        "transitions": "Moves and continuity",
        "conditions": "Conditions",
        "measurements": "Measurements and tests",
        "medicines": "Medicines",
        "social": "Function and social need",
        "cost": "Costs",
        "age_sex": "Age and sex",
        "coverage": "What could be observed",
    }
)
SENSITIVE = ("", "hiv", "substance use", "psychosis", "domestic abuse")
KINDS = ("number", "category", "flag")
MOMENTS = ("discharge", "nursing_facility_discharge", "month")

ANCHORS = ("index", "admission", "spell")
"""Where a window ends: on the index day, or on the first day of the index spell. "spell": the facts
of the index spell instead of a window, for tables without stays those of its days before the index
day. Null: there is no index spell in view."""

POINTS = ("visit", "diagnosis", "procedure", "dispensing", "measurement")
"""Tables whose rows are facts of one day; stays, spells and the others are periods."""

CODED = ("diagnosis", "procedure", "dispensing")
"""Tables whose codes a code set groups."""


def _allowed(table: str, column: str) -> tuple[str, ...]:
    return TABLES[table].column(column).allowed


SENSITIVE_STAYS = tuple(
    word
    for name, listed in LISTS.items()
    for word in (name, *dict.fromkeys(f"{name}:{rule.name}" for rule in listed.rules))
)
"""Lists of ambulatory-care-sensitive conditions, and each condition of them."""

POSITIONS = ("principal", "other")
"""Places of a diagnosis or procedure: the first, or any other (a place that is unknown is none)."""

FILTERS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "spell": {
            "urgency": URGENCIES,
            "admission_method": _allowed("stay", "admission_method"),
            "admitted_from": _allowed("stay", "admitted_from"),
            "discharged_to": _allowed("stay", "discharged_to"),
            "sensitive": SENSITIVE_STAYS,
        },
        "stay": {
            "setting": _allowed("stay", "setting"),
            "admission_method": _allowed("stay", "admission_method"),
            "admitted_from": _allowed("stay", "admitted_from"),
            "discharged_to": _allowed("stay", "discharged_to"),
            "specialty": (),
        },
        "registration": {"deprivation_scheme": ()},
        "visit": {"setting": _allowed("visit", "setting"), "specialty": ()},
        "diagnosis": {
            "code_system": _allowed("diagnosis", "code_system"),
            "code": (),
            "position": POSITIONS,
        },
        "procedure": {
            "code_system": _allowed("procedure", "code_system"),
            "code": (),
            "position": POSITIONS,
        },
        "dispensing": {"code_system": _allowed("dispensing", "code_system"), "code": ()},
        "measurement": {
            "code_system": _allowed("measurement", "code_system"),
            "code": (),
            "unit": (),
        },
    }
)
"""Columns a filter may ask for, with the values they may take (empty: any)."""

CATEGORIES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("person", "sex"): tuple(s for s in _allowed("person", "sex") if s != "unknown"),
        ("index", "moment"): MOMENTS,
        ("index", "discharged_to"): _allowed("stay", "discharged_to"),
        ("spell", "discharged_to"): _allowed("stay", "discharged_to"),
        ("registration", "residence"): _allowed("registration", "residence"),
    }
)
"""Values of each measurable category, in the order of their codes; "unknown" is a null."""


@dataclass(frozen=True)
class Measure:
    """How rows become a value.

    columns   table -> columns it may measure; an empty tuple: the table, no column
    code_set  whether a code set is needed ("must"), possible ("may") or refused ("no")
    windowed  whether a window is needed
    meaning   one line for the reference
    """

    columns: Mapping[str, tuple[str, ...]]
    code_set: str
    windowed: bool
    meaning: str


def _rows(*tables: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(tables, ())


_COUNTED = ("spell", "stay", *POINTS)
_DATES = {
    "spell": ("admitted_at", "discharged_at"),
    "stay": ("admitted_at", "discharged_at"),
    **dict.fromkeys(POINTS, ("at",)),
}
_NAMES = {
    "stay": ("facility_id",),
    "visit": ("provider_id", "facility_id", "specialty"),
    **dict.fromkeys(CODED, ("code",)),
}
_SEEN = {"visit": ("provider_id", "facility_id", "specialty")}
_MOVES = {"stay": ("facility_id",), **_SEEN}
_COSTS = dict.fromkeys(("stay", "visit", "dispensing"), ("cost",))
_VALUES = {"measurement": ("value",)}
_NIGHTS = {"spell": ("nights",), "stay": ("nights",)}
_LAST = {
    "measurement": ("value",),
    "registration": ("carer", "residence", "deprivation", "days"),
    "spell": ("discharged_to", "nights"),
    "stay": ("nights",),
}
_SUPPLY = {"dispensing": ("days_supply",)}
_OBSERVED = _rows("coverage", "stay", "visit", "diagnosis", "dispensing", "measurement")
_FACTS = {
    "person": ("age", "sex"),
    "index": ("moment", "nights", "unplanned", "discharged_to", "stays"),
}

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "count": Measure(_rows(*_COUNTED), "may", True, "rows in the window"),
        "any": Measure(_rows(*_COUNTED), "no", True, "1 if there is a row in the window, else 0"),
        "count_change": Measure(
            _rows(*_COUNTED), "no", True, "rows in the window less rows in as many days before it"
        ),
        "sum": Measure(_COSTS, "no", True, "sum of the known values"),
        "sum_change": Measure(
            _COSTS, "no", True, "sum in the window less the sum in as many days before it"
        ),
        "days": Measure(_rows("spell", "stay"), "no", True, "days of the window inside a period"),
        "days_change": Measure(
            _rows("spell", "stay"),
            "no",
            True,
            "days of the window inside a period less those of as many days before it",
        ),
        "days_since": Measure(_DATES, "may", True, "days from the last such date to the index day"),
        "first": Measure(_VALUES, "no", True, "the first known value in the window"),
        "last": Measure(_LAST, "no", False, "the last known value"),
        "min": Measure(_VALUES, "no", True, "the smallest known value"),
        "max": Measure(_VALUES | _NIGHTS, "no", True, "the largest known value"),
        "mean": Measure(_VALUES | _NIGHTS, "no", True, "the mean of the known values"),
        "change": Measure(
            _VALUES, "no", True, "last known value less the first (null: fewer than two)"
        ),
        "out_of_range": Measure(
            _VALUES, "no", True, "number of known values outside the range (null: no value)"
        ),
        "distinct": Measure(_NAMES, "may", True, "number of different values"),
        "top_share": Measure(_SEEN, "no", True, "share of rows with the most frequent value"),
        "bice_boxerman": Measure(
            _SEEN,
            "no",
            True,
            "Bice-Boxerman index of continuity: (sum of n squared - N) / (N (N - 1)) over rows per "
            "value (null: fewer than two rows)",
        ),
        "same_share": Measure(
            _SEEN,
            "no",
            True,
            "share of rows with the same value as the row before (null: fewer than two rows)",
        ),
        "switches": Measure(_MOVES, "no", True, "rows with another value than the row before"),
        "covered_share": Measure(
            _SUPPLY,
            "may",
            True,
            "days of the window with a supply in hand, as a share of the days from the first of "
            "them (null: none); a supply lasts its days from the day it was given",
        ),
        "longest_gap": Measure(
            _SUPPLY,
            "may",
            True,
            "longest run of days without a supply in hand, after the first with one (null: none)",
        ),
        "flag": Measure(_rows(*CODED), "must", True, "1 if a code of the group is recorded"),
        "new": Measure(
            _rows(*CODED),
            "must",
            True,
            "1 if the group is recorded, and was not in the days before",
        ),
        "groups": Measure(_rows(*CODED), "must", True, "number of groups recorded"),
        "new_groups": Measure(
            _rows(*CODED),
            "must",
            True,
            "number of groups recorded that were not in the days before",
        ),
        "index": Measure(_rows(*CODED), "must", True, "sum of the weights of recorded groups"),
        "readable_share": Measure(_rows(*CODED), "must", True, "share of codes that can be read"),
        "observed_share": Measure(_OBSERVED, "no", True, "share of days observed"),
        "fact": Measure(_FACTS, "no", False, "a fact of the person or of the index spell"),
    }
)
NEW = ("new", "new_groups")
"""Measures that look at the days before their window too (key `earlier`)."""
FLAGS = ("flag", "new", "any")
"""Measures that answer yes or no."""
