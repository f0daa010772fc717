"""The HTTP interface over loopback: shapes, closed doors, problems without values."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from features.tables.history import History, HistoryWriter
from features.tables.schema import TABLES
from serving.access import COMMAND_LINE, EHR, LEAD, Kind, Principal
from serving.api.gate import MOST_BYTES, OPEN
from serving.app import Parts, create_app
from serving.batch import rank
from serving.records import Records
from serving.rules import Rules
from serving.settings import Settings
from serving.worklist.store import Store
from tests.served import World, answering, world

pytestmark = pytest.mark.integration

KNOWN = ("model", "version", "index_at", "status", "risk", "percentile", "base", "reasons")
OWN = {
    "person": [{"person_id": "own-person-77", "birth_date": "1941-07-19", "sex": "female"}],
    "coverage": [{"from_at": "2015-01-01", "known_at": "2015-01-01", "kind": "all"}],
}

PERSON = OWN["person"][0]
DEAD = {"person": [PERSON | {"death_date": "2029-02-03", "death_known": "2029-02-04"}]}
UNBORN = {"person": [DEAD["person"][0] | {"birth_date": "2030-01-01"}]}


@dataclass(frozen=True)
class Service:
    """A running application, a client with a token for everything, and what it was made of."""

    app: FastAPI
    client: httpx.Client
    store: Store
    here: World
    history: Path

    def as_practice(self, practice: str) -> dict[str, str]:
        who = Principal("one practice", frozenset({LEAD}), frozenset({practice}))
        return {"Authorization": f"Bearer {self.store.tokens.issue(Kind.API, who)}"}

    def risk(self, **body: object) -> httpx.Response:
        return self.client.post("/v1/risk", json=body)

    def listed(self, **query: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/v1/worklists/latest", params=query).json()  # type: ignore[arg-type]
        return answer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    here = world(folder)
    store = Store(f"sqlite:///{folder}/caseload.db")
    ranked = rank(here.history, here.models["complexity"], here.as_of, rules=Rules())
    store.save(COMMAND_LINE, ranked.run, ranked.entries)
    parts = Parts(here.scorer, Records(folder / "history"), store)
    app = create_app(Settings.from_env({}), parts)
    token = store.tokens.issue(Kind.API, Principal("test", frozenset({EHR})))
    bearer = {"Authorization": f"Bearer {token}"}
    with (
        answering(app) as address,
        httpx.Client(base_url=address, headers=bearer, timeout=60) as client,
    ):
        yield Service(app, client, store, here, folder / "history")


def addresses(routes: Iterable[object]) -> Iterator[tuple[str, str]]:
    """(method, address) of every route, those of included routers too; a mount by a file below."""
    for route in routes:
        if isinstance(route, Route | APIRoute):
            path = route.path.replace("{name}", "complexity").replace("{person_id}", "x")
            yield from ((method, path) for method in route.methods or ())
        elif isinstance(route, Mount):
            yield "GET", f"{route.path}/swagger-ui.css"
        else:
            yield from addresses(route.original_router.routes)  # type: ignore[attr-defined]


def test_risk_of_someone_known_has_the_shape_of_the_contract(service: Service) -> None:
    person = service.listed(limit=1)["entries"][0]
    answer = service.risk(person_id=person["person_id"], models=["complexity"]).json()
    assert list(answer) == ["person_id", "as_of", "results"]
    assert (answer["person_id"], answer["as_of"]) == (person["person_id"], "2025-01-01")
    result = answer["results"][0]
    assert list(result) == [*KNOWN, "completeness"]
    assert list(result["completeness"]) == ["share", "missing"]
    assert set(result["reasons"][0]) == {
        "domain", "contribution", "text", "patient_text", "modifiable",
    }  # fmt: skip
    for name in ("risk", "percentile", "base", "reasons"):
        assert result[name] == person[name], "the list and the single score are the same bits"


def test_someones_own_tables_are_scored_and_kept_nowhere(service: Service) -> None:
    answer = service.risk(person=OWN, as_of="2025-01-01").json()
    told = {result["model"]: result for result in answer["results"]}
    assert told["complexity"]["status"] == "scored"
    assert 0 < told["complexity"]["risk"] < 1
    assert (told["readmission"]["status"], told["readmission"]["index_at"]) == (
        "insufficient", None,
    )  # fmt: skip
    assert service.risk(person_id="own-person-77").status_code == 404


def test_own_tables_of_a_person_give_the_score_of_the_person(service: Service) -> None:
    person = service.listed(limit=1)["entries"][0]["person_id"]
    tables = {n: rows.to_pylist() for n, rows in service.here.history.person(person).items()}
    body = json.loads(json.dumps(tables, default=lambda at: at.isoformat()))
    told = service.risk(person=body, as_of="2025-01-01").json()
    assert told == service.risk(person_id=person).json()


def test_worklist_pages_hold_every_row_once(service: Service) -> None:
    first = service.listed(limit=40)
    assert {"as_of", "models", "scored", "eligible", "cut", "places", "invited"} <= set(first)
    seen, after = [], 0
    while after is not None:
        page = service.listed(limit=40, after=after)
        seen += [entry["person_id"] for entry in page["entries"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) > 80
    practice = first["entries"][0]["practice_id"]
    assert {e["practice_id"] for e in service.listed(practice=practice)["entries"]} == {practice}
    assert service.client.get("/v1/worklists/latest?lane=none").status_code == 404


def test_nothing_but_the_open_addresses_answers_without_a_token(service: Service) -> None:
    every = list(addresses(service.app.routes))
    assert len(every) >= 12
    for headers in ({}, {"Authorization": "Bearer no"}, {"Cookie": "caseload_session=no"}):
        for method, path in every:
            answer = httpx.request(method, f"{service.client.base_url}{path}", headers=headers)
            if path in OPEN - {"/login"}:
                assert answer.status_code == 200, path
            else:
                assert answer.status_code == 401, path
    assert httpx.get(f"{service.client.base_url}/v1/no/such/route").status_code == 401


def test_another_practice_is_as_if_it_were_not_there(service: Service) -> None:
    entries = service.listed(limit=200)["entries"]
    practice = entries[0]["practice_id"]
    other = next(entry for entry in entries if entry["practice_id"] != practice)
    mine = service.as_practice(practice)
    page = service.client.get("/v1/worklists/latest?limit=500", headers=mine).json()
    assert {entry["practice_id"] for entry in page["entries"]} == {practice}
    hidden = service.client.post("/v1/risk", headers=mine, json={"person_id": other["person_id"]})
    nobody = service.client.post("/v1/risk", headers=mine, json={"person_id": "nobody"})
    assert (hidden.status_code, hidden.text) == (404, nobody.text)
    page = service.client.get(f"/people/{other['person_id']}", headers=mine)
    assert page.status_code == 404
    assert other["person_id"] not in page.text
    assert other["practice_id"] not in service.client.get("/", headers=mine).text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"person_id": "x", "bundle": {}}, 422),
        ({"person_id": "secret-id"}, 404),
        ({"person_id": "x", "models": ["secret-model"]}, 404),
        ({"person_id": "x", "secret-field": 1}, 422),
        ({"bundle": {"secret": 1}}, 422),
        ({"person": OWN}, 422),
        ({"person": OWN, "as_of": "secret-day"}, 422),
        ({"person": OWN, "as_of": "0001-01-01"}, 422),
        ({"person": OWN, "as_of": "9999-12-31"}, 422),
        ({"person": OWN | {"secret": []}, "as_of": "2025-01-01"}, 422),
        ({"person": OWN | {"person": []}, "as_of": "2025-01-01"}, 422),
        ({"person": OWN | {"visit": [{"at": "secret"}]}, "as_of": "2025-01-01"}, 422),
        ({"person": OWN | DEAD, "as_of": "2025-01-01"}, 422),
        ({"person": OWN | UNBORN, "as_of": "2025-01-01"}, 422),
    ],
)  # fmt: skip
def test_a_fault_of_the_request_is_a_problem_without_a_value(
    service: Service, body: dict[str, object], status: int
) -> None:
    if status == 404 and "models" in body:
        body = body | {"person_id": service.listed(limit=1)["entries"][0]["person_id"]}
    answer = service.client.post("/v1/risk", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["type"]) == (status, "about:blank")
    assert told["title"]
    for value in ("secret", "own-person-77", "1941", "2029", "0001", "9999"):
        assert value not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"person_id": NaN}'])
def test_a_body_that_is_none_is_a_problem(service: Service, content: bytes) -> None:
    answer = service.client.post(
        "/v1/risk", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_refused_stated_or_streamed(service: Service) -> None:
    large = b'{"person_id": "' + b"x" * MOST_BYTES + b'"}'
    kind = {"Content-Type": "application/json"}
    stated = service.client.post("/v1/risk", content=large, headers=kind)
    parts = (large[start : start + 2**20] for start in range(0, len(large), 2**20))
    streamed = service.client.post("/v1/risk", content=parts, headers=kind)
    assert (stated.status_code, streamed.status_code) == (413, 413)
    assert stated.headers["content-type"] == "application/problem+json"


def test_metrics_and_log_name_routes_and_no_person(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    person = service.listed(limit=1)["entries"][0]["person_id"]
    with caplog.at_level(logging.INFO):
        service.client.get(f"/people/{person}?x=hidden")
        service.risk(person_id=person)
        metrics = service.client.get("/metrics").text
    logged = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("caseload"))
    assert 'route="/people/{person_id}"' in metrics
    assert 'caseload_scores_total{model="complexity"' in metrics
    assert "/people/{person_id}" in logged
    for text in (metrics, logged):
        assert person not in text
        assert "hidden" not in text


def test_the_description_is_whole(service: Service) -> None:
    told = service.client.get("/openapi.json").json()
    text = json.dumps(told)
    assert "HTTPValidationError" not in text, "no route answers FastAPI's own shape of fault"
    schemas = told["components"]["schemas"]
    for part in text.split("#/components/schemas/")[1:]:
        assert part.split('"')[0] in schemas
    assert {"/v1/risk", "/v1/worklists/latest", "/v1/models/{name}", "/healthz", "/readyz",
            "/metrics"} == set(told["paths"])  # fmt: skip
    for path, methods in told["paths"].items():
        for operation in methods.values():
            closed = path not in OPEN
            assert bool(operation.get("security")) == closed, path
    assert set(schemas["PersonTables"]["properties"]) == set(TABLES)


def test_pages_let_nothing_in_from_elsewhere(service: Service) -> None:
    for path in ("/", "/docs", "/v1/worklists/latest"):
        headers = service.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_a_death_that_arrives_takes_effect_with_the_next_request(service: Service) -> None:
    first, second = (entry["person_id"] for entry in service.listed(limit=2)["entries"])
    kept = service.history.with_name("kept")
    shutil.copytree(service.history, kept)
    _replace(service.history, dead=first)
    try:
        assert [e["person_id"] for e in service.listed(limit=1)["entries"]] == [second]
        assert first not in service.client.get("/").text
        assert service.client.get(f"/people/{first}").status_code == 404
        assert service.risk(person_id=first).status_code == 404
        assert service.risk(person_id=second).status_code == 200
        assert service.client.get("/readyz").json()["ready"]
    finally:
        _replace(service.history, dead="")


def _replace(folder: Path, *, dead: str) -> None:
    """Write the History anew, one person having died on its last day (or nobody more)."""
    before = History.open(folder.with_name("kept"))
    died = datetime.combine(before.manifest.last, datetime.min.time())
    with HistoryWriter(
        folder, source="tests", buckets=before.buckets, precision=before.manifest.precision,
        delays=before.manifest.delays, last=before.manifest.last,
        last_known=before.manifest.last_known,
    ) as writer:  # fmt: skip
        for number in range(before.buckets):
            tables = dict(before.bucket(number))
            rows = [
                row | ({"death_date": died.date(), "death_known": died}
                       if row["person_id"] == dead else {})
                for row in tables["person"].to_pylist()
            ]  # fmt: skip
            tables["person"] = pa.Table.from_pylist(rows, TABLES["person"].schema)
            writer.write(number, tables)
