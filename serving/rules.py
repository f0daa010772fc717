"""The rules of a list, as TOML: who is eligible, how many are invited, by which model.

An unknown key is refused, and so is a value that cannot be; without a file the rules are those of
Guided Care.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import InputError
from models.allocation import ACCEPTANCE, MOST_OVERFILL, PLACES
from models.priority import LEAST_AGE, TOP_SHARE

Days = Annotated[int, Field(ge=0, le=3650)]


class Rules(BaseModel):
    """The rules in force."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    least_age: Annotated[int, Field(ge=0, le=120)] = LEAST_AGE
    """Youngest eligible age in years."""
    top_share: Annotated[float, Field(gt=0, le=1)] = TOP_SHARE
    """Share of scored people of eligible age that is eligible, highest risk first."""
    model: Annotated[str, Field(min_length=1)] = "complexity@champion"
    """Which model ranks: name@alias, name@version or a bundle folder."""
    invites: Literal["bounded", "expected"] = "bounded"
    """How many are invited (`models.allocation`)."""
    most_overfill: Annotated[float, Field(ge=0, lt=1)] = MOST_OVERFILL
    """bounded: chance of more acceptances than places that offers may run up to."""
    acceptance: Annotated[float, Field(ge=0.01, le=1)] = ACCEPTANCE
    """Share of those invited who accept, where a caseload does not state its own."""
    places: Annotated[int, Field(ge=0, le=100_000)] = PLACES
    """Places of each practice's one nurse, where no caseloads are given."""
    offer_days: Days = 60
    """An unanswered offer stays open, and counts, for so many days."""
    declined_days: Days = 180
    """Someone who declined is not invited again for so many days."""


def load_rules(path: Path | None) -> Rules:
    """The rules of a TOML file; None: Guided Care's. Raises InputError naming file and key."""
    if path is None:
        return Rules()
    try:
        return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise InputError(
            "the rules cannot be read", where=str(path), cure="name a file that is there"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(
            "the rules are not TOML", where=str(path), cure=f"mend the file: {broken}"
        ) from None
    except ValidationError as error:
        raise _refusal(error.errors()[0], path) from None


def _refusal(fault: Any, path: Path) -> InputError:
    key = str(fault["loc"][0])
    where = f"{path}, key {key}"
    if fault["type"] == "extra_forbidden":
        names = list(Rules.model_fields)
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
        meant = f"did you mean {near[0]}? " if near else ""
        cure = f"{meant}known: {', '.join(names)}"
        return InputError("unknown key in the rules", where=where, cure=cure)
    return InputError("a value of the rules cannot be", where=where, cure=fault["msg"])
