"""The demo as a newcomer runs it, sockets limited to loopback: list, link, page, API, and again."""

from __future__ import annotations

import csv
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.ui.present import percent
from tests.command import Ran, caseload
from tests.running import Running, running

pytestmark = pytest.mark.integration

PEOPLE = 2000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(place: Path) -> Iterator[Running]:
    """The demo in serve mode, asked for a port that is taken."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running("demo", "--people", PEOPLE, "--port", taken.getsockname()[1], folder=place) as it,
    ):
        assert not it.address.endswith(f":{taken.getsockname()[1]}"), "that port was taken"
        yield it


@pytest.fixture(scope="module")
def again(place: Path, demo: Running) -> Ran:
    """A second demo beside the first one, which still runs."""
    return caseload("demo", "--people", PEOPLE, "--no-serve", folder=place)


def ranked(place: Path) -> list[dict[str, str]]:
    with (place / "var/demo/list.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_prints_a_ranked_list_with_reasons_and_three_things_to_try(
    demo: Running, place: Path
) -> None:
    first = ranked(place)[0]
    lines = demo.printed.splitlines()
    row = next(n for n, line in enumerate(lines) if first["person_id"] in line)
    assert percent(float(first["risk"])) in lines[row]
    assert f"{float(first['completeness']):.0%}" in lines[row]
    assert f"as of {first['as_of']}, by complexity version 1" in demo.printed
    said = " ".join(" ".join(lines[row + 1 : row + 10]).split())
    for number in (1, 2, 3):
        assert first[f"reason_{number}"] in said
    assert said.startswith(f"because {first['reason_1']}")
    assert max(map(len, lines[row : row + 10])) <= 100
    for user in ("programme lead", "data scientist", "EHR"):
        assert user in demo.printed
    assert demo.printed.splitlines()[-1] == f"CASELOAD_URL={demo.link}"


def test_the_call_it_prints_works(demo: Running) -> None:
    said = re.search(r"-d '(\{.*\})'", demo.printed)
    assert said
    answer = httpx.post(f"{demo.address}/v1/risk", headers=demo.bearer, json=json.loads(said[1]))
    assert answer.status_code == 200
    results = {result["model"]: result for result in answer.json()["results"]}
    assert set(results) == {"readmission", "complexity"}
    assert results["complexity"]["status"] == "scored"


def test_the_link_signs_in_once_and_leaves_a_clean_address(demo: Running, place: Path) -> None:
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(demo.link)
        assert (page.status_code, page.url.path, page.url.query) == (200, "/", b"")
        assert page.history[0].headers["set-cookie"].count("HttpOnly") == 1
        assert "SameSite=lax" in page.history[0].headers["set-cookie"]
        person = ranked(place)[0]["person_id"]
        assert person in page.text
        assert "Why this risk" in browser.get(f"{demo.address}/people/{person}").text
        assert browser.get(f"{demo.address}/docs").status_code == 200
        assert browser.get(f"{demo.address}/openapi.json").json()["info"]["title"] == "Caseload"
    assert httpx.get(demo.link).status_code == 401


def test_twice_in_a_row_gives_the_same_list_by_the_same_champion(
    demo: Running, place: Path, again: Ran
) -> None:
    assert again.status == 0, again.err
    models = caseload("models", "--json", folder=place)
    told = [(row["name"], row["version"], row["aliases"]) for row in json.loads(models.out)]
    assert told == [
        ("complexity", 1, ["champion"]), ("complexity", 2, ["challenger"]),
        ("readmission", 1, ["champion"]), ("readmission", 2, ["challenger"]),
    ]  # fmt: skip
    assert {row["model_version"] for row in ranked(place)} == {"1"}
    first, second = (re.search(r"The next free.*\Z", out, re.DOTALL) for out in
                     (demo.printed.split("\nThree things")[0], again.out))  # fmt: skip
    assert first
    assert second
    assert first[0].strip() == second[0].strip()


def test_the_first_service_goes_on_with_the_history_made_anew(demo: Running, again: Ran) -> None:
    ready = httpx.get(f"{demo.address}/readyz")
    assert ready.json() == {"ready": True, "models": True, "history": True, "store": True}
    latest = httpx.get(f"{demo.address}/v1/worklists/latest?limit=1", headers=demo.bearer).json()
    person = latest["entries"][0]["person_id"]
    answer = httpx.post(
        f"{demo.address}/v1/risk", headers=demo.bearer,
        json={"person_id": person, "models": ["complexity"]},
    )  # fmt: skip
    assert answer.json()["results"][0]["risk"] == latest["entries"][0]["risk"]


def test_explain_says_what_the_service_says(demo: Running, again: Ran, place: Path) -> None:
    history = {"CASELOAD_HISTORY": "var/demo/history"}
    person = ranked(place)[0]["person_id"]
    ran = caseload("explain", person, "--json", folder=place, also=history)
    said = httpx.post(
        f"{demo.address}/v1/risk", headers=demo.bearer,
        json={"person_id": person, "models": ["complexity"]},
    )  # fmt: skip
    assert ran.answer == said.json()
    words = caseload("explain", person, folder=place, also=history)
    assert words.status == 0
    assert said.json()["results"][0]["reasons"][0]["text"] in words.out


def test_serve_runs_beside_it_with_a_token_and_a_link_of_its_own(
    demo: Running, again: Ran, place: Path
) -> None:
    told = {"CASELOAD_HISTORY": "var/demo/history", "CASELOAD_BIND": "127.0.0.1:0"}
    with running("serve", folder=place, also=told) as served:
        person = ranked(place)[0]["person_id"]
        answer = httpx.post(
            f"{served.address}/v1/risk", headers=served.bearer, json={"person_id": person}
        )
        assert answer.status_code == 200
        assert httpx.get(served.link).status_code == 303
        assert served.stop() == 130


def test_it_stops_when_interrupted_and_its_log_holds_no_value(
    demo: Running, again: Ran, place: Path
) -> None:
    httpx.get(
        f"{demo.address}/people/{ranked(place)[0]['person_id']}?secret=1", headers=demo.bearer
    )
    assert demo.stop() == 130
    log = demo.errors.read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "/people/{person_id}" in log
    assert "secret" not in log
    for row in ranked(place):
        assert row["person_id"] not in log
    for hidden in (demo.token, demo.link.partition("token=")[2]):
        assert hidden not in log
