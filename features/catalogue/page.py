"""The reference page of features, generated from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from features.catalogue.catalogue import Catalogue
from features.catalogue.feature import Feature
from features.catalogue.load import load_catalogue
from features.catalogue.rules import DOMAINS, MEASURES

HEAD = """# Features

Generated from `features/definitions/catalogue/*.toml`; do not edit.

{count} features of {families} families. A window [A, B) d holds the calendar days
[index day - A, index day - B), closed where it begins and open where it ends; with B = 0 also the
facts of the index spell that are known by then. "Before the admission" counts from the first day of
the index spell instead, and "the index spell" holds its own facts alone. Nothing that was
not known at the index moment is ever in view. Unknown is not zero: a zero needs coverage in the
window, and a "no" of a code group needs at least {share:.0%} of the codes to be readable.

## Measures

| measure | becomes |
|---|---|
{measures}
"""
TABLE = """
## {domain}

| name | what | measured over | window | unit | null | modifiable | sensitive | words |
|---|---|---|---|---|---|---|---|---|
{rows}
"""


def markdown(catalogue: Catalogue | None = None) -> str:
    """The page `docs/reference/features.md` for `catalogue` (the shipped one when None)."""
    shown = catalogue or load_catalogue()
    head = HEAD.format(
        count=len(shown),
        families=len(shown.families),
        share=shown.least_share,
        measures="\n".join(f"| {name} | {m.meaning} |" for name, m in MEASURES.items()),
    )
    tables = (
        TABLE.format(domain=title, rows="\n".join(_rows(f for f in shown if f.domain == domain)))
        for domain, title in DOMAINS.items()
        if any(f.domain == domain for f in shown)
    )
    return head + "".join(tables)


def _rows(features: Iterable[Feature]) -> Iterator[str]:
    for _, family in groupby(features, key=lambda f: f.family):
        yield from (_row(feature) for feature in family)


def _row(feature: Feature) -> str:
    window = _window(feature)
    cells = (
        f"`{feature.name}`", feature.what, _measured(feature), window, feature.unit, feature.null,
        "yes" if feature.modifiable else "", feature.sensitive, feature.plain,
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _window(feature: Feature) -> str:
    """Both ends in days before the index day: closed where it begins, open where it ends."""
    if feature.anchor == "spell":
        return "the index spell"
    if feature.window is None:
        return ""
    before = " before the admission" if feature.anchor == "admission" else ""
    return f"[{feature.window}, {feature.until}) d{before}"


def _measured(feature: Feature) -> str:
    where = " and ".join(f"{column} {'/'.join(values)}" for column, values in feature.where)
    codes = ":".join(part for part in (feature.code_set, feature.group, feature.scheme) if part)
    low, high = ("" if end is None else f"{end:g}" for end in (feature.low, feature.high))
    parts = (
        feature.measure, feature.column, "of " + "+".join(feature.tables),
        f"where {where}" if where else "", f"by {codes}" if codes else "",
        f"within {feature.within} d of the spell before" if feature.within is not None else "",
        f"not in the {feature.earlier} d before" if feature.earlier else "",
        f"range {low} to {high}" if low or high else "",
    )  # fmt: skip
    return " ".join(part for part in parts if part)
