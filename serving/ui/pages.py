"""Pages: signing in, the list, a person. Read only; what may be seen is the store's decision."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from features.errors import NotFoundError
from serving.access import LIFE, Kind, Principal
from serving.api.gate import COOKIE, principal
from serving.records import Records
from serving.scorer import Scorer
from serving.ui.present import (
    is_old,
    missing_words,
    outcome_words,
    row_view,
    run_view,
    sum_words,
    why_views,
)
from serving.ui.render import Renderer
from serving.worklist.store import Store

ROWS = 50
Who = Annotated[Principal, Depends(principal)]


def pages(store: Store, records: Records, scorer: Scorer, render: Renderer) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/login")
    def sign_in(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
        session = store.tokens.sign_in(token) if token else None
        if session is None:
            return signed_out(render)
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE, session, max_age=int(LIFE[Kind.SESSION].total_seconds()), httponly=True,
            samesite="lax", secure=request.url.scheme == "https",
        )  # fmt: skip
        return response

    @router.post("/logout")
    def sign_out(request: Request) -> Response:
        store.tokens.end(Kind.SESSION, request.cookies.get(COOKIE, ""))
        response = render.message("You are signed out", AGAIN, signed_in=False)
        response.delete_cookie(COOKIE)
        return response

    @router.get("/")
    def the_list(
        who: Who,
        practice: Annotated[str, Query(max_length=200)] = "",
        after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    ) -> Response:
        try:
            page = store.latest(
                who, practice=practice or None, after=after, limit=ROWS, without=records.dead()
            )
        except NotFoundError:
            return render.message("There is no list yet", "Make one with: caseload rank")
        return render.page(
            "list.html",
            {
                "run": run_view(page.run),
                "outcome": " or ".join(outcome_words(scorer.label(m)) for m in page.run.models),
                "old": is_old(page.run, records.last_moment()),
                "rows": [row_view(entry, scorer.label(entry.model)) for entry in page.entries],
                "practices": store.practices(who).items(),
                "practice": practice,
                "first": _address(practice, 0) if after else "",
                "next": "" if page.after is None else _address(practice, page.after),
            },
        )

    @router.get("/people/{person_id}")
    def the_person(who: Who, person_id: str) -> Response:
        try:
            if person_id in records.dead():
                raise NOT_HERE
            found = store.entry(who, person_id)
            entry = found.entries[0]
        except NotFoundError:
            return render.message("This person is not on the list", status=404)
        return render.page(
            "person.html",
            {
                "row": row_view(entry, scorer.label(entry.model)),
                "old": is_old(found.run, records.last_moment()),
                "why": why_views(entry.reasons),
                "sum_words": sum_words(entry),
                "missing": missing_words(entry.missing, scorer.words(entry.model)),
            },
        )

    return router


AGAIN = "To sign in again, open a new link. Whoever runs the service can print one."
NOT_HERE = NotFoundError("not on the list", where="worklist", cure="use a person of the list")


def signed_out(render: Renderer) -> Response:
    """The answer to a browser that is not signed in, or whose link is spent."""
    return render.message(
        "Please sign in",
        "This page needs a sign-in link. A link works once and for a few hours.",
        AGAIN,
        status=401,
        signed_in=False,
    )


def _address(practice: str, after: int) -> str:
    told = {name: v for name, v in (("practice", practice), ("after", after)) if v}
    return f"/?{urlencode(told)}" if told else "/"
