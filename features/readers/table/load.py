"""Finds a mapping and reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features import tomlfile
from features.errors import NotFoundError
from features.readers.table.mapping import MappingFile, MappingHead

SHIPPED = Path(__file__).parents[1] / "mappings"
SCHEMA = SHIPPED / "mapping.schema.json"
PAGE = "docs/reference/mapping.md"


def load_mapping(name_or_path: str | Path) -> MappingHead:
    """A shipped mapping by name, or the TOML file at a path.

    Raises NotFoundError where there is none, InputError naming file and key where it is wrong.
    """
    raw, _ = tomlfile.read_toml(_find(name_or_path), "mapping")
    return mapping_of(raw, str(name_or_path))


def mapping_of(raw: dict[str, Any], where: str = "mapping") -> MappingHead:
    """The mapping of parsed TOML. Raises InputError naming the first key at fault."""
    return tomlfile.held(MappingFile, raw, "mapping", where, PAGE)


def schema_json() -> str:
    """The JSON Schema of mappings as `mappings/mapping.schema.json` holds it."""
    return tomlfile.schema_json(MappingFile, "mapping")


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
