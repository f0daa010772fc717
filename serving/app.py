"""The service put together: parts made from settings, and the application made from parts.

The only place of the service where things are made; routes get what they need as arguments. From
outside in a request passes: what is seen of it, the gate, the limit of its size, its route.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from serving.api.docs import docs
from serving.api.errors import Fault, Problem, handle, problem
from serving.api.gate import CLOSED, MOST_BYTES, Gate, Limit
from serving.api.health import health
from serving.api.models import models
from serving.api.observe import Metrics, Observe
from serving.api.risk import REQUEST_FIELDS, risk
from serving.api.worklists import worklists
from serving.records import Records
from serving.registry import champions
from serving.scorer import Scorer
from serving.settings import Settings
from serving.ui.pages import pages, signed_out
from serving.ui.render import Renderer
from serving.worklist.store import Store

QUERY_FIELDS = frozenset({"query", "path", "name", "lane", "practice", "after", "limit", "token"})
REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True)
class Parts:
    """What the service works with."""

    scorer: Scorer
    records: Records
    store: Store


def parts_of(settings: Settings) -> Parts:
    """The parts that `settings` name: champions of the registry, the History, the store.

    Raises InputError where one of them is not there.
    """
    records = Records(settings.needed_history())
    scorer = Scorer(champions(settings.tracking_uri))
    return Parts(scorer, records, Store(settings.store_url))


def create_app(settings: Settings, parts: Parts | None = None) -> FastAPI:
    """The application; its parts are made from `settings` unless they are given."""
    parts = parts or parts_of(settings)
    metrics, render = Metrics(), Renderer()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        parts.store.close()

    app = FastAPI(
        title="Caseload",
        version=version("caseload"),
        summary="Risks with their reasons, and the list of whom to offer the next free places.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    handle(app, REQUEST_FIELDS | QUERY_FIELDS)
    app.include_router(health(parts.scorer, parts.records, parts.store, metrics))
    for closed in (
        risk(parts.scorer, parts.records, metrics),
        worklists(parts.store, parts.records),
        models(parts.scorer),
    ):
        app.include_router(closed, dependencies=CLOSED)
    app.include_router(pages(parts.store, parts.records, parts.scorer, render))
    docs(app)
    _describe(app)

    def refuse(request: Request) -> Response:
        return _refusal(request, render)

    app.add_middleware(Limit, most=MOST_BYTES)
    app.add_middleware(Gate, tokens=parts.store.tokens, refuse=refuse)
    app.add_middleware(Observe, metrics=metrics)
    return app


def _refusal(request: Request, render: Renderer) -> Response:
    """401 as a page to a browser that opens an address, as a problem to everyone else."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return signed_out(render)
    return problem(
        401,
        "a token is needed",
        "send the header Authorization: Bearer TOKEN, or sign in with a link",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _describe(app: FastAPI) -> None:
    """Put the shape of problems, which routes refer to by name, into the OpenAPI description."""
    made = app.openapi

    def described() -> dict[str, Any]:
        told = made()
        schemas = told["components"]["schemas"]
        for model in (Problem, Fault):
            shape = model.model_json_schema(ref_template=REFERENCE)
            shape.pop("$defs", None)
            schemas.setdefault(model.__name__, shape)
        return told

    app.openapi = described  # type: ignore[method-assign]
