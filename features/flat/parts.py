"""The parts of a flat table's description: outcome, exclusions, words, codes, earlier rows.

Pydantic models with a published JSON Schema; an unknown key is refused. What a part needs of the
other parts (that a column exists and may be read) is checked in `features/flat/table.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from features.catalogue.rules import DOMAINS, SENSITIVE
from features.catalogue.sets import SETS
from features.codes.systems import SYSTEMS


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def one_of(known: Mapping[str, object] | tuple[str, ...], noun: str) -> AfterValidator:
    """Refuses a word that is none of `known`."""

    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"there is no {noun} {word}; use one of {', '.join(known)}")
        return word

    return AfterValidator(check)


Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_{}]*$")]
Column = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Column, ...], Field(min_length=1)]
Texts = Annotated[tuple[str, ...], Field(min_length=1)]
Domain = Annotated[str, one_of(DOMAINS, "clinical domain")]
SensitiveKind = Annotated[str, one_of(SENSITIVE, "kind of sensitive condition")]

How = Literal[
    "rows", "count", "share", "rows_since", "days_since", "sum", "mean", "min", "max", "last"
]
MATCHED = ("count", "share", "rows_since", "days_since")
"""Ways that ask of each earlier row whether its column is one of `values`."""
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "rows": "number of earlier rows",
        "count": "earlier rows whose value is one of `values`",
        "share": "the same as a share of the earlier rows whose value is known",
        "rows_since": "how many rows ago such a row was, 1 being the row before",
        "days_since": "days since the last such row",
        "sum": "sum of the known earlier values",
        "mean": "mean of the known earlier values",
        "min": "smallest known earlier value",
        "max": "largest known earlier value",
        "last": "last known earlier value",
    }
)
NULLS: Mapping[str, str] = MappingProxyType(
    {
        "rows": "never null",
        "count": "not known in any of the earlier rows",
        "share": "not known in any earlier row, or there is none in this table",
        "rows_since": "in no earlier row of this table",
        "days_since": "in no earlier row of this table",
        "sum": "not known in any of the earlier rows",
        "mean": "no earlier row of this table has a value",
        "min": "no earlier row of this table has a value",
        "max": "no earlier row of this table has a value",
        "last": "no earlier row of this table has a value",
    }
)


class Outcome(Part):
    """What is predicted of a row."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """What answers call it."""
    column: Column
    """Column that holds the outcome. It never scores."""
    events: Texts
    """Values that are the outcome."""
    others: tuple[str, ...] = ()
    """Values that are no outcome; given, any further value is refused. Empty: all the rest."""
    about: str = ""
    """What it stands for and what it misses, for the model card."""
    known: Literal["never", "next_row"] = "never"
    """Whether a person's outcome is settled by that person's next row, so that earlier rows may
    tell it. With a time column it is, once the horizon has passed, whatever stands here."""


class Exclude(Part):
    """Rows that are asked nothing, counted. Later rows of the person still look back on them."""

    column: Column
    """Column that decides."""
    values: Texts
    """Its values in such rows."""
    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Why they are left out; several exclusions may give one reason."""


class Words(Part):
    """How a column reads in reasons. {value} is the person's own value."""

    what: str = ""
    """What it is, a noun phrase for a clinician (default: its name)."""
    plain: str = ""
    """Sentence for a clinician (default: what, and the value)."""
    patient: str = ""
    """The same for the patient."""
    unit: str = ""
    """Unit of a number: days, years, share, currency, ..."""
    null: str = "not recorded"
    """What it says when there is no value."""
    sensitive: SensitiveKind = ""
    """Kind of sensitive condition that it reveals."""


class Codes(Part):
    """Columns of codes as groups of a code set: a flag for each, their number or an index."""

    name: Name
    """Name of the feature; {group} stands for the group of a flag."""
    columns: Columns
    """Columns that hold one code each."""
    system: Annotated[str, one_of(SYSTEMS, "code system")]
    """Code system of all of them."""
    set: Annotated[str, one_of(SETS, "code set")]
    """Code set that groups them."""
    how: Literal["flag", "groups", "index"] = "flag"
    """flag: 1 for a group with a code; groups: how many groups; index: sum of their weights."""
    groups: tuple[str, ...] = ()
    """Groups that get a flag (default: all)."""
    scheme: str = ""
    """Weights of an index."""
    pad: bool = False
    """Put back leading zeros that a spreadsheet took from codes that begin with digits."""
    hierarchy: bool = True
    """In a number or an index a weaker group does not count beside its stronger one."""
    domain: Domain = "conditions"
    """Clinical domain."""
    modifiable: bool = False
    """Whether care can change it."""
    what: str = ""
    """What it is; {label} stands for the group's own words."""
    plain: str = ""
    """Sentence for a clinician ({label}; {value} of a number)."""
    plain_no: str = ""
    """The same where a flag is 0."""
    patient: str = ""
    """Sentence for the patient."""
    patient_no: str = ""
    """The same where a flag is 0."""


class Earlier(Part):
    """What rows of the same person say that come strictly before, by the order or time column.

    Rows of the same place in the order are not earlier. There is no way to ask of later rows.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    """Name of the feature."""
    how: How
    """How the earlier rows become one value."""
    column: str = ""
    """Column that is looked at; rows looks at none."""
    values: tuple[str, ...] = ()
    """Values that count, for count, share, rows_since and days_since; outcomes have events."""
    domain: Domain
    """Clinical domain."""
    what: Annotated[str, Field(min_length=1)]
    """What it is, a noun phrase for a clinician."""
    plain: Annotated[str, Field(min_length=1)]
    """Sentence for a clinician; {value}, {count} (no for 0) and {s} are filled in."""
    patient: Annotated[str, Field(min_length=1)]
    """Sentence for the patient."""
    unit: str = ""
    """Unit of the value."""
    modifiable: bool = False
    """Whether care can change it."""
    sensitive: SensitiveKind = ""
    """Kind of sensitive condition that it reveals."""

    @model_validator(mode="after")
    def _asks(self) -> Earlier:
        if (self.how == "rows") != (not self.column):
            raise ValueError("rows looks at no column, everything else at one")
        if self.values and self.how not in MATCHED:
            raise ValueError(f"values belong to {', '.join(MATCHED)}")
        return self


class Compare(Part):
    """A rule that the model is compared with: one feature, as it is or from a value on."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name under `baselines`."""
    feature: Column
    """Feature that it goes by; its risk rises with it."""
    at_least: float | None = None
    """From this value on people are chosen; without it, the value itself ranks them."""
    about: str = ""
    """Where the rule comes from."""
