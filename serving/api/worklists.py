"""GET /v1/worklists/latest: the newest list, a page at a time, of the people the caller may see."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from serving.access import Principal
from serving.api.errors import responses
from serving.api.gate import principal
from serving.api.risk import CompletenessOut, ReasonOut
from serving.records import Records
from serving.worklist.domain import Entry, Page
from serving.worklist.export import moment
from serving.worklist.store import MOST, Store

Who = Annotated[Principal, Depends(principal)]


class CutOut(BaseModel):
    value: float | None = Field(description="Risk at or above which a person is eligible.")
    count: int = Field(description="People of eligible age it was taken over.")


class EntryOut(BaseModel):
    rank: int | None = Field(description="Place by risk; null for people to review.")
    person_id: str
    lane: str
    practice_id: str | None
    locality: str | None
    nurse_id: str | None = Field(description="Who invites; null where nobody does yet.")
    action: Literal["invite", "wait", "review"]
    model: str
    model_version: str
    index_at: str
    risk: float | None
    percentile: float | None
    base: float | None
    reasons: list[ReasonOut]
    completeness: CompletenessOut
    flags: list[str]


class WorklistOut(BaseModel):
    as_of: str
    lane: str
    models: dict[str, str] = Field(description="Version of each model, by name.")
    scored: int
    eligible: int
    cut: CutOut
    places: int = Field(description="Free places.")
    invited: int
    overfill_chance: float = Field(
        description="Largest chance, over nurses, that more people accept than it has places."
    )
    entries: list[EntryOut]
    next: int | None = Field(description="Give this as `after` for the next page; null: the end.")


def worklists(store: Store, records: Records) -> APIRouter:
    """The route of lists."""
    router = APIRouter(prefix="/v1/worklists", tags=["worklists"])

    @router.get(
        "/latest", response_model=WorklistOut, responses=responses(404, 422), summary="The list"
    )
    def latest(
        who: Who,
        lane: Annotated[str | None, Query(max_length=200)] = None,
        practice: Annotated[str | None, Query(max_length=200)] = None,
        after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> dict[str, object]:
        found = store.latest(
            who, lane=lane, practice=practice, after=after, limit=limit, without=records.dead()
        )
        return _told(found)

    return router


def _told(page: Page) -> dict[str, object]:
    run = page.run
    return {
        "as_of": moment(run.as_of),
        "lane": run.lane,
        "models": run.models,
        "scored": run.scored,
        "eligible": run.eligible,
        "cut": {"value": run.cut_value, "count": run.cut_count},
        "places": run.places,
        "invited": run.invited,
        "overfill_chance": run.overfill_chance,
        "entries": [_entry(entry) for entry in page.entries],
        "next": page.after,
    }


def _entry(entry: Entry) -> dict[str, object]:
    told = {name: getattr(entry, name) for name in EntryOut.model_fields if hasattr(entry, name)}
    return told | {
        "index_at": moment(entry.index_at),
        "reasons": [vars(why) for why in entry.reasons],
        "completeness": {"share": entry.completeness, "missing": list(entry.missing)},
        "flags": list(entry.flags),
    }
