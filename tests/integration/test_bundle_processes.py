"""One recipe, one set of rows, one seed: one digest, whichever process makes the model."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import small_model
from tests.command import ROOT

pytestmark = pytest.mark.integration

MAKE = "from tests import small_model; print(small_model.bundle().digest)"


@pytest.mark.parametrize("hash_seed", ["1", "77"])
def test_another_process_makes_the_same_bytes(hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.strip() == small_model.bundle().digest
    assert done.stderr == ""
