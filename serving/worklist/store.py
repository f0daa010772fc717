"""Where lists are kept. Every query names who asks, and shows only what they may see.

A list is stored in one transaction and never changed. It refuses (as not found) a person of a
practice that the one who asks may not see, so that absence and refusal look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime

import sqlalchemy as sa

from features.errors import NotFoundError
from serving.access import Principal
from serving.worklist.domain import Entry, Page, Run, Why
from serving.worklist.schema import ENTRIES, RUNS, connect, writing
from serving.worklist.tokens import Tokens

MOST = 500
"""Most rows of one page."""
CHUNK = 2_000


class Store:
    """The store at a URL; `tokens` are the secrets that open the service."""

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self.tokens = Tokens(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def usable(self) -> bool:
        """Whether the database answers."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.select(RUNS.c.run_id).limit(1))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def save(
        self,
        principal: Principal,
        run: Run,
        entries: Sequence[Entry],
        *,
        then: Callable[[], None] | None = None,
    ) -> int:
        """Store a list whole or not at all; returns its number.

        then  what else must succeed, such as writing the file: where it raises, nothing is stored
        """
        row = asdict(run) | {"stored_at": _now(), "stored_by": principal.subject}
        with writing(self._engine).begin() as connection:
            number = connection.execute(RUNS.insert().values(row)).inserted_primary_key
            assert number is not None
            for start in range(0, len(entries), CHUNK):
                part = entries[start : start + CHUNK]
                rows = [_row(entry) | {"run_id": number[0]} for entry in part]
                connection.execute(ENTRIES.insert(), rows)
            if then is not None:
                then()
        return int(number[0])

    def latest(
        self,
        principal: Principal,
        *,
        lane: str | None = None,
        practice: str | None = None,
        after: int = 0,
        limit: int = 50,
        without: Collection[str] = (),
    ) -> Page:
        """Rows of the newest list in order, those after position `after`, at most `limit` (500).

        People in `without` (known to have died since) are passed over. Raises NotFoundError where
        there is no list.
        """
        limit = max(1, min(limit, MOST))
        with self._engine.connect() as connection:
            number, run = _newest(connection, lane)
            kept: list[Entry] = []
            while len(kept) <= limit:
                query = _visible(principal, number).where(ENTRIES.c.position > after)
                if practice is not None:
                    query = query.where(ENTRIES.c.practice_id == practice)
                rows = connection.execute(query.order_by(ENTRIES.c.position).limit(limit + 1)).all()
                kept += [entry for entry in map(_entry, rows) if entry.person_id not in without]
                if len(rows) <= limit:
                    break
                after = rows[-1].position
        more = len(kept) > limit
        return Page(run, tuple(kept[:limit]), kept[limit - 1].position if more else None)

    def entry(self, principal: Principal, person_id: str, *, lane: str | None = None) -> Page:
        """One person's row of the newest list. Raises NotFoundError: not on it, or not visible."""
        with self._engine.connect() as connection:
            number, run = _newest(connection, lane)
            query = _visible(principal, number).where(ENTRIES.c.person_id == person_id)
            row = connection.execute(query).first()
        if row is None:
            raise _not_found("this person is not on the list", "use a person_id of the list")
        return Page(run, (_entry(row),), None)

    def practices(self, principal: Principal, *, lane: str | None = None) -> dict[str, int]:
        """People on the newest list by practice, in order of practice; no list: empty."""
        with self._engine.connect() as connection:
            try:
                number, _ = _newest(connection, lane)
            except NotFoundError:
                return {}
            visible = (
                _visible(principal, number).where(ENTRIES.c.practice_id.is_not(None)).subquery()
            )
            query = sa.select(visible.c.practice_id, sa.func.count()).group_by(
                visible.c.practice_id
            )
            rows = connection.execute(query.order_by(visible.c.practice_id)).all()
        return {practice: int(count) for practice, count in rows}


def _newest(connection: sa.Connection, lane: str | None) -> tuple[int, Run]:
    query = sa.select(RUNS).order_by(RUNS.c.run_id.desc()).limit(1)
    if lane is not None:
        query = query.where(RUNS.c.lane == lane)
    row = connection.execute(query).first()
    if row is None:
        raise _not_found("there is no list yet", "make one with `caseload rank`")
    return row.run_id, Run(**{field.name: getattr(row, field.name) for field in fields(Run)})


def _visible(principal: Principal, number: int) -> sa.Select[tuple[object, ...]]:
    query = sa.select(ENTRIES).where(ENTRIES.c.run_id == number)
    if principal.practices is not None:
        query = query.where(ENTRIES.c.practice_id.in_(sorted(principal.practices)))
    return query


def _row(entry: Entry) -> dict[str, object]:
    return asdict(entry)


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    values = {field.name: getattr(row, field.name) for field in fields(Entry)}
    return replace(
        Entry(**values),
        missing=tuple(values["missing"]),
        reasons=tuple(Why(**why) for why in values["reasons"]),
        flags=tuple(values["flags"]),
    )


def _not_found(what: str, cure: str) -> NotFoundError:
    return NotFoundError(what, where="worklist", cure=cure)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
