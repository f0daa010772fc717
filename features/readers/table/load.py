"""Finds a mapping, reads it, and says what is wrong with it: the key, the nearest one, the cure."""

from __future__ import annotations

import difflib
import json
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from features.errors import InputError, NotFoundError
from features.readers.table.mapping import MappingFile, MappingHead

SHIPPED = Path(__file__).parents[1] / "mappings"
SCHEMA = SHIPPED / "mapping.schema.json"


def load_mapping(name_or_path: str | Path) -> MappingHead:
    """A shipped mapping by name, or the TOML file at a path.

    Raises NotFoundError where there is none, InputError naming file and key where it is wrong.
    """
    path = _find(name_or_path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(
            "the mapping is no text", where=str(name_or_path), cure="save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as broken:
        raise InputError(
            "the mapping is not TOML", where=str(name_or_path), cure=f"mend the file: {broken}"
        ) from None
    return mapping_of(raw, str(name_or_path))


def mapping_of(raw: dict[str, Any], where: str = "mapping") -> MappingHead:
    """The mapping of parsed TOML. Raises InputError naming the first key at fault."""
    try:
        return MappingFile.model_validate(raw)
    except ValidationError as error:
        faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        raise _refusal(faults[0], where) from None


def schema_json() -> str:
    """The JSON Schema of mappings as `mappings/mapping.schema.json` holds it."""
    schema = MappingFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Caseload mapping"
    return json.dumps(schema, indent=2) + "\n"


def shipped() -> tuple[str, ...]:
    """Names of the mappings that come with the program."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def _find(name_or_path: str | Path) -> Path:
    for path in (SHIPPED / f"{name_or_path}.toml", Path(name_or_path)):
        if path.is_file():
            return path
    raise NotFoundError(
        f"there is no mapping {name_or_path}",
        where="--mapping",
        cure=f"give a TOML file, or one of the shipped mappings: {', '.join(shipped())}; "
        "--draft-mapping FILE proposes one from the files of a source",
    )


def _refusal(error: Any, where: str) -> InputError:
    place = tuple(str(step) for step in error["loc"])
    key = ".".join(place) or "the whole"
    if error["type"] == "extra_forbidden":
        known = known_keys(error["loc"][:-1])
        near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.0)
        cure = f"did you mean {'.'.join((*place[:-1], *near))}? known here: {', '.join(known)}"
        return InputError("unknown key in the mapping", where=f"{where}, key {key}", cure=cure)
    if error["type"] == "missing":
        cure = "add it; docs/reference/mapping.md says what it means"
        return InputError("a key is missing in the mapping", where=f"{where}, key {key}", cure=cure)
    message = PLAIN.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return InputError(
        "a value of the mapping cannot be",
        where=f"{where}, key {key}",
        cure=f"change it: {message}",
    )


PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "tuple_type": "it is a list: [[TABLE.rows]] for rows, [...] for texts",
        "dict_type": "it is a table: { ... }, or a head of its own in brackets",
        "model_type": "it is the name of a column in quotes, or a table { ... }",
        "string_type": "it is a text in quotes",
        "bool_type": "it is true or false",
        "date_type": "it is a day, without quotes",
    }
)
"""Pydantic's faults of type in the words of TOML."""


def known_keys(place: tuple[str | int, ...]) -> list[str]:
    """Keys that the table at that place of a mapping may hold."""
    model: Any = MappingFile
    inside = False  # a list or a table of names: the next step is a place in it
    for step in place:
        if inside:
            inside = False
            continue
        model, inside = _inner(_fields(model)[str(step)].annotation)
    return list(_fields(model))


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inner(annotation: Any) -> tuple[Any, bool]:
    """The model inside Optional, Annotated, tuple or dict; whether it is one of several there."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    several = typing.get_origin(annotation) in (tuple, dict)
    found = (_inner(part) for part in reversed(typing.get_args(annotation)))
    model = next((model for model, _ in found if model is not None), None)
    return model, several
