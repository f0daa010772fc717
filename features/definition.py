"""A question as data: who is asked about and when, what counts as the outcome, what ends the view.

Definitions are TOML files a clinician can dispute line by line (`features/definitions/`). A key
that is not known is refused, with the nearest one that is.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from features.codes.planned import TREATMENTS
from features.errors import InputError
from features.spells import DECIDERS, FIRST

FOLDER = Path(__file__).parent / "definitions"

Moments = Literal["discharge", "nursing_discharge", "month"]
SpellRuleName = Literal["dates", "evidence"]
OutcomeKind = Literal["readmission", "need", "bed_days", "cost"]
Urgency = Literal["unplanned", "planned"]
LookAt = Literal["first", "any"]

EXCLUSIONS = ("died_in_stay", "left_against_advice", "day_case", *TREATMENTS)


@dataclass(frozen=True)
class Index:
    """Index moments.

    moments          "discharge": each acute spell's end; "nursing_discharge": each discharge home
                     from a nursing facility; "month": the first of each month
    least_age        youngest age at the index, years
    exclude          reasons for which a discharge is no index moment; psychiatric, cancer and
                     rehabilitation: the stay's principal diagnosis, where it can be read
    look_back_days   how far back use must have been observable
    look_back_share  least share of those days that was
    every_months     monthly: each person gives one month in so many, which one hangs on the person
    """

    moments: Moments
    least_age: int = 0
    exclude: tuple[str, ...] = ()
    look_back_days: int = 0
    look_back_share: float = 0.0
    every_months: int = 1


@dataclass(frozen=True)
class Outcome:
    """What is looked for after the index.

    kind             "readmission": 0 or 1; "need", "bed_days", "cost": a number
    first_day        first day of the window, counted from the index day, closed
    last_day         last day of the window, closed
    look_at          readmission: only the first admission counts, or any unplanned one
    undecided        how an admission of undecided urgency is read; the other reading is kept too
    high_percentile  a number is high at or above this percentile of the training rows
    """

    kind: OutcomeKind
    first_day: int
    last_day: int
    look_at: LookAt = "first"
    undecided: Urgency = "unplanned"
    high_percentile: float | None = None


@dataclass(frozen=True)
class Censoring:
    """What ends the view of an index moment.

    run_out_days  days after the window until the source's facts have arrived
    coverage      "censor": a window that is not covered throughout gives no label
    death         "competing": death inside the window without the outcome is label 0, its day kept
    """

    run_out_days: int = 0
    coverage: Literal["censor"] = "censor"
    death: Literal["competing"] = "competing"


@dataclass(frozen=True)
class Definition:
    """A question. `question` says it in words.

    spells   how stays are joined (`features/spells/link.py`)
    urgency  what decides whether an admission is planned, in turn (`features/spells/urgency.py`)
    """

    name: str
    question: str
    index: Index
    outcome: Outcome
    censoring: Censoring
    spells: SpellRuleName = "dates"
    urgency: tuple[str, ...] = DECIDERS

    @property
    def monthly(self) -> bool:
        return self.index.moments == "month"

    @property
    def label(self) -> str:
        """What is predicted, as answers name it."""
        return self.outcome.kind

    @property
    def horizon_days(self) -> int:
        """Days after the index day that the outcome may use."""
        return self.outcome.last_day

    @property
    def high_percentile(self) -> float | None:
        return self.outcome.high_percentile

    @property
    def run_out_days(self) -> int:
        return self.censoring.run_out_days

    def to_toml(self) -> str:
        """The definition as TOML; `definition_of` reads it back as an equal one."""
        head = _lines({name: getattr(self, name) for name in WORDS})
        parts = (f"\n[{name}]\n{_lines(asdict(getattr(self, name)))}" for name in PARTS)
        return head + "".join(parts)


PARTS: Mapping[str, type] = MappingProxyType(
    {"index": Index, "outcome": Outcome, "censoring": Censoring}
)
WORDS = ("name", "question", "spells", "urgency")


def definition_of(text: str, where: str = "definition") -> Definition:
    """The definition in a TOML text. Raises InputError as `load_definition` does."""
    try:
        return _definition(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise InputError("the text is no TOML", where=where, cure=f"mend it: {error}") from None


def load_definition(
    name: str | Path, *, label: str | None = None, every_months: int | None = None
) -> Definition:
    """A shipped definition by name, or one from a TOML file.

    label, every_months  replace the outcome's kind and the thinning, where a recipe says so
    Raises InputError for a file that is not there, is no TOML, or has a key or value not known.
    """
    path = Path(name) if str(name).endswith(".toml") else FOLDER / f"{name}.toml"
    definition = definition_of(_read(path), path.name)
    if every_months is not None:
        index = replace(definition.index, every_months=every_months)
        definition = replace(definition, index=index)
    if label is not None:
        definition = _with_label(definition, label, path.name)
    return definition


def _with_label(definition: Definition, label: str, where: str) -> Definition:
    numbers = tuple(kind for kind in get_args(OutcomeKind) if kind != "readmission")
    if label not in numbers or definition.outcome.kind not in numbers:
        raise InputError(
            f"{label!r} is no label of {definition.name}",
            where=f"{where}, label",
            cure=f"use one of {', '.join(numbers)} with a definition of complexity",
        )
    outcome = replace(definition.outcome, kind=label)  # type: ignore[arg-type]
    return replace(definition, outcome=outcome)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        shipped = ", ".join(
            sorted(p.stem for p in FOLDER.glob("*.toml") if not p.stem.startswith("catalogue"))
        )
        raise InputError(
            "there is no such definition",
            where=str(path.name),
            cure=f"use {shipped}, or the path of a TOML file",
        ) from None
    except UnicodeDecodeError as error:
        raise InputError("the file is no text", where=str(path), cure=f"mend it: {error}") from None


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in values.items()
        if value is not None
    )


def _definition(stated: dict[str, Any], where: str) -> Definition:
    _refuse_unknown(stated, Definition, where)
    made: dict[str, Any] = {
        name: _part(kind, stated.get(name, {}), f"{where}, [{name}]")
        for name, kind in PARTS.items()
    }
    made |= {name: _listed(stated[name]) for name in WORDS if name in stated}
    if "urgency" not in made and made.get("spells") in FIRST:
        made["urgency"] = FIRST[made["spells"]]
    definition: Definition = _make(Definition, made, where)
    _check(definition, where)
    return definition


def _part(kind: type, stated: object, where: str) -> Any:
    if not isinstance(stated, dict):
        raise InputError("this is no table of keys", where=where, cure="state its keys below it")
    _refuse_unknown(stated, kind, where)
    return _make(kind, {k: _listed(v) for k, v in stated.items()}, where)


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _make(kind: type, values: Mapping[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    for name, value in values.items():
        if not _fits(value, hints[name]):
            raise InputError(
                f"the value of {name} is of the wrong type",
                where=where,
                cure="compare with the shipped definitions",
            )
    try:
        return kind(**values)
    except TypeError:
        needed = [f.name for f in fields(kind) if f.name not in values]
        raise InputError(
            f"{needed[0]} is missing", where=where, cure="state it; see the shipped definitions"
        ) from None


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of the type a field states; which words a field takes is `_check`'s."""
    if hint in (int, float, float | None):
        return isinstance(value, int if hint is int else (int, float)) and value is not True
    if hint == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(word, str) for word in value)
    return isinstance(value, str if get_origin(hint) is Literal else hint)


def _refuse_unknown(stated: Mapping[str, Any], kind: type, where: str) -> None:
    known = [field.name for field in fields(kind)]
    for key in stated:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise InputError(f"the key {key} is not known", where=where, cure=hint)


def _check(definition: Definition, where: str) -> None:
    """Refuse values outside what a key may hold, and windows that end before they begin."""
    index, outcome, censoring = definition.index, definition.outcome, definition.censoring
    at_home = index.moments == "nursing_discharge"
    choices = (
        ("index.moments", index.moments, get_args(Moments)),
        ("outcome.kind", outcome.kind, get_args(OutcomeKind)),
        ("outcome.look_at", outcome.look_at, get_args(LookAt)),
        ("outcome.undecided", outcome.undecided, get_args(Urgency)),
        ("spells", definition.spells, get_args(SpellRuleName)),
        ("censoring.coverage", censoring.coverage, ("censor",)),
        ("censoring.death", censoring.death, ("competing",)),
        *(("index.exclude", value, EXCLUSIONS) for value in index.exclude),
        *(("urgency", value, DECIDERS) for value in definition.urgency),
    )
    for key, value, allowed in choices:
        if value not in allowed:
            cure = f"use one of {', '.join(allowed)}"
            raise InputError(f"{value!r} is not known", where=f"{where}, {key}", cure=cure)
    sound = (
        ("outcome.last_day", outcome.last_day >= outcome.first_day >= 0),
        ("index.every_months", index.every_months >= 1),
        ("index.look_back_share", 0 <= index.look_back_share <= 1),
        ("index.moments", definition.monthly == (outcome.kind != "readmission")),
        ("index.exclude", not at_home or set(index.exclude) <= {"died_in_stay"}),
        ("outcome.high_percentile", (outcome.high_percentile is None) != definition.monthly),
    )
    for key, holds in sound:
        if not holds:
            raise InputError(
                "the value does not fit the rest of the definition",
                where=f"{where}, {key}",
                cure="compare with the shipped definitions",
            )
