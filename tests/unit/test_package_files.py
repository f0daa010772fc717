"""What is installed: every file of the packages that is not Python is shipped beside them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.command import ROOT

pytestmark = pytest.mark.unit

FLOORS = ("features", "models", "training", "serving")
MADE = {".pyc", ".nbi", ".nbc"}
SHIPPED = """
import json
from setuptools import Distribution
built = Distribution()
built.parse_config_files()
built.include_package_data = False  # would write into the checkout, and adds nothing to the table
build = built.get_command_obj("build_py")
build.ensure_finalized()
print(json.dumps([f"{folder}/{name}" for _, folder, _, own in build.data_files for name in own]))
"""


def test_every_file_that_is_read_is_shipped() -> None:
    """Asked of setuptools in a process of its own, since it changes what `distutils` is."""
    asked = subprocess.run(
        [sys.executable, "-c", SHIPPED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shipped = set(json.loads(asked.stdout))
    kept = [path for floor in FLOORS for path in (ROOT / floor).rglob("*") if path.is_file()]
    data = {str(p.relative_to(ROOT)) for p in kept if p.suffix not in MADE | {".py"}}
    assert data, "the code sets alone are twenty"
    assert data - shipped == set()
