"""Whether the service lives, whether it can work, and its counts."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from serving.api.errors import responses
from serving.api.gate import CLOSED
from serving.api.observe import Metrics
from serving.records import Records
from serving.scorer import Scorer
from serving.worklist.store import Store


class Alive(BaseModel):
    status: str = "ok"


class Ready(BaseModel):
    ready: bool
    models: bool
    history: bool
    store: bool


def health(scorer: Scorer, records: Records, store: Store, metrics: Metrics) -> APIRouter:
    """The routes of health."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Is it alive?")
    def healthz() -> Alive:
        return Alive()

    @router.get("/readyz", summary="Can it work?", responses={503: {"model": Ready}})
    def readyz(response: Response) -> Ready:
        parts = {
            "models": bool(scorer.names),
            "history": records.usable(),
            "store": store.usable(),
        }
        ready = Ready(ready=all(parts.values()), **parts)
        response.status_code = 200 if ready.ready else 503
        return ready

    @router.get(
        "/metrics",
        summary="Counts for Prometheus",
        response_class=PlainTextResponse,
        responses=responses(),
        dependencies=CLOSED,
    )
    def counts() -> Response:
        return metrics.response()

    return router
