"""What a catalogue entry may say: which measures exist, over which tables, columns and filters.

A filter may only ask for what is known of a row as soon as the row is in view: an entry that
filters stays by their destination, cost or specialty is refused, since those come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from features.spells import URGENCIES
from features.tables.schema import TABLES

DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "use": "Use of hospitals and clinics",
        "emergency": "Emergency departments",
        "stay": "This stay",
        "transitions": "Moves and continuity",
        "conditions": "Conditions",
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

ANCHORS = ("index", "admission")
"""Where a window ends: on the index day, or on the first day of the index spell (null: there is no
index spell in view)."""

POINTS = ("visit", "diagnosis", "procedure", "dispensing", "measurement")
"""Tables whose rows are facts of one day; stays, spells and the others are periods."""


def _allowed(table: str, column: str) -> tuple[str, ...]:
    return TABLES[table].column(column).allowed


FILTERS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "spell": {
            "urgency": URGENCIES,
            "admission_method": _allowed("stay", "admission_method"),
            "admitted_from": _allowed("stay", "admitted_from"),
        },
        "stay": {
            "setting": _allowed("stay", "setting"),
            "admission_method": _allowed("stay", "admission_method"),
            "admitted_from": _allowed("stay", "admitted_from"),
        },
        "visit": {"setting": _allowed("visit", "setting"), "specialty": ()},
        "diagnosis": {"code_system": _allowed("diagnosis", "code_system"), "code": ()},
        "procedure": {"code_system": _allowed("procedure", "code_system"), "code": ()},
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

_CODED = ("diagnosis", "procedure", "dispensing")


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


_DATES = {
    "spell": ("admitted_at", "discharged_at"),
    "stay": ("admitted_at", "discharged_at"),
    **dict.fromkeys(POINTS, ("at",)),
}
_NAMES = {"visit": ("provider_id", "facility_id"), **dict.fromkeys(_CODED, ("code",))}
_COSTS = dict.fromkeys(("stay", "visit", "dispensing"), ("cost",))
_LAST = {
    "measurement": ("value",),
    "registration": ("carer", "residence"),
    "spell": ("discharged_to",),
}
_FACTS = {
    "person": ("age", "sex"),
    "index": ("moment", "nights", "unplanned", "discharged_to", "stays"),
}

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "count": Measure(_rows("spell", "stay", *POINTS), "no", True, "rows in the window"),
        "sum": Measure(_COSTS, "no", True, "sum of the known values"),
        "days": Measure(_rows("spell", "stay"), "no", True, "days of the window inside a period"),
        "days_since": Measure(_DATES, "no", True, "days from the last such date to the index day"),
        "last": Measure(_LAST, "no", False, "the last known value"),
        "distinct": Measure(_NAMES, "may", True, "number of different values"),
        "top_share": Measure(_NAMES, "no", True, "share of rows with the most frequent value"),
        "flag": Measure(_rows(*_CODED), "must", True, "1 if a code of the group is recorded"),
        "groups": Measure(_rows(*_CODED), "must", True, "number of groups recorded"),
        "index": Measure(_rows(*_CODED), "must", True, "sum of the weights of recorded groups"),
        "readable_share": Measure(_rows(*_CODED), "must", True, "share of codes that can be read"),
        "observed_share": Measure(_rows("coverage"), "no", True, "share of days observed"),
        "fact": Measure(_FACTS, "no", False, "a fact of the person or of the index spell"),
    }
)
