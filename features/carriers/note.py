"""What a matrix is of, as a note beside its parts and in the metadata of its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from features.carriers.part import Asked
from features.tables.history import History

FORMAT = 1
"""Of the parts and of the file."""
KEY = b"caseload"
"""Key of the file's metadata: JSON {format, recipe, history, mode, schema_hash, ...}."""
OF_THE_FILE = ("format", "recipe", "history", "mode", "schema_hash", "definition", "catalogue")
WORDS: Mapping[str, str] = {
    "history": "another History",
    "buckets": "a History cut otherwise",
    "recipe": "another recipe",
    "recipe_text": "another recipe",
    "mode": "another mode",
    "window": "other index moments",
    "labels": "other labels",
    "code": "another version of this program",
}
"""What parts of another matrix differ in; anything else is another definition or catalogue."""

Note = dict[str, Any]


def note_of(history: History, asked: Asked, recipe: Mapping[str, str]) -> Note:
    """Whatever the parts hang on: parts with an equal note are parts of the same matrix.

    recipe  {"recipe": its name, "recipe_text": sha256 of its text}
    """
    return {
        "format": FORMAT,
        "code": code_digest(),
        "history": history.digest,
        "buckets": history.buckets,
        **recipe,
        "mode": asked.mode,
        "labels": asked.with_labels,
        "window": asked.window and [end.isoformat() for end in asked.window],
        "definition": hashlib.sha256(asked.definition.to_toml().encode()).hexdigest(),
        "catalogue": asked.catalogue.digest,
        "schema_hash": asked.schema.hash,
    }


def differs(held: bytes, note: Note) -> str:
    """What an earlier note says otherwise, in words; "" where they are equal."""
    try:
        earlier = dict(json.loads(held))
    except (ValueError, TypeError):
        return "a note that cannot be read"
    keys = [key for key in note if earlier.get(key) != note[key]]
    return WORDS.get(keys[0], "another question") if keys else ""


def to_bytes(note: Note) -> bytes:
    return (json.dumps(note, indent=1) + "\n").encode()


def metadata(note: Note) -> dict[bytes, bytes]:
    """What the finished file says of itself: nothing of how or where it was made."""
    return {KEY: json.dumps({key: note.get(key) for key in OF_THE_FILE}).encode()}


@cache
def code_digest() -> str:
    """sha256 over the code and the clinical data that features are made by."""
    root = Path(__file__).parent.parent
    files = sorted(
        path for path in root.rglob("*") if path.suffix in (".py", ".toml", ".csv", ".gz")
    )  # fmt: skip
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.relative_to(root).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
