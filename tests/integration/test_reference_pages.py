"""docs/reference/ says what the code says: regenerating it changes nothing."""

from __future__ import annotations

import importlib.util

import pytest

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
