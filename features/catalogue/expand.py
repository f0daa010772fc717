"""One catalogue entry as the features it stands for: over windows, code groups or filter values.

`groups` of a code set give one feature for each group, `each` one for each named list of values of
a filter; `labels` says either in words. It refuses a placeholder that nothing fills.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from features.catalogue.check import Entry, EntryError, check_entry, tables_of
from features.catalogue.feature import PLACES, Feature, Where
from features.catalogue.rules import ANCHORS, CATEGORIES
from features.catalogue.sets import grouping

SPANS: Mapping[int, str] = {
    90: "3 months", 180: "6 months", 183: "6 months", 365: "12 months", 730: "2 years",
}  # fmt: skip
WORDS = ("what", "plain", "plain_no", "patient", "patient_no")


@dataclass(frozen=True)
class _One:
    """One of the things an entry is stated for.

    key    fills {group}; label fills {label}; both "" where there is one alone
    group  group of the code set, or ""; where  filter values it adds
    """

    key: str = ""
    label: str = ""
    group: str = ""
    where: Where = ()


def expand(entry: Entry) -> Iterator[Feature]:
    """The features of an entry, checked. Raises EntryError."""
    check_entry(entry)
    for window, one in product(entry.get("windows", [None]), list(_ones(entry))):
        start, until = window if isinstance(window, list) else (window, 0)
        yield _feature(entry, start, until, one)


def _ones(entry: Entry) -> Iterator[_One]:
    labels = entry.get("labels", {})
    if "each" in entry:
        ((column, named),) = entry["each"].items()
        for key, values in named.items():
            label = labels.get(key, key.replace("_", " "))
            yield _One(key, label, where=((column, tuple(values)),))
        return
    for group in _groups(entry):
        label = grouping(entry["code_set"]).labels[group] if group else ""
        yield _One(group, labels.get(group, label), group)


def _groups(entry: Entry) -> tuple[str, ...]:
    groups = entry.get("groups", [""])
    return grouping(entry["code_set"]).groups if groups == "all" else tuple(groups)


def _feature(entry: Entry, window: int | None, until: int, one: _One) -> Feature:
    span = "" if window is None else _span(window, until)
    words = {key: _fill(entry.get(key, ""), span, one) for key in WORDS}
    tables = tables_of(entry)
    column = entry.get("column", "")
    modifiable, sensitive = entry.get("modifiable", False), entry.get("sensitive", "")
    feature = Feature(
        name=_fill(entry["name"], f"{window}_{until}" if until else str(window), one),
        family=entry.get("family", _family(entry["name"])),
        measure=entry["measure"],
        tables=tuple(tables),
        column=column,
        where=(*((c, tuple(v)) for c, v in entry.get("where", {}).items()), *one.where),
        window=window,
        until=until,
        anchor=entry.get("anchor", ANCHORS[0]),
        earlier=entry.get("earlier", 0),
        within=entry.get("within"),
        low=entry.get("range", {}).get("low"),
        high=entry.get("range", {}).get("high"),
        code_set=entry.get("code_set", ""),
        group=one.group,
        label=one.label if one.group else "",
        scheme=entry.get("scheme", ""),
        hierarchy=entry.get("hierarchy", False),
        unit=entry["unit"],
        null=entry["null"],
        domain=entry["domain"],
        modifiable=modifiable if isinstance(modifiable, bool) else one.key in modifiable,
        sensitive=sensitive if isinstance(sensitive, str) else sensitive.get(one.key, ""),
        kind=entry.get("kind", "number"),
        categories=CATEGORIES.get((tables[0], column), ()),
        **words,
    )
    for key in WORDS:
        _check_places(getattr(feature, key), feature.name)
    return feature


def _span(window: int, until: int) -> str:
    """A window in words: "12 months", or "12 months to 2 years ago" where it ends earlier."""
    spans = [SPANS.get(days, f"{days} days") for days in (until, window) if days]
    return spans[0] if not until else f"{spans[0]} to {spans[1]} ago"


def _fill(template: str, window: str, one: _One) -> str:
    filled = template.replace("{window}", window).replace("{group}", one.key)
    return filled.replace("{label}", one.label)


def _family(name: str) -> str:
    return name.replace("_{group}", "").replace("_{window}d", "")


def _check_places(template: str, name: str) -> None:
    places = [place for _, place, _, _ in string.Formatter().parse(template) if place is not None]
    if wrong := [place for place in places if place not in PLACES]:
        raise EntryError(
            f"feature {name}", f"unknown placeholder {wrong[0]}", f"use {', '.join(PLACES)}"
        )
