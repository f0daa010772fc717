"""Reads a catalogue: every entry checked, then expanded over its windows and code groups.

It refuses what it does not know: a key, measure, table, column, filter, window, group, scheme,
placeholder or name used twice, each by the name of its entry.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from features.catalogue.catalogue import Catalogue
from features.catalogue.check import EntryError, check_head
from features.catalogue.expand import expand
from features.errors import InputError
from features.spells import FIRST

FOLDER = Path(__file__).parent.parent / "definitions" / "catalogue"
FAMILIES = (
    "head", "person", "stay", "use", "contacts", "emergency", "sensitive", "transitions",
    "facilities", "continuity", "conditions", "chronic", "frailty", "medicines", "adherence",
    "measurements", "vital_signs", "measured", "ranges", "changes", "extremes", "assessments",
    "function", "costs", "coverage", "scores",
)  # fmt: skip
SHIPPED = tuple(FOLDER / f"{name}.toml" for name in FAMILIES)
"""The shipped catalogue, one TOML text in several files; columns stand in this order."""


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
        where = Path(missing.filename or path).name
        raise InputError("no such catalogue", where=where, cure="give a file") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(
            "not readable as TOML", where=path.name, cure=f"mend the file: {broken}"
        ) from broken
    return catalogue_of(raw, path.name)


def catalogue_of(raw: Mapping[str, Any], where: str = "catalogue") -> Catalogue:
    """The catalogue of parsed TOML. Raises InputError naming the entry at fault."""
    try:
        check_head(raw)
        features = tuple(f for entry in raw["feature"] for f in expand(entry))
        _refuse_twice([feature.name for feature in features])
    except EntryError as fault:
        raise InputError(fault.what, where=f"{where}, {fault.at}", cure=fault.cure) from None
    observed = {table: tuple(kinds) for table, kinds in raw["observed"].items()}
    share = float(raw["readable"]["least_share"])
    rule = raw["spells"]["rule"]
    urgency = tuple(raw["spells"].get("urgency", FIRST[rule]))
    return Catalogue(features, observed, share, rule, urgency)


def _refuse_twice(names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise EntryError(
            f"feature {twice[0]}", "this name is used twice", "give each feature its name"
        )
