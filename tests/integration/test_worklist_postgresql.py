"""The store on a real PostgreSQL server: what it keeps and shows is what it does on a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest
import sqlalchemy as sa

from features.errors import InputError, NotFoundError
from serving.access import COMMAND_LINE, Kind
from serving.worklist.store import Store
from tests.integration.test_worklist_store import LEAD, NORTH, RUN, entry
from tests.postgres import Server, postgres

pytestmark = pytest.mark.integration

__all__ = ["postgres"]

NUMBERS = count()


@pytest.fixture
def url(postgres: Server) -> str:
    """An empty database, by the URL that SQLAlchemy takes."""
    name = f"store{next(NUMBERS)}"
    postgres.database(name)
    return postgres.url(name, "postgresql+psycopg")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Store) -> Store:
    rows = [entry(i + 1, f"p{i}", ("north", "south", None)[i % 3]) for i in range(30)]
    store.save(COMMAND_LINE, RUN, rows)
    return store


def test_what_is_stored_comes_back_as_it_was(filled: Store, url: str) -> None:
    assert filled.usable()
    page = filled.latest(LEAD, limit=1)
    assert (page.run, page.entries, page.after) == (RUN, (entry(1, "p0"),), 1)
    again = Store(url)
    assert again.latest(LEAD, limit=30).entries == filled.latest(LEAD, limit=30).entries
    again.close()


def test_pages_hold_every_row_once_in_order(filled: Store) -> None:
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = filled.latest(LEAD, after=after, limit=7)
        seen += [e.position for e in page.entries]
        after = page.after
    assert seen == list(range(1, 31))


def test_a_practice_sees_its_own_people_only(filled: Store) -> None:
    assert {e.practice_id for e in filled.latest(NORTH).entries} == {"north"}
    assert filled.practices(NORTH) == {"north": 10}
    assert filled.practices(LEAD) == {"north": 10, "south": 10}
    with pytest.raises(NotFoundError, match="not on the list"):
        filled.entry(NORTH, "p1")


def test_a_run_that_fails_half_way_leaves_nothing(filled: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        filled.save(COMMAND_LINE, RUN, [entry(1, "q"), entry(2, "q")])
    assert filled.latest(LEAD, limit=1).entries[0].person_id == "p0"


def test_an_empty_store_says_there_is_no_list(store: Store) -> None:
    assert store.practices(LEAD) == {}
    with pytest.raises(NotFoundError, match="caseload rank"):
        store.latest(LEAD)


def test_a_link_signs_in_once_and_secrets_expire(store: Store) -> None:
    session = store.tokens.sign_in(link := store.tokens.issue(Kind.LINK, LEAD))
    assert session is not None
    assert store.tokens.holder(Kind.SESSION, session) == LEAD
    assert store.tokens.sign_in(link) is None
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=31)
    assert store.tokens.holder(Kind.API, store.tokens.issue(Kind.API, LEAD, long_ago)) is None


def test_a_store_of_another_layout_is_refused(store: Store, url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("update caseload_layout set version = 99")
    with pytest.raises(InputError, match="layout 99"):
        Store(url)


def test_a_server_that_does_not_answer_is_an_input_error_without_its_password() -> None:
    with pytest.raises(InputError, match="CASELOAD_STORE_URL") as told:
        Store("postgresql+psycopg://nurse:s3cr3t@127.0.0.1:1/caseload")
    assert "s3cr3t" not in str(told.value)
