"""Runs the real command line in a folder of its own: in a process of its own, or in this one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import caseload as program

GUARD = Path(__file__).parent / "guard"
ROOT = Path(__file__).parent.parent
OURS = (
    "CASELOAD_HISTORY", "CASELOAD_STORE_URL", "CASELOAD_BIND", "MLFLOW_TRACKING_URI",
    "CASELOAD_CROSSWALKS",
)  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What a finished command left: exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, object]:
        """Standard output as the one JSON object it must be."""
        parsed = json.loads(self.out)
        assert isinstance(parsed, dict)
        return parsed


def environment(folder: Path) -> dict[str, str]:
    """The caller's environment without our settings, with sockets limited to loopback."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    path = os.pathsep.join(filter(None, (str(GUARD), kept.get("PYTHONPATH", ""))))
    return kept | {"PYTHONPATH": path, "CASELOAD_GUARD_REPORT": str(folder / "called-out.txt")}


def caseload(
    *arguments: object,
    folder: Path,
    timeout: float = 580,
    also: Mapping[str, str] | None = None,
) -> Ran:
    """Run `caseload ARGUMENTS` in `folder`; anything that called beyond loopback fails the test.

    also  settings to run it with
    """
    command = [sys.executable, "-m", "caseload", *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder) | dict(also or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    report = folder / "called-out.txt"
    assert not report.exists(), f"called beyond loopback: {report.read_text()}"
    return Ran(done.returncode, done.stdout, done.stderr)


def caseload_here(*arguments: object, folder: Path, also: Mapping[str, str] | None = None) -> Ran:
    """The same without a process: for the many cases of what one process has shown once."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in OURS:
            patch.delenv(name, raising=False)
        for name, value in (also or {}).items():
            patch.setenv(name, value)
        patch.chdir(folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = program.main([str(argument) for argument in arguments])
    return Ran(status, out.getvalue(), err.getvalue())
