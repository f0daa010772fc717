"""GET /v1/models/{name}: which version answers, and its card."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from serving.api.errors import responses
from serving.scorer import Scorer


class ModelOut(BaseModel):
    name: str
    version: str
    digest: str = Field(description="sha256 of the bundle.")
    card: dict[str, object] = Field(description="The model's card.")


def models(scorer: Scorer) -> APIRouter:
    """The route of models."""
    router = APIRouter(prefix="/v1/models", tags=["models"])

    @router.get(
        "/{name}", response_model=ModelOut, responses=responses(404, 422), summary="A model's card"
    )
    def model(name: str) -> dict[str, object]:
        served = scorer.served(name)
        return {
            "name": served.name,
            "version": served.version,
            "digest": served.bundle.digest,
            "card": served.bundle.card,
        }

    return router
