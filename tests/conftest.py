"""What all tests share: where third-party samples lie, and whether to run at full size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.ci_skips"]


@pytest.fixture(scope="session")
def third_party() -> Path:
    """Folder of third-party samples; skips where CASELOAD_TEST_DATA does not name one."""
    named = os.environ.get("CASELOAD_TEST_DATA")
    if not named:
        pytest.skip("CASELOAD_TEST_DATA is not set: no third-party samples here")
    folder = Path(named)
    assert folder.is_dir(), f"CASELOAD_TEST_DATA names no folder: {folder}"
    return folder


@pytest.fixture(scope="session")
def oracles(third_party: Path) -> Path:
    """Folder of published cases with their expected answers."""
    return third_party.parent / "reference" / "oracles"


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether to run at the sizes that the stated lines name (CASELOAD_FULL=1)."""
    return os.environ.get("CASELOAD_FULL") == "1"
