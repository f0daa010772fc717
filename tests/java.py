"""Whether Spark can run here: `make system` installs a Java runtime, `make test` alone does not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def skip_without_java() -> None:
    """Skips the test where no Java runtime is to be found."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which(Path(home) / "bin" / "java" if home else "java") is None:
        pytest.skip("no Java runtime here: make system")
