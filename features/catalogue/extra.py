"""Features of one's own beside the shipped ones: a few lines of TOML, with words where none are.

An entry states name, what, measure, table and mostly windows; unit, null, domain and sentences are
made of these where they are not stated, which the shipped catalogue leaves to nobody. It refuses a
name that the catalogue has already, and rules of its own about coverage, codes or spells.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.catalogue.catalogue import Catalogue
from features.catalogue.check import EntryError, tables_of
from features.catalogue.expand import expand
from features.catalogue.feature import Feature
from features.catalogue.rules import CATEGORIES, FLAGS
from features.errors import InputError

NOUNS: Mapping[str, str] = {
    "spell": "admissions", "stay": "stays", "visit": "visits", "diagnosis": "diagnoses",
    "procedure": "procedures", "dispensing": "supplies", "measurement": "measurements",
}  # fmt: skip
UNITS: Mapping[str, str] = {
    "days": "days", "days_change": "days", "days_since": "days", "longest_gap": "days",
    "sum": "currency", "sum_change": "currency", "groups": "groups", "new_groups": "groups",
    "index": "points", "switches": "changes", "top_share": "share", "same_share": "share",
    "bice_boxerman": "share", "covered_share": "share", "readable_share": "share",
    "observed_share": "share",
}  # fmt: skip
DOMAINS: Mapping[str, str] = {
    "diagnosis": "conditions", "procedure": "conditions", "measurement": "measurements",
    "dispensing": "medicines", "registration": "social", "coverage": "coverage",
    "person": "age_sex", "index": "stay",
}  # fmt: skip
"""Clinical domain of a table; of any other it is use."""
ZEROES = ("count", "any", "sum", "days", "distinct", "switches", "flag", "new", "groups", "index")
"""Measures that can say none: they are null where that was not observed."""
YES_OR_NO = (("registration", "carer"), ("index", "unplanned"))


def with_extra(catalogue: Catalogue, paths: Iterable[Path]) -> Catalogue:
    """The catalogue and behind its features those of the files. Raises InputError by file."""
    for path in paths:
        more = tuple(_features(_entries(path), path.name))
        if twice := [feature.name for feature in more if feature.name in catalogue]:
            raise InputError(
                f"the catalogue has a feature {twice[0]} already",
                where=path.name,
                cure="give yours another name",
            )
        catalogue = replace(catalogue, features=(*catalogue.features, *more))
    return catalogue


def _entries(path: Path) -> list[dict[str, Any]]:
    cure = "hold [[feature]] entries alone, as docs/how-to/add-a-feature.md shows"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        what = "no such file" if isinstance(broken, FileNotFoundError) else "not readable as TOML"
        detail = "give its path from the recipe's folder" if "no such" in what else str(broken)
        raise InputError(f"extra features: {what}", where=str(path), cure=detail) from broken
    entries = raw.pop("feature", None)
    if raw or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        unknown = f"unknown key {next(iter(raw))}" if raw else "there is no [[feature]]"
        raise InputError(f"extra features: {unknown}", where=path.name, cure=cure)
    return entries


def _features(entries: Iterable[dict[str, Any]], where: str) -> Iterator[Feature]:
    names: set[str] = set()
    for entry in entries:
        try:
            for feature in expand(stated(entry)):
                if feature.name in names:
                    at, cure = f"feature {feature.name}", "put {window} or {group} into the name"
                    raise EntryError(at, "this name is used twice", cure)
                names.add(feature.name)
                yield feature
        except EntryError as fault:
            raise InputError(fault.what, where=f"{where}, {fault.at}", cure=fault.cure) from None


def stated(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with all that it leaves unsaid; one without the least comes back as it is."""
    least = ("name", "what", "measure", "table")
    if not all(isinstance(entry.get(key), (str, list)) for key in least):
        return dict(entry)
    kind = _kind(entry)
    words = _flag_words if kind == "flag" else _words
    made = {"unit": _unit(entry, kind), "null": _null(entry), "domain": _domain(entry)}
    return {**({} if kind == "number" else {"kind": kind}), **made, **words(entry), **entry}


def _kind(entry: Mapping[str, Any]) -> str:
    column = (tables_of(entry)[0], str(entry.get("column", "")))
    if entry["measure"] in FLAGS or column in YES_OR_NO:
        return "flag"
    return "category" if column in CATEGORIES else "number"


def _unit(entry: Mapping[str, Any], kind: str) -> str:
    if kind != "number":
        return kind
    rows = NOUNS.get(tables_of(entry)[0], "as recorded")
    counted = rows if entry["measure"] in ("count", "count_change") else "different values"
    of_value = entry["measure"] in ("first", "last", "min", "max", "mean", "change", "fact")
    return UNITS.get(entry["measure"], "as recorded" if of_value else counted)


def _null(entry: Mapping[str, Any]) -> str:
    if entry["measure"] not in ZEROES:
        return "not known"
    return "not observed, or too few codes can be read" if "code_set" in entry else "not observed"


def _domain(entry: Mapping[str, Any]) -> str:
    if entry.get("column") == "cost":
        return "cost"
    return DOMAINS.get(tables_of(entry)[0], "use")


def _words(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "plain": f"{entry['what']}: {{value}}",
        "patient": f"Your records say: {entry['what']}: {{value}}",
    }


def _flag_words(entry: Mapping[str, Any]) -> dict[str, str]:
    what = entry["what"]
    return {
        "plain": f"{what}: yes",
        "plain_no": f"{what}: no",
        "patient": f"Your records say: {what}: yes",
        "patient_no": f"Your records say: {what}: no",
    }
