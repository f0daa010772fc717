"""What a refused load tells and leaves: what, where and the cure, no patient value, no file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from tests.command import Ran

Change = Callable[[bytes], bytes]
"""How the bytes of a sound file are broken."""


def refused(ran: Ran, hidden: tuple[str, ...] = ()) -> str:
    """The message of a command that refused: exit 2, nothing on standard output, no traceback.

    hidden  patient values of the input, none of which it may carry
    """
    assert ran.status == 2, ran.err
    assert ran.out == ""
    return _held(ran.err[ran.err.index("caseload: ") :], hidden)


def refused_load(name: str, source: Path, hidden: tuple[str, ...] = (), **options: Any) -> str:
    """The message of `ingest` of a source, as the command prints it; nothing appears beside it."""
    before = sorted(source.parent.iterdir())
    with pytest.raises(InputError) as fault:
        ingest(name, source, source.parent / "h", **options)
    assert sorted(source.parent.iterdir()) == before
    return _held(str(fault.value), hidden)


def swap(old: str, new: str, count: int = -1) -> Change:
    """Another text in place of one that must be there, the first `count` times."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), count)

    return change


def _held(message: str, hidden: tuple[str, ...]) -> str:
    assert "where:" in message
    assert "cure:" in message
    assert "Traceback" not in message
    assert not [value for value in hidden if value in message], message
    return message
