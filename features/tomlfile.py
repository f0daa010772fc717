"""A TOML file that a person writes, held against a model: read, and refused by the key at fault.

Recipes and mappings are such files. A refusal names file, key and cure; of several faults an
unknown key comes first, because it is often the misspelt one that the others miss.
"""

from __future__ import annotations

import difflib
import json
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from features.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, noun: str) -> tuple[dict[str, Any], str]:
    """The tables of a file and its text. Raises InputError where it is no text or no TOML.

    noun  what the file is called: recipe, mapping
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except UnicodeDecodeError:
        raise InputError(
            f"the {noun} is no text", where=str(path), cure="save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as broken:
        raise InputError(
            f"the {noun} is not TOML", where=str(path), cure=f"mend the file: {broken}"
        ) from None


def held(model: type[Model], raw: Mapping[str, Any], noun: str, where: str, page: str) -> Model:
    """The tables as the model has them. Raises InputError naming the first key at fault.

    page  where the keys are explained
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        raise _refusal(model, faults[0], noun, where, page) from None


def schema_json(model: type[BaseModel], noun: str) -> str:
    """The JSON Schema of such files, as it is published."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Caseload {noun}"
    return json.dumps(schema, indent=2) + "\n"


def _refusal(model: type[BaseModel], error: Any, noun: str, where: str, page: str) -> InputError:
    place = tuple(str(step) for step in error["loc"])
    at = f"{where}, key {'.'.join(place) or 'the whole'}"
    if error["type"] == "extra_forbidden":
        known = known_keys(model, error["loc"][:-1])
        near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.0)
        cure = f"did you mean {'.'.join((*place[:-1], *near))}? known here: {', '.join(known)}"
        return InputError(f"unknown key in the {noun}", where=at, cure=cure)
    if error["type"] == "missing":
        cure = f"add it; {page} says what it means"
        return InputError(f"a key is missing in the {noun}", where=at, cure=cure)
    message = PLAIN.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return InputError(f"a value of the {noun} cannot be", where=at, cure=f"change it: {message}")


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


def known_keys(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """Keys that the table at that place of such a file may hold."""
    part: Any = model
    inside = False  # a list or a table of names: the next step is a place in it
    for step in place:
        if inside:
            inside = False
            continue
        part, inside = _inner(_fields(part)[str(step)].annotation)
    return list(_fields(part))


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
