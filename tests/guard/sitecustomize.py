"""Put on PYTHONPATH by tests: whatever calls beyond loopback raises and is written down."""

import os
import socket
from pathlib import Path

LOOPBACK = ("127.", "::1", "localhost")
REPORT = os.environ.get("CASELOAD_GUARD_REPORT")


def _refuse(what: str, host: object) -> None:
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(f"{what} {host}\n")
    raise OSError(f"not loopback: {what} {host}")


def _allowed(host: object) -> bool:
    return host is None or str(host) in ("", "0.0.0.0") or str(host).startswith(LOOPBACK)


class GuardedSocket(socket.socket):
    def connect(self, address):  # type: ignore[no-untyped-def]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _allowed(address[0]):
            _refuse("connect", address[0])
        return super().connect(address)

    def connect_ex(self, address):  # type: ignore[no-untyped-def]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _allowed(address[0]):
            _refuse("connect", address[0])
        return super().connect_ex(address)


_look_up = socket.getaddrinfo


def _guarded_look_up(host, *args, **kwargs):  # type: ignore[no-untyped-def]
    if not _allowed(host.decode() if isinstance(host, bytes) else host):
        _refuse("look-up", host)
    return _look_up(host, *args, **kwargs)


socket.socket = GuardedSocket  # type: ignore[misc]
socket.getaddrinfo = _guarded_look_up
