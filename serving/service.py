"""The service as a process: an address of its own, a link and a token, and a calm end.

A busy port gives the next free one. The link signs in once; the token is for programs. It refuses
an address that this machine does not have.
"""

from __future__ import annotations

import errno
import logging
import socket
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from features.errors import InputError, NotFoundError
from serving.access import EHR, LEAD, Kind, Principal
from serving.app import Parts, create_app, parts_of
from serving.settings import Settings

TRIED = 100
"""So many ports after the one asked for are tried."""
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 names, not something we listen on
GRACE = 10
"""Seconds that requests in work have to end when the service is stopped."""


@dataclass(frozen=True)
class Service:
    """A service that holds its port and waits to run.

    address         where it listens, as a browser calls it
    link            signs in once
    token           for programs
    example_person  someone to try: first on the list, else of the History
    """

    app: FastAPI
    listening: socket.socket
    address: str
    link: str
    token: str
    example_person: str

    def run(self) -> None:
        """Serve until interrupted; requests in work are finished first."""
        logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO)
        for loud in ("uvicorn", "mlflow", "alembic"):
            logging.getLogger(loud).setLevel(logging.WARNING)
        config = uvicorn.Config(
            self.app, log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[self.listening])


def start(settings: Settings) -> Service:
    """A service for `settings`, listening but not answering yet. Raises InputError."""
    parts = parts_of(settings)
    person = _example(parts)
    _warm(parts, person)
    listening = listen(settings.host, settings.port)
    address = address_of(listening, settings.host)
    tokens = parts.store.tokens
    link = tokens.issue(Kind.LINK, Principal("programme lead", frozenset({LEAD})))
    return Service(
        create_app(settings, parts),
        listening,
        address,
        f"{address}/login?token={link}",
        tokens.issue(Kind.API, Principal("ehr", frozenset({EHR}))),
        person,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket listening at the first free port from `port` on (0: any)."""
    for candidate in range(port, min(port + TRIED, 65_536)):
        try:
            return socket.create_server(
                (host, candidate), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise InputError(
                    f"this machine cannot listen there ({error.strerror or type(error).__name__})",
                    where=f"CASELOAD_BIND {host}:{candidate}",
                    cure="give an address of this machine and a port you may use",
                ) from None
    raise InputError(
        f"every port from {port} on is busy",
        where=f"CASELOAD_BIND {host}:{port}",
        cure="give another port, or 0 for any free one",
    )


def address_of(listening: socket.socket, host: str) -> str:
    """The address that a browser on this machine calls."""
    named = "localhost" if host in WILDCARDS else host
    port = listening.getsockname()[1]
    return f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"


WHO = Principal("service", frozenset())


def _example(parts: Parts) -> str:
    """Someone to try the service with: first on the list where the History knows them."""
    at = parts.records.last_moment()
    try:
        listed = parts.store.latest(WHO, limit=1, without=parts.records.dead()).entries
        for entry in listed:
            parts.records.person(WHO, entry.person_id, at)
            return entry.person_id
    except NotFoundError:
        pass
    return parts.records.someone()


def _warm(parts: Parts, person: str) -> None:
    """Score once, so that compiled code is loaded before the first request waits for it."""
    at = parts.records.last_moment()
    parts.scorer.assess(parts.records.person(WHO, person, at), at)
