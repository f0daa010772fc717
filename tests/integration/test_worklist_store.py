"""The store on a real SQLite file: what is kept, what is shown to whom, and the secrets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import InputError, NotFoundError
from serving.access import COMMAND_LINE, Kind, Principal
from serving.worklist.domain import Action, Entry, Run, Why
from serving.worklist.store import Store

pytestmark = pytest.mark.integration

AS_OF = datetime.fromisoformat("2025-01-01")
RUN = Run("guided_care", AS_OF, {"complexity": "1"}, 9, 4, 0.25, 8, 55, 2, 0.01, "d")
LEAD = Principal("lead", frozenset({"programme_lead"}))
NORTH = Principal("north", frozenset({"practice"}), frozenset({"north"}))


def entry(position: int, person: str, practice: str | None = "north") -> Entry:
    return Entry(
        position, position, person, "guided_care", practice, "coast", None, Action.WAIT,
        "complexity", "1", AS_OF, 1 - position / 100, 90.0, -1.5, 0.9, ("age",),
        (Why("use", 0.5, "two admissions", "you were admitted twice", True),), (),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/new/caseload.db")
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Store) -> Store:
    rows = [entry(i + 1, f"p{i}", ("north", "south", None)[i % 3]) for i in range(30)]
    store.save(COMMAND_LINE, RUN, rows)
    return store


def test_what_is_stored_comes_back_as_it_was(filled: Store) -> None:
    page = filled.latest(LEAD, limit=1)
    assert page.run == RUN
    assert page.entries == (entry(1, "p0"),)
    assert page.after == 1


def test_pages_hold_every_row_once_in_order(filled: Store) -> None:
    seen, after = [], 0
    while True:
        page = filled.latest(LEAD, after=after, limit=7)
        seen += [e.position for e in page.entries]
        if page.after is None:
            break
        after = page.after
    assert seen == list(range(1, 31))


def test_people_known_to_have_died_are_passed_over_and_pages_stay_full(filled: Store) -> None:
    dead = {f"p{i}" for i in range(1, 20)}
    page = filled.latest(LEAD, limit=5, without=dead)
    assert [e.person_id for e in page.entries] == ["p0", "p20", "p21", "p22", "p23"]
    assert filled.latest(LEAD, limit=5, after=24, without=dead).after == 29
    assert filled.latest(LEAD, limit=6, after=24, without=dead).after is None


def test_a_practice_sees_its_own_people_only(filled: Store) -> None:
    assert {e.practice_id for e in filled.latest(NORTH).entries} == {"north"}
    assert filled.latest(NORTH, practice="south").entries == ()
    assert filled.practices(NORTH) == {"north": 10}
    assert filled.practices(LEAD) == {"north": 10, "south": 10}
    assert filled.entry(NORTH, "p0").entries[0].person_id == "p0"
    for hidden in ("p1", "p2", "nobody"):
        with pytest.raises(NotFoundError, match="not on the list"):
            filled.entry(NORTH, hidden)


def test_the_newest_run_is_shown_and_lanes_are_apart(filled: Store) -> None:
    filled.save(COMMAND_LINE, RUN, [entry(1, "q")])
    assert [e.person_id for e in filled.latest(LEAD).entries] == ["q"]
    with pytest.raises(NotFoundError, match="no list"):
        filled.latest(LEAD, lane="transition")


def test_a_run_that_fails_half_way_leaves_nothing(filled: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        filled.save(COMMAND_LINE, RUN, [entry(1, "q"), entry(2, "q")])
    assert filled.latest(LEAD, limit=1).entries[0].person_id == "p0"


def test_an_empty_store_says_there_is_no_list(store: Store) -> None:
    assert store.usable()
    assert store.practices(LEAD) == {}
    with pytest.raises(NotFoundError, match="caseload rank"):
        store.latest(LEAD)


def test_two_openings_of_one_store_see_the_same(filled: Store, tmp_path: Path) -> None:
    again = Store(f"sqlite:///{tmp_path}/new/caseload.db")
    assert again.latest(LEAD, limit=1).run == RUN
    again.close()


def test_the_file_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / "new" / "caseload.db").stat().st_mode & 0o077 == 0


def test_a_store_of_another_layout_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "new" / "caseload.db"
    with sqlite3.connect(path) as connection:
        connection.execute("update caseload_layout set version = 99")
    connection.close()
    with pytest.raises(InputError, match="layout 99"):
        Store(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "sqlite:////proc/none/x.db"])
def test_a_store_that_cannot_be_opened_is_an_input_error(url: str) -> None:
    with pytest.raises(InputError, match="CASELOAD_STORE_URL"):
        Store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("this is a list of patients, not a database" * 9)
    with pytest.raises(InputError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path}/x.db")


def test_a_secret_is_not_kept_and_opens_only_what_it_is_for(store: Store, tmp_path: Path) -> None:
    secret = store.tokens.issue(Kind.API, NORTH)
    assert store.tokens.holder(Kind.API, secret) == NORTH
    assert store.tokens.holder(Kind.SESSION, secret) is None
    assert store.tokens.holder(Kind.API, secret[:-1]) is None
    files = (tmp_path / "new").iterdir()
    assert not any(secret.encode() in file.read_bytes() for file in files)


def test_a_link_signs_in_once(store: Store) -> None:
    link = store.tokens.issue(Kind.LINK, LEAD)
    session = store.tokens.sign_in(link)
    assert session is not None
    assert store.tokens.holder(Kind.SESSION, session) == LEAD
    assert store.tokens.sign_in(link) is None
    assert store.tokens.sign_in("unknown") is None
    store.tokens.end(Kind.SESSION, session)
    assert store.tokens.holder(Kind.SESSION, session) is None


def test_secrets_expire(store: Store) -> None:
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=31)
    for kind in (Kind.API, Kind.SESSION):
        assert store.tokens.holder(kind, store.tokens.issue(kind, LEAD, long_ago)) is None
    assert store.tokens.sign_in(store.tokens.issue(Kind.LINK, LEAD, long_ago)) is None
