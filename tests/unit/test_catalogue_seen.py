"""Under which coverage no row of a feature means that nothing happened."""

from __future__ import annotations

from typing import Any

import pytest

from features.catalogue.load import catalogue_of

pytestmark = pytest.mark.unit

ENTRY = {
    "name": "f", "what": "F", "unit": "rows", "null": "not observed", "domain": "use",
    "measure": "count", "table": "stay", "windows": [30], "plain": "f", "patient": "f",
}  # fmt: skip
OBSERVED = {
    "stay": ["all", "hospital"],
    "stay:acute": ["all", "hospital", "inpatient"],
    "stay:emergency": ["all", "ambulatory", "hospital"],
    "visit": ["all"],
    "stay+visit": ["all", "inpatient"],
}


def seen(entry: dict[str, Any], observed: dict[str, list[str]]) -> tuple[str, ...]:
    head = {"observed": observed, "readable": {"least_share": 0.5}, "spells": {"rule": "dates"}}
    catalogue = catalogue_of({**head, "feature": [ENTRY | entry]})
    return catalogue.seen_by(catalogue["f"])


@pytest.mark.parametrize(
    ("entry", "kinds"),
    [
        ({}, ("all", "hospital")),
        ({"where": {"setting": ["acute"]}}, ("all", "hospital", "inpatient")),
        ({"where": {"setting": ["hospice"]}}, ("all", "hospital")),
        ({"where": {"setting": ["acute", "emergency"]}}, ("all", "hospital")),
        ({"where": {"setting": ["acute", "hospice"]}}, ("all", "hospital")),
        ({"table": ["stay", "visit"], "measure": "sum", "column": "cost"}, ("all", "inpatient")),
        ({"table": ["visit", "stay"], "measure": "sum", "column": "cost"}, ("all",)),
    ],
)
def test_the_settings_asked_for_must_all_be_seen(
    entry: dict[str, Any], kinds: tuple[str, ...]
) -> None:
    assert seen(entry, OBSERVED) == kinds


def test_a_catalogue_without_settings_asks_for_the_table() -> None:
    assert seen({"where": {"setting": ["emergency"]}}, {"stay": ["all"]}) == ("all",)
    assert seen({}, {"visit": ["all"]}) == ()
