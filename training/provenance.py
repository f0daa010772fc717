"""Which code and packages a model was made with. No host, no user, no path."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "caseload", "lightgbm", "scikit-learn", "numpy", "scipy", "pyarrow", "numba", "pandas",
    "mlflow",
)  # fmt: skip
ROOT = Path(__file__).parent.parent


def versions() -> dict[str, str]:
    """Version of Python and of each package that takes part."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def commit() -> str | None:
    """The commit this code is at, with "-dirty" where it was changed; None outside git."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    words = [git, "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
