"""Fixtures shared by all tests: where third-party data lie, and at which size to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "caseload", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("caseload")

pytest_plugins = ["tests.ci_skips"]


@pytest.fixture(scope="session")
def third_party() -> Path:
    """Folder of third-party samples; the test is skipped where there is none."""
    folder = os.environ.get("CASELOAD_TEST_DATA")
    if not folder:
        pytest.skip("CASELOAD_TEST_DATA is not set: no third-party samples here")
    path = Path(folder).absolute()
    assert path.is_dir(), f"CASELOAD_TEST_DATA names no folder: {path}"
    return path


@pytest.fixture(scope="session")
def oracles(third_party: Path) -> Path:
    """Folder of published cases with their expected answers."""
    return third_party.parent / "reference" / "oracles"


@pytest.fixture(scope="session")
def full() -> bool:
    """True where the sizes that the requirements name are to be run."""
    return os.environ.get("CASELOAD_FULL") == "1"


LONG = ("test_docs_commands.py", "test_carriers_spark.py", "test_matrix_killed.py")
"""Files of tests that take tens of seconds each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, so that no worker is left with them at the end."""
    items.sort(key=lambda item: item.path.name not in LONG)
