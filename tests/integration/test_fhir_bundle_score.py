"""A person's bundle scores as the same person of a History that was read in bulk: the same bits."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.readers.fhir import tables_of_bundle
from features.readers.ingest import ingest
from features.tables.history import History
from serving.access import EHR, Kind, Principal
from serving.app import Parts, create_app
from serving.records import Records
from serving.settings import Settings
from serving.worklist.store import Store
from tests.exporters.fhir import resources_of
from tests.fhir_resources import Resource, bundle, write_bulk
from tests.served import NAMES, World, answering, world

pytestmark = pytest.mark.integration

PEOPLE = 12


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"))


def busiest(tables: dict[str, pa.Table]) -> list[str]:
    """People discharged in the last month, then those with the most stays: both models score."""
    stay = tables["stay"].to_pandas()
    last = stay.discharged_at.max() - timedelta(days=25)
    living = tables["person"].to_pandas().query("death_date.isna()").person_id
    acute = stay[stay.person_id.isin(living) & (stay.setting == "acute")]
    late = acute[acute.discharged_at > last].person_id.unique().tolist()
    return (late + acute.person_id.value_counts().index.tolist())[:PEOPLE]


def of(tables: dict[str, pa.Table], people: list[str]) -> dict[str, pa.Table]:
    chosen = pa.array(people)
    return {n: rows.filter(pc.is_in(rows["person_id"], chosen)) for n, rows in tables.items()}


def test_bundle_and_bulk_score_the_same_bits(here: World, tmp_path: Path) -> None:
    everyone = here.tables()
    people = busiest(dict(everyone))
    parts = {person: list(resources_of(of(dict(everyone), [person]))) for person in people}
    every: list[Resource] = [one for part in parts.values() for one in part]
    source = write_bulk(tmp_path / "in", every)
    ingest("fhir", source, tmp_path / "history")
    history = History.open(tmp_path / "history")
    scored = 0
    for person, resources in parts.items():
        told = tables_of_bundle(bundle(*resources))
        loaded = history.person(person)
        assert all(told[name].equals(loaded[name]) for name in loaded)
        results = here.scorer.assess(told, here.as_of, NAMES)
        assert results == here.scorer.assess(loaded, here.as_of, NAMES)
        scored += sum(result.status == "scored" for result in results)
    assert scored >= PEOPLE


@pytest.fixture(scope="module")
def client(here: World, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("service")
    store = Store(f"sqlite:///{folder}/caseload.db")
    parts = Parts(here.scorer, Records(here.history.path), store)
    token = store.tokens.issue(Kind.API, Principal("test", frozenset({EHR})))
    with (
        answering(create_app(Settings.from_env({}), parts)) as address,
        httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as found,
    ):
        yield found


def test_the_route_takes_a_bundle(here: World, client: httpx.Client) -> None:
    everyone = dict(here.tables())
    person = busiest(everyone)[0]
    sent = bundle(*resources_of(of(everyone, [person])))
    body = {"models": ["complexity"], "as_of": here.as_of.isoformat(), "bundle": sent}
    answer = client.post("/v1/risk", json=body).json()
    expected = here.scorer.assess(tables_of_bundle(sent), here.as_of, ["complexity"])[0]
    assert answer["person_id"] == person
    assert answer["results"][0]["risk"] == expected.risk
    assert expected.risk is not None


def dead(resources: list[Resource]) -> list[Resource]:
    return [r | ({"deceasedBoolean": True, "meta": {"lastUpdated": "2021-01-01T00:00:00Z"}}
                 if r["resourceType"] == "Patient" else {}) for r in resources]  # fmt: skip


def test_bundles_that_cannot_be_scored_are_refused_without_a_value(
    here: World, client: httpx.Client
) -> None:
    everyone = dict(here.tables())
    one, two = busiest(everyone)[:2]
    mine = list(resources_of(of(everyone, [one])))
    secret = mine[0] | {"birthDate": ["1940-05-06"]}
    day = datetime.isoformat(here.as_of)
    for resources in (
        mine + list(resources_of(of(everyone, [two]))),
        [r for r in mine if r["resourceType"] == "Observation"][:0],
        [secret, *mine[1:]],
        dead(mine),
    ):
        answer = client.post("/v1/risk", json={"as_of": day, "bundle": bundle(*resources)})
        assert answer.status_code == 422, answer.text
        assert one not in answer.text
        assert "1940-05-06" not in answer.text
