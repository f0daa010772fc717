"""What a History says of itself: manifest.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict

from features.errors import InputError
from features.tables.schema import CONTRACT, TABLES

NAME = "manifest.json"


class Part(TypedDict):
    """Rows of a table and the digest of them."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The manifest of a History.

    first, last  days the facts lie between; last is the end of observation
    last_known   the latest moment the extract can speak of
    precision    how exact the times of a table are: day or minute
    delays       how late the source's facts are known, where it has no such column, in days
    """

    contract: str
    source: str
    people: int
    buckets: int
    first: date
    last: date
    last_known: datetime
    precision: Mapping[str, str]
    delays: Mapping[str, object]
    tables: Mapping[str, Part]

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=2, sort_keys=True, default=_iso)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`. Raises InputError where there is none, or of another contract."""
    where = str(folder)
    try:
        fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
        fields |= {
            "first": date.fromisoformat(fields["first"]),
            "last": date.fromisoformat(fields["last"]),
            "last_known": datetime.fromisoformat(fields["last_known"]),
        }
        manifest = Manifest(**fields)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            "this folder is no History: it has no manifest.json",
            where=where,
            cure="make one with `caseload ingest` or `caseload synth`, or name the right folder",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(
            "manifest.json cannot be read", where=where, cure="rebuild the History from its source"
        ) from None
    if manifest.contract != CONTRACT or set(manifest.tables) != set(TABLES):
        raise InputError(
            f"this History follows contract {manifest.contract}, not {CONTRACT}",
            where=where,
            cure="rebuild it from its source with this version",
        )
    return manifest


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
