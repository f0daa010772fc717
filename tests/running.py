"""A service that runs while a test lasts: the real command in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.command import environment

URL = re.compile(r"^CASELOAD_URL=(\S+)$", re.MULTILINE)
PATIENCE = 400
"""Seconds until a command that does not print its link is given up."""


@dataclass(frozen=True)
class Running:
    """A service: what it printed up to its link, the link, and its process."""

    printed: str
    link: str
    process: subprocess.Popen[str]
    errors: Path

    @property
    def address(self) -> str:
        return self.link.split("/login")[0]

    @property
    def token(self) -> str:
        found = re.search(r"(?:Bearer |: )([\w-]{43})\b", self.printed)
        assert found, "no token was printed"
        return found[1]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def stop(self) -> int:
        """Interrupt it as Ctrl-C does; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@contextmanager
def running(
    *arguments: object, folder: Path, also: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run `caseload ARGUMENTS` in `folder` until the block ends; it must print a link."""
    errors = folder / f"errors-{arguments[0]}.txt"
    with errors.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "caseload", *map(str, arguments)],
            cwd=folder, env=environment(folder) | dict(also or {}),
            stdout=subprocess.PIPE, stderr=stream, text=True,
        )  # fmt: skip
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if URL.match(line):
                break
        found = URL.search(printed)
        assert found, f"no link was printed\n{printed}\n{errors.read_text(encoding='utf-8')}"
        yield Running(printed, found[1], process, errors)
    finally:
        watch.cancel()
        process.kill()
        process.communicate()
    report = folder / "called-out.txt"
    assert not report.exists(), f"called beyond loopback: {report.read_text(encoding='utf-8')}"
