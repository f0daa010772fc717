"""A catalogue: features in order, with the two rules of unknown. Choosing from it, and its text.

It refuses a choice that names nothing in it, and its text loads back as the same catalogue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from features.catalogue.feature import Feature
from features.catalogue.rules import ANCHORS
from features.catalogue.sets import grouping
from features.errors import InputError
from features.spells import FIRST

PLAIN_KEYS = (
    "name", "family", "what", "measure", "column", "code_set", "scheme", "kind", "unit", "null",
    "domain", "sensitive", "plain", "plain_no", "patient", "patient_no",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Features in the order of their columns.

    observed     table, table:setting or tables joined by + -> kinds of coverage under which no row
                 means that nothing happened
    least_share  share of readable codes that a "no", a count or an index needs
    spells       rule by which stays are joined into spells (`features/spells/link.py`)
    urgency      what decides whether a spell is planned, in turn (`features/spells/urgency.py`)
    """

    features: tuple[Feature, ...]
    observed: Mapping[str, tuple[str, ...]]
    least_share: float
    spells: str
    urgency: tuple[str, ...]

    def __iter__(self) -> Iterator[Feature]:
        return iter(self.features)

    def __len__(self) -> int:
        return len(self.features)

    def __eq__(self, other: object) -> bool:
        """Whether they say the same, without reading hundreds of features each time: by the digest
        of their text, and by the values of categories, which a flat table has of its own."""
        return isinstance(other, Catalogue) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self.digest)

    def __getitem__(self, name: str) -> Feature:
        """The feature of that name (KeyError: none)."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _told(self) -> tuple[str, tuple[tuple[str, ...], ...]]:
        return self.digest, tuple(f.categories for f in self.features if f.categories)

    @cached_property
    def _by_name(self) -> dict[str, Feature]:
        return {feature.name: feature for feature in self.features}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(feature.family for feature in self.features))

    def seen_by(self, feature: Feature) -> tuple[str, ...]:
        """Kinds of coverage under which no row of the feature means that nothing happened.

        Of stays or visits of stated settings those that see every one of them; of several tables
        those of the tables together, where these are stated, else of the first.
        """
        whole = self.observed.get("+".join(feature.tables), self.observed.get(feature.table, ()))
        settings = dict(feature.where).get("setting", ())
        of_each = [self.observed.get(f"{feature.table}:{name}", whole) for name in settings]
        return tuple(kind for kind in (of_each or [whole])[0] if all(kind in e for e in of_each))

    def select(self, chosen: Iterable[str], *, without: Iterable[str] = ()) -> Catalogue:
        """The features whose name, family or domain is in `chosen` and not in `without`.

        Order is the catalogue's own. Raises InputError for a word that names nothing, and for an
        empty choice.
        """
        wanted, unwanted = set(chosen), set(without)
        self._refuse_unknown(wanted | unwanted)
        kept = tuple(f for f in self.features if wanted & _called(f) and not unwanted & _called(f))
        if not kept:
            raise InputError(
                "no feature is chosen",
                where="choice of features",
                cure="name features, families or domains of the catalogue",
            )
        return replace(self, features=kept)

    def _refuse_unknown(self, words: set[str]) -> None:
        known = set[str]().union(*(_called(feature) for feature in self.features))
        if unknown := sorted(words - known):
            raise InputError(
                f"the catalogue has no feature, family or domain called {', '.join(unknown)}",
                where="choice of features",
                cure="use a name, family or domain of docs/reference/features.md",
            )

    def joined_by(self, rule: str, urgency: Sequence[str] | None = None) -> Catalogue:
        """The same features over spells joined by another rule, planned or not by others.

        urgency  None: those that go with the rule (`spells.FIRST`)
        """
        deciders = FIRST[rule] if urgency is None else tuple(urgency)
        return replace(self, spells=rule, urgency=deciders)

    def to_toml(self) -> str:
        """The catalogue as TOML with one entry per feature; `load_catalogue` reads it back."""
        observed = "\n".join(f"{_key(k)} = {json.dumps(v)}" for k, v in self.observed.items())
        head = f"[observed]\n{observed}\n\n[readable]\nleast_share = {self.least_share!r}\n"
        head += f"\n[spells]\nrule = {_text(self.spells)}\nurgency = {_text(list(self.urgency))}\n"
        return head + "".join(_entry(feature) for feature in self.features)

    @cached_property
    def digest(self) -> str:
        """sha256 of the catalogue's text."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()


def _called(feature: Feature) -> set[str]:
    return {feature.name, feature.family, feature.domain}


def _entry(feature: Feature) -> str:
    lines = [
        f"{key} = {_text(getattr(feature, key))}" for key in PLAIN_KEYS if getattr(feature, key)
    ]
    lines.append(f"table = {_text(list(feature.tables))}")
    if feature.where:
        inner = ", ".join(f"{column} = {_text(list(values))}" for column, values in feature.where)
        lines.append(f"where = {{ {inner} }}")
    if feature.window is not None:
        window = [feature.window, feature.until] if feature.until else feature.window
        lines.append(f"windows = [{window}]")
    if feature.earlier:
        lines.append(f"earlier = {feature.earlier}")
    if feature.within is not None:
        lines.append(f"within = {feature.within}")
    ends = {"low": feature.low, "high": feature.high}
    if stated := [f"{key} = {end!r}" for key, end in ends.items() if end is not None]:
        lines.append(f"range = {{ {', '.join(stated)} }}")
    if feature.group:
        lines.append(f"groups = {_text([feature.group])}")
        if feature.label != grouping(feature.code_set).labels[feature.group]:
            lines.append(f"labels = {{ {_key(feature.group)} = {_text(feature.label)} }}")
    if feature.anchor != ANCHORS[0]:
        lines.append(f"anchor = {_text(feature.anchor)}")
    lines += [f"{key} = true" for key in ("hierarchy", "modifiable") if getattr(feature, key)]
    return "\n[[feature]]\n" + "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isidentifier() else _text(name)


def _text(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
