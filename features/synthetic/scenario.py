"""Scenarios: every number of the synthetic population, by section and key.

`scenarios/default.toml` names all of them; another scenario names what it changes. Unknown keys and
values that are no numbers are refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from features.errors import InputError

FOLDER = Path(__file__).parent / "scenarios"
Section = Mapping[str, float]
SHARES = frozenset(
    (
        "population.older_share", "population.joins_late", "population.gap_share",
        "population.carer_share", "population.alone_share", "emergency.way_in",
        "stay.transfer", "destination.against_advice", "contacts.follow_up",
        "contacts.usual_provider", "access.group_share", "coding.social_visit",
        "coding.social_stay", "medicines.skip", "medicines.stop", "measurement.laboratory",
        "measurement.function_stay", "measurement.function_visit", "programme.offer",
        "programme.acceptance", "programme.first_start", "programme.last_start",
        "programme.effect",
    )
)  # fmt: skip
ABOVE_ZERO = frozenset(
    (
        "population.older_mean_65", "population.people_per_practice",
        "population.practices_per_locality", "unplanned.shock_days", "death.after_days",
        "aftermath.days", "aftermath.usual", "nursing.leave_ratio", "nursing.fade_days",
        "nursing.mean_days", "coding.delay_days", "contacts.delay_days",
        "medicines.supply_days", "programme.days", "programme.effect_width",
        "death_reports.median_days",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A complete set of parameters; `scenario["money"]["visit"]` is one of them."""

    name: str
    sections: Mapping[str, Section]

    def __getitem__(self, section: str) -> Section:
        return self.sections[section]


def shipped() -> tuple[str, ...]:
    """Names of the scenarios that come with Caseload."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_scenario(name_or_path: str | Path = "default") -> Scenario:
    """A shipped scenario by name, or a TOML file that changes some numbers of the default.

    Raises InputError for a file that is not there or is no TOML, an unknown section or key, or a
    value that is no number.
    """
    path = FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    default = tomllib.loads((FOLDER / "default.toml").read_text(encoding="utf-8"))
    changes = _read(path)
    _check(changes, default, path)
    merged = {
        section: {key: float(value) for key, value in (keys | changes.get(section, {})).items()}
        for section, keys in default.items()
    }
    return Scenario(path.stem, merged)


def _read(path: Path) -> dict[str, dict[str, float]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(
            "there is no such scenario",
            where=str(path),
            cure=f"use {', '.join(shipped())}, or name a TOML file",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise InputError(
            "the scenario cannot be read as TOML",
            where=str(path),
            cure="see features/synthetic/scenarios/default.toml for the form",
        ) from None


def _check(
    changes: Mapping[str, object], default: Mapping[str, Mapping[str, float]], path: Path
) -> None:
    for section, keys in changes.items():
        if section not in default or not isinstance(keys, dict):
            raise _unknown(f"[{section}]", path, "sections", default)
        for key, value in keys.items():
            if key not in default[section]:
                raise _unknown(f"{section}.{key}", path, f"keys of [{section}]", default[section])
            if not _is_number(value):
                raise InputError(
                    f"{section}.{key} is no number", where=str(path), cure="give a number"
                )
            _check_range(f"{section}.{key}", float(value), path)


def _check_range(name: str, value: float, path: Path) -> None:
    if name in SHARES and not 0.0 <= value <= 1.0:
        raise InputError(f"{name} is no share", where=str(path), cure="give a number from 0 to 1")
    if name in ABOVE_ZERO and value <= 0.0:
        raise InputError(f"{name} must be above 0", where=str(path), cure="give a number above 0")
    if name.endswith(("spread", "_mean_days")) and value < 0.0:
        raise InputError(f"{name} is below 0", where=str(path), cure="give 0 or more")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _unknown(name: str, path: Path, what: str, known: Mapping[str, object]) -> InputError:
    return InputError(
        f"the scenario has an unknown key {name}",
        where=str(path),
        cure=f"{what}: {', '.join(known)}",
    )
