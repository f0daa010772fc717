"""The one door: nothing but the open addresses answers without a secret, whatever the route.

It stands before routing, so a new route is closed until someone opens it. A secret comes as
`Authorization: Bearer` or as the session cookie, never in the query. A body larger than the limit
is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access import Kind, Principal
from serving.api.errors import problem
from serving.worklist.tokens import Tokens

OPEN = frozenset({"/healthz", "/readyz", "/login"})
"""Addresses that answer without a secret. /login takes a link instead."""
COOKIE = "caseload_session"
MOST_BYTES = 8 * 1024 * 1024
SCHEMES = (
    HTTPBearer(auto_error=False, description="A token, as printed when the service starts."),
    APIKeyCookie(name=COOKIE, auto_error=False, description="The session of a signed-in browser."),
)
CLOSED = [Depends(scheme) for scheme in SCHEMES]
"""How a secret comes, for the OpenAPI description of a route; the gate itself checks it."""

Refuse = Callable[[Request], Response]


def principal(request: Request) -> Principal:
    """Who asks, as the gate found."""
    who: Principal = request.scope["principal"]
    return who


class Gate:
    """Lets a request through with its principal, or answers 401 as `refuse` says."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, refuse: Refuse) -> None:
        self.app, self._tokens, self._refuse = app, tokens, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        who = await to_thread.run_sync(self._who, HTTPConnection(scope))
        if who is None:
            await self._refuse(Request(scope))(scope, receive, send)
            return
        scope["principal"] = who
        await self.app(scope, receive, send)

    def _who(self, connection: HTTPConnection) -> Principal | None:
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            bearer = scheme.lower() == "bearer"
            return self._tokens.holder(Kind.API, secret.strip()) if bearer else None
        cookie = connection.cookies.get(COOKIE)
        return self._tokens.holder(Kind.SESSION, cookie) if cookie else None


class TooLargeError(HTTPException):
    """A body went over the limit while it was read; HTTP's own, so that no layer hides it."""

    def __init__(self) -> None:
        super().__init__(413)


class Limit:
    """Answers 413 to a body over `most` bytes, stated or streamed."""

    def __init__(self, app: ASGIApp, *, most: int = MOST_BYTES) -> None:
        self.app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        if stated.isdecimal() and int(stated) > self._most:
            await self._refusal()(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise TooLargeError
            return message

        try:
            await self.app(scope, counted, send)
        except TooLargeError:
            await self._refusal()(scope, receive, send)

    def _refusal(self) -> Response:
        return problem(
            413, "the body is too large", f"send at most {self._most // 1024 // 1024} MiB"
        )
