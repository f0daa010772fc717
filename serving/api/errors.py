"""Every error of the HTTP interface as RFC 9457 problem details, and none with a value in it.

A fault of the request says what, where and the cure. A validation error names fields and rules but
never what was sent, not even an unknown field's name, for either may be a patient's. A fault of
ours says nothing but that it happened; the log says in which line, without the message.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from features.errors import CaseloadError, InputError, NotFoundError

log = logging.getLogger("caseload.service")

PROBLEM = "application/problem+json"


class Fault(BaseModel):
    """One fault of a request's body or address."""

    where: str = Field(description="The field at fault; a name that is none of ours reads `?`.")
    what: str = Field(description="The rule that was broken.")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: Literal["about:blank"] = "about:blank"
    title: str = Field(description="The fault, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str | None = Field(default=None, description="Where, and the cure.")
    errors: list[Fault] | None = Field(default=None, description="Faults of single fields.")


def problem(
    status: int,
    title: str | None = None,
    detail: str | None = None,
    *,
    errors: Sequence[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as a response; without a title it is the status's own phrase."""
    body = Problem(
        title=title or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=None if errors is None else list(errors),
    )
    return JSONResponse(
        body.model_dump(exclude_none=True), status, headers=headers, media_type=PROBLEM
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer, for its OpenAPI; every route may answer 401, 500 and 503."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": schema}}}
        for status in sorted({401, 500, 503, *statuses})
    }


def of(error: Exception) -> JSONResponse:
    """The problem that answers an error, ours or not."""
    if isinstance(error, NotFoundError):
        return problem(404, error.what, error.cure)
    if isinstance(error, InputError):
        return problem(422, error.what, f"{error.where}: {error.cure}")
    if isinstance(error, SQLAlchemyError):
        log.error("store away: %s at %s", type(error).__name__, _place(error))
        return problem(503, "the store cannot be reached", headers={"Retry-After": "5"})
    log.error("fault of ours: %s at %s", type(error).__name__, _place(error))
    return problem(500, "something went wrong on our side")


def handle(app: FastAPI, known: Collection[str]) -> None:
    """Answer every error of `app` as a problem; `known` are the field names it may repeat."""

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, "the request is not valid", errors=faults(error.errors(), known))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, headers=error.headers)

    @app.exception_handler(CaseloadError)
    async def _ours(_request: Request, error: CaseloadError) -> JSONResponse:
        return of(error)


def faults(errors: Sequence[Any], known: Collection[str]) -> list[Fault]:
    """Validation errors without what was sent."""
    return [
        Fault(
            where=".".join(_step(step, known) for step in error["loc"]),
            what="unknown field"
            if error["type"] == "extra_forbidden"
            else error["msg"].removeprefix("Value error, "),
        )
        for error in errors[:50]
    ]


def _step(step: str | int, known: Collection[str]) -> str:
    return str(step) if isinstance(step, int) or step in known else "?"


def _place(error: Exception) -> str:
    """File and line an error came from; its message stays out, it may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
