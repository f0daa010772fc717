"""What a reader is given: where the source is, and the mapping that says how to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from features.errors import InputError
from features.readers.files import existing

URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)
SECRET = re.compile(r"//.*@|[?#].*$", re.DOTALL)
MISWRITTEN = re.compile(r"^(postgres\w*:|.*\bpassword\s*=)", re.IGNORECASE | re.DOTALL)
"""A database named in another way than by URL, which may hold a password."""


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
    def scheme(self) -> str:
        """What a URL begins with, in small letters; empty for a path."""
        return self.place.partition("://")[0].lower() if self.is_url else ""

    @property
    def query(self) -> str:
        """What follows the question mark of a URL; one within a password is none."""
        rest = self.place.partition("://")[2]
        before_path = rest.partition("/")[0]
        after_user = rest.partition("@")[2] if "@" in before_path else rest
        return after_user.partition("?")[2]

    @property
    def path(self) -> Path:
        """The folder or file. Raises InputError where there is none, or for a URL."""
        if not self.is_url and MISWRITTEN.match(self.place):
            raise InputError(
                "a database is named by its URL",
                where=str(self),
                cure="write postgresql://USER:PASSWORD@HOST/DATABASE",
            )
        if self.is_url:
            raise InputError(
                "this reader reads files",
                where=str(self),
                cure="give the path of a folder or file; only omop reads a database by URL",
            )
        return existing(Path(self.place))

    def __str__(self) -> str:
        """The place as it may be printed: neither user, password nor query of a database."""
        if self.is_url:
            return SECRET.sub(_told, self.place)
        return "the source" if MISWRITTEN.match(self.place) else self.place


def _told(secret: re.Match[str]) -> str:
    return "//" if secret[0].startswith("//") else ""
