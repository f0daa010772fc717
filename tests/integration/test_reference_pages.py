"""docs/reference/ says what the code says: regenerating it changes nothing."""

from __future__ import annotations

import importlib.util

import pytest

import caseload
from features.readers.register import READERS
from features.readers.table.load import shipped
from tests.command import ROOT

pytestmark = pytest.mark.integration


def test_reference_pages_are_current() -> None:
    spec = importlib.util.spec_from_file_location("pages", ROOT / ".ci" / "write_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.pages().items():
        written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert written == text(), f"docs/reference/{name} is out of date: run `make docs`"


def test_the_command_line_names_every_reader_and_every_shipped_mapping() -> None:
    """It names them by hand, since it imports a part only when it runs."""
    ingest = next(one for one in caseload.COMMANDS if one.name == "ingest")
    said = {argument.flags[0]: str(argument.options["help"]) for argument in ingest.arguments}
    assert said["--from"].replace(" or ", ", ").split(", ") == list(READERS)
    assert said["--mapping"].endswith(": a TOML file, or " + "{}, {} or {}".format(*shipped()))
