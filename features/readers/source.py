"""What a reader is given: where the source is, and the mapping that says how to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from features.errors import InputError
from features.readers.files import existing

URL = re.compile(r"^[a-z][a-z0-9+.-]+://")
SECRET = re.compile(r"//.*@|[?#].*$", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """A source as the user named it.

    place    a path, or the URL of a database
    mapping  file that says which column is what; None: none was given
    """

    place: str
    mapping: Path | None = None

    @property
    def is_url(self) -> bool:
        return URL.match(self.place) is not None

    @property
    def path(self) -> Path:
        """The folder or file. Raises InputError where there is none, or for a URL."""
        if self.is_url:
            raise InputError(
                "this reader reads files",
                where=str(self),
                cure="give the path of a folder or file; only omop reads a database by URL",
            )
        return existing(Path(self.place))

    def __str__(self) -> str:
        """The place as it may be printed: of a URL neither user, password nor query."""
        return SECRET.sub(_told, self.place) if self.is_url else self.place


def _told(secret: re.Match[str]) -> str:
    return "//" if secret[0].startswith("//") else ""
