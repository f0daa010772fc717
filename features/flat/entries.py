"""The columns and derived features of a flat table as a catalogue: names, words, domains, nulls.

So that choice of features, reasons, completeness and the card read a table's model as they read
any other. What reveals a sensitive condition is known of code groups by the shipped catalogue, and
of columns by the recipe. It refuses two features of one name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from features.catalogue import Catalogue, Feature, load_catalogue
from features.catalogue.sets import grouping
from features.errors import InputError
from features.flat.coded import groups_of
from features.flat.parts import NULLS, Codes, Earlier, Words
from features.flat.table import FlatTable

Categories = Mapping[str, tuple[str, ...]]
"""Values of each category column, in the order of their codes."""

TABLE = "table"
CHANCES: Mapping[str, str] = {"rows": "count", "count": "count", "sum": "sum"}
"""Measures of earlier rows whose null says that a value could not be read; a null of the others
says that there was none."""
WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "flag": (
        "{label} recorded", "{label} not recorded",
        "{label} is in the records of this stay", "{label} is not in the records of this stay",
    ),
    "groups": ("groups of conditions: {value}", "", "kinds of conditions recorded: {value}", ""),
    "index": ("weighted conditions: {value}", "", "conditions recorded, by weight: {value}", ""),
}  # fmt: skip
"""Plain, plain_no, patient and patient_no of codes for which the recipe has no words."""


class TableCatalogue(Catalogue):
    """The features of a flat table. Its text is for reading; it is made anew from the table."""

    def to_toml(self) -> str:
        return "".join(_entry(feature) for feature in self.features)


def catalogue_of_table(table: FlatTable, categories: Categories) -> TableCatalogue:
    """Every feature of a table whose `numbers` are settled, in the order of its columns."""
    features = (
        *(_column(table, name, "number", ()) for name in (*(table.numbers or ()), *table.bands)),
        *(_column(table, name, "category", categories.get(name, ())) for name in table.categories),
        *(feature for codes in table.codes for feature in coded_entries(codes)),
        *(_earlier(table, one, categories) for one in table.earlier),
    )
    names = [feature.name for feature in features]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(
            f"two features are called {twice[0]}",
            where="recipe, key table",
            cure="give each a name of its own",
        )
    return TableCatalogue(features, {}, 0.0, "dates", ())


def categories_kept(table: FlatTable, by_feature: Categories) -> Categories:
    """The values of each category column as a model froze them in the features it scores by.

    A column that no feature of the model shows has none.
    """
    last = {one.column: one.name for one in table.earlier if one.how == "last"}
    return {
        name: by_feature.get(name) or by_feature.get(last.get(name, ""), ())
        for name in table.categories
    }


def _column(table: FlatTable, name: str, kind: str, categories: tuple[str, ...]) -> Feature:
    words = table.words.get(name, Words())
    what = words.what or name.replace("_", " ").replace("-", " ")
    domains = {column: domain for domain, own in table.domains.items() for column in own}
    return _feature(
        name=name, family=name, what=what, column=name, kind=kind, categories=categories,
        measure="column", unit=words.unit, null=words.null, domain=domains.get(name, table.domain),
        modifiable=name in table.modifiable, sensitive=words.sensitive,
        plain=words.plain or f"{_escaped(what)}: {{value}}",
        patient=words.patient or words.plain or f"{_escaped(what)}: {{value}}",
    )  # fmt: skip


def coded_entries(codes: Codes) -> Iterator[Feature]:
    """A feature for each column that `code_columns` makes, in that order."""
    held, (plain, plain_no, patient, patient_no) = grouping(codes.set), WORDS[codes.how]
    for group in groups_of(codes):
        label = held.labels[group] if group else ""

        def said(own: str, default: str, label: str = label) -> str:
            return (own or default).replace("{label}", _escaped(label))

        yield _feature(
            name=codes.name.replace("{group}", group), family=codes.name.replace("_{group}", ""),
            what=said(codes.what, "{label}" if group else codes.name.replace("_", " ")),
            column=",".join(codes.columns), measure=codes.how, code_set=codes.set, group=group,
            scheme=codes.scheme, hierarchy=codes.hierarchy, domain=codes.domain,
            kind="flag" if group else "number", null="no code that can be read",
            modifiable=codes.modifiable, sensitive=_sensitive().get((codes.set, group), ""),
            plain=said(codes.plain, plain), plain_no=said(codes.plain_no, plain_no),
            patient=said(codes.patient, patient), patient_no=said(codes.patient_no, patient_no),
        )  # fmt: skip


def _earlier(table: FlatTable, one: Earlier, categories: Categories) -> Feature:
    named = one.how == "last" and one.column in table.categories
    sensitive = table.words[one.column].sensitive if one.column in table.words else ""
    return _feature(
        name=one.name, family=one.name, what=one.what, column=one.column, unit=one.unit,
        measure=CHANCES.get(one.how, one.how), kind="category" if named else "number",
        categories=categories.get(one.column, ()) if named else (), null=NULLS[one.how],
        domain=one.domain, modifiable=one.modifiable, sensitive=one.sensitive or sensitive,
        plain=one.plain, patient=one.patient,
    )  # fmt: skip


BLANK: Mapping[str, Any] = {
    "tables": (TABLE,), "where": (), "window": None, "until": 0, "anchor": "index", "earlier": 0,
    "within": None, "low": None, "high": None, "code_set": "", "group": "", "scheme": "",
    "hierarchy": False, "unit": "", "categories": (), "plain_no": "", "patient_no": "",
}  # fmt: skip


def _feature(**said: Any) -> Feature:
    return Feature(**{**BLANK, **said})


@cache
def _sensitive() -> Mapping[tuple[str, str], str]:
    """Kind of sensitive condition of a code group, as the shipped catalogue has it."""
    return {(f.code_set, f.group): f.sensitive for f in load_catalogue() if f.group and f.sensitive}


def _escaped(text: str) -> str:
    """A text as part of a template."""
    return text.replace("{", "{{").replace("}", "}}")


KEYS = ("name", "what", "column", "code_set", "unit", "null", "domain", "sensitive", "plain",
        "plain_no", "patient", "patient_no")  # fmt: skip


def _entry(feature: Feature) -> str:
    lines = [
        f"{key} = {json.dumps(getattr(feature, key), ensure_ascii=False)}"
        for key in KEYS
        if getattr(feature, key)
    ]
    return "\n[[feature]]\n" + "\n".join([*lines, f"kind = {json.dumps(feature.kind)}"]) + "\n"
