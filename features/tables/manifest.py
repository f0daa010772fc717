"""What a History says of itself: manifest.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypedDict

from features.errors import InputError
from features.tables.schema import CONTRACT, TABLES

NAME = "manifest.json"


class Part(TypedDict):
    """A table: its rows, the digest of them, and the rows of each bucket in turn."""

    rows: int
    sha256: str
    buckets: list[int]


@dataclass(frozen=True)
class Manifest:
    """The manifest of a History.

    people       number of people
    buckets      number of buckets, a power of two up to 256
    first, last  days the facts lie between
    last_known   end of observation: nothing that happened later is in the extract
    precision    how exact the times of a table are: day or minute
    delays       how late the source's facts are known, where it has no such column, in words
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
    fields = _fields(folder)
    if fields.get("contract") != CONTRACT:
        raise InputError(
            f"this History follows contract {fields.get('contract')}, not {CONTRACT}",
            where=where,
            cure="rebuild it from its source with this version",
        )
    try:
        fields["first"] = date.fromisoformat(fields["first"])
        fields["last"] = date.fromisoformat(fields["last"])
        fields["last_known"] = datetime.fromisoformat(fields["last_known"])
        manifest = Manifest(**fields)
        sound = set(manifest.tables) == set(TABLES) and all(
            len(part["buckets"]) == manifest.buckets and sum(part["buckets"]) == part["rows"]
            for part in manifest.tables.values()
        )
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise unreadable(folder)
    return manifest


def _fields(folder: Path) -> dict[str, Any]:
    try:
        fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            "this is no History: it has no manifest.json",
            where=str(folder),
            cure="make one with `caseload ingest` or `caseload synth`, or name the right folder",
        ) from None
    except ValueError:
        raise unreadable(folder) from None
    if not isinstance(fields, dict):
        raise unreadable(folder)
    return fields


def unreadable(folder: Path) -> InputError:
    """The error for a manifest that does not say what a manifest says."""
    return InputError(
        "manifest.json cannot be read",
        where=str(folder),
        cure="rebuild the History from its source",
    )


def _iso(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
