"""The reference page of features, generated from the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from features.catalogue.catalogue import Catalogue
from features.catalogue.feature import Feature
from features.catalogue.load import load_catalogue
from features.catalogue.rules import DOMAINS, MEASURES

HEAD = """# Features

Generated from `features/definitions/catalogue/*.toml`; do not edit. To add one of your own, see
[how](../how-to/add-a-feature.md); a recipe chooses by name, family or domain.

{count} features of {families} families:

| domain | its word in a recipe | families | features |
|---|---|---|---|
{domains}

## How to read an entry

A feature is a column of the matrix: how the rows of a table become one value for a person on a day.

- **measured over** says the measure, its column and table, which rows count (`where`), and the code
  set with its group. A stay or spell counts on its day of admission; the stay being left ("this
  stay") is apart from every other count of stays.
- **window** [A, B) d holds the calendar days [index day - A, index day - B): closed where it
  begins, open where it ends, so that the index day itself is never in it. With B = 0 it also holds
  the facts of the index spell that are known by then. "Before the admission" counts from the first
  day of the index spell; "this stay" holds the facts of the index spell alone.
- **null** says what an unknown value means. Unknown is not zero: a zero needs a day of the window
  on which the source would have shown such rows (the last table of this page), and a "no" of a code
  group needs at least {share:.0%} of the codes to be readable.
- **M** marks what care can change. **Sensitive** names what a feature would reveal: on lists,
  prints and cards it reads "another recorded condition".
- **words** are the sentences of a reason, first a clinician's, then the patient's, with the
  person's own value in place of `{{value}}` (`{{count}}`: "no" for zero; `{{change}}`: "2 more",
  "1 fewer"); of a flag the sentence for yes.

Nothing that was not known at the index moment is ever in view.

## Measures

| measure | becomes |
|---|---|
{measures}
"""
TABLE = """
| name | what | measured over | window | unit | null | M | sensitive | clinician's | patient's |
|---|---|---|---|---|---|---|---|---|---|
{rows}
"""
SEEN = """
## What coverage sees

Kinds of coverage under which no row means that nothing happened. Stays of a setting come before
stays of any; tables joined by + are those of a sum over all of them.

| rows | kinds of coverage |
|---|---|
{rows}
"""
LARGE = 8
"""Features of a family from which on it has a table of its own."""


def markdown(catalogue: Catalogue | None = None) -> str:
    """The page `docs/reference/features.md` for `catalogue` (the shipped one when None)."""
    shown = catalogue or load_catalogue()
    by_domain = {d: [f for f in shown if f.domain == d] for d in DOMAINS}
    present = {domain: features for domain, features in by_domain.items() if features}
    head = HEAD.format(
        count=len(shown),
        families=len(shown.families),
        share=shown.least_share,
        domains="\n".join(_domain(domain, features) for domain, features in present.items()),
        measures="\n".join(f"| {name} | {m.meaning} |" for name, m in MEASURES.items()),
    )
    seen = "\n".join(f"| {rows} | {', '.join(kinds)} |" for rows, kinds in shown.observed.items())
    return head + "".join(map(_section, present.items())) + SEEN.format(rows=seen)


def _domain(domain: str, features: Sequence[Feature]) -> str:
    families = len({feature.family for feature in features})
    return (
        f"| [{DOMAINS[domain]}](#{_anchor(domain)}) | `{domain}` | {families} | {len(features)} |"
    )


def _anchor(domain: str) -> str:
    return DOMAINS[domain].lower().replace(" ", "-")


def _section(of: tuple[str, Sequence[Feature]]) -> str:
    """The tables of a domain: one for each large family, one for each run of small ones."""
    domain, features = of
    large = {name for name, count in Counter(f.family for f in features).items() if count >= LARGE}
    runs = groupby(features, key=lambda f: f.family if f.family in large else "")
    tables = (_table(family, list(run)) for family, run in runs)
    return f"\n## {DOMAINS[domain]}\n" + "".join(tables)


def _table(family: str, features: Sequence[Feature]) -> str:
    title = f"\n### `{family}`\n" if family else ""
    return title + TABLE.format(rows="\n".join(map(_row, features)))


def _row(feature: Feature) -> str:
    cells = (
        f"`{feature.name}`", feature.what, _measured(feature), _window(feature), feature.unit,
        feature.null, "M" if feature.modifiable else "", feature.sensitive, feature.plain,
        feature.patient,
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _window(feature: Feature) -> str:
    """Both ends in days before the index day: closed where it begins, open where it ends."""
    if feature.anchor == "spell":
        return "this stay"
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
