"""Reads a catalogue: every entry checked, then expanded over its windows and code groups.

It refuses what it does not know: a key, measure, table, column, filter, window, group, scheme,
placeholder or name used twice, each by the name of its entry.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from features.catalogue.catalogue import Catalogue
from features.catalogue.check import EntryError, check_entry, check_head, tables_of
from features.catalogue.feature import PLACES, Feature
from features.catalogue.rules import ANCHORS, CATEGORIES
from features.catalogue.sets import grouping
from features.errors import InputError
from features.spells import FIRST

FOLDER = Path(__file__).parent.parent / "definitions" / "catalogue"
FAMILIES = (
    "head", "person", "stay", "use", "emergency", "transitions", "continuity", "conditions",
    "medicines", "adherence", "measurements", "trends", "assessments", "function", "costs",
    "coverage", "scores",
)  # fmt: skip
SHIPPED = tuple(FOLDER / f"{name}.toml" for name in FAMILIES)
"""The shipped catalogue, one TOML text in several files; columns stand in this order."""
SPANS: Mapping[int, str] = {
    90: "3 months", 180: "6 months", 183: "6 months", 365: "12 months", 730: "2 years",
}  # fmt: skip
WORDS = ("what", "plain", "plain_no", "patient", "patient_no")

Entry = Mapping[str, Any]


def load_catalogue(path: Path | str | None = None) -> Catalogue:
    """The catalogue at `path`, or the one shipped. Raises InputError with entry and cure."""
    return _shipped() if path is None else _read((Path(path),))


@cache
def _shipped() -> Catalogue:
    return _read(SHIPPED)


def _read(paths: tuple[Path, ...]) -> Catalogue:
    path = paths[0]
    try:
        raw = tomllib.loads("\n".join(part.read_text(encoding="utf-8") for part in paths))
    except FileNotFoundError as missing:
        raise InputError("no such catalogue", where=path.name, cure="give a file") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(
            "not readable as TOML", where=path.name, cure=f"mend the file: {broken}"
        ) from broken
    return catalogue_of(raw, path.name)


def catalogue_of(raw: Mapping[str, Any], where: str = "catalogue") -> Catalogue:
    """The catalogue of parsed TOML. Raises InputError naming the entry at fault."""
    try:
        check_head(raw)
        features = tuple(f for entry in raw["feature"] for f in _expand(entry))
        _refuse_twice([feature.name for feature in features])
    except EntryError as fault:
        raise InputError(fault.what, where=f"{where}, {fault.at}", cure=fault.cure) from None
    observed = {table: tuple(kinds) for table, kinds in raw["observed"].items()}
    share = float(raw["readable"]["least_share"])
    rule = raw["spells"]["rule"]
    urgency = tuple(raw["spells"].get("urgency", FIRST[rule]))
    return Catalogue(features, observed, share, rule, urgency)


def _expand(entry: Entry) -> Iterator[Feature]:
    check_entry(entry)
    for window, group in product(entry.get("windows", [None]), _groups(entry)):
        start, until = window if isinstance(window, list) else (window, 0)
        yield _feature(entry, start, until, group)


def _groups(entry: Entry) -> Sequence[str]:
    groups = entry.get("groups", [""])
    return grouping(entry["code_set"]).groups if groups == "all" else groups


def _feature(entry: Entry, window: int | None, until: int, group: str) -> Feature:
    label = grouping(entry["code_set"]).labels[group] if group else ""
    span = "" if window is None else _span(window, until)
    words = {key: _fill(entry.get(key, ""), span, group, label) for key in WORDS}
    sensitive = entry.get("sensitive", "")
    tables = tables_of(entry)
    column = entry.get("column", "")
    feature = Feature(
        name=_fill(entry["name"], f"{window}_{until}" if until else str(window), group, label),
        family=entry.get("family", _family(entry["name"])),
        measure=entry["measure"],
        tables=tuple(tables),
        column=column,
        where=tuple((c, tuple(values)) for c, values in entry.get("where", {}).items()),
        window=window,
        until=until,
        anchor=entry.get("anchor", ANCHORS[0]),
        earlier=entry.get("earlier", 0),
        within=entry.get("within"),
        low=entry.get("range", {}).get("low"),
        high=entry.get("range", {}).get("high"),
        code_set=entry.get("code_set", ""),
        group=group,
        scheme=entry.get("scheme", ""),
        hierarchy=entry.get("hierarchy", False),
        unit=entry["unit"],
        null=entry["null"],
        domain=entry["domain"],
        modifiable=entry.get("modifiable", False),
        sensitive=sensitive if isinstance(sensitive, str) else sensitive.get(group, ""),
        kind=entry.get("kind", "number"),
        categories=CATEGORIES.get((tables[0], column), ()),
        **words,
    )
    for key in WORDS:
        _check_places(getattr(feature, key), feature.name)
    return feature


def _span(window: int, until: int) -> str:
    """A window in words: "12 months", or "12 months to 2 years before" where it ends earlier."""
    spans = [SPANS.get(days, f"{days} days") for days in (until, window) if days]
    return spans[0] if not until else f"{spans[0]} to {spans[1]} before"


def _fill(template: str, window: str, group: str, label: str) -> str:
    filled = template.replace("{window}", window).replace("{group}", group)
    return filled.replace("{label}", label)


def _family(name: str) -> str:
    return name.replace("_{group}", "").replace("_{window}d", "")


def _check_places(template: str, name: str) -> None:
    places = [place for _, place, _, _ in string.Formatter().parse(template) if place is not None]
    if wrong := [place for place in places if place not in PLACES]:
        raise EntryError(
            f"feature {name}", f"unknown placeholder {wrong[0]}", f"use {', '.join(PLACES)}"
        )


def _refuse_twice(names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise EntryError(
            f"feature {twice[0]}", "this name is used twice", "give each feature its name"
        )
