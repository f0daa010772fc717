"""Secrets as the store keeps them: hashes, with whose they are and until when.

A link is spent by the same statement that finds it, so two browsers cannot use one.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from serving.access import Grant, Kind, Principal, digest, grant
from serving.worklist.schema import GRANTS, writing


class Tokens:
    """Issues, checks, spends and ends secrets."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def issue(self, kind: Kind, principal: Principal, now: datetime | None = None) -> str:
        """A new secret for `principal`; this is the only time it can be read."""
        secret, kept = grant(kind, principal, now or _now())
        with writing(self._engine).begin() as connection:
            connection.execute(GRANTS.insert().values(_row(kept)))
        return secret

    def holder(self, kind: Kind, secret: str, now: datetime | None = None) -> Principal | None:
        """Whose secret this is; None where it is unknown, of another kind or expired."""
        query = sa.select(GRANTS).where(_live(kind, secret, now or _now()))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _principal(row)

    def sign_in(self, link: str, now: datetime | None = None) -> str | None:
        """Spend a link for the secret of a session; None where it is unknown, expired or spent."""
        now = now or _now()
        with writing(self._engine).begin() as connection:
            found = _live(Kind.LINK, link, now)
            row = connection.execute(sa.select(GRANTS).where(found)).first()
            spent = connection.execute(GRANTS.update().where(found).values(used_at=now))
            if row is None or spent.rowcount != 1:
                return None
            secret, kept = grant(Kind.SESSION, _principal(row), now)
            connection.execute(GRANTS.insert().values(_row(kept)))
        return secret

    def end(self, kind: Kind, secret: str) -> None:
        """Forget a secret, and every one that has expired."""
        of_it = (GRANTS.c.kind == kind.value) & (GRANTS.c.digest == digest(secret))
        with writing(self._engine).begin() as connection:
            connection.execute(GRANTS.delete().where(of_it | (GRANTS.c.expires_at <= _now())))


def _live(kind: Kind, secret: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        GRANTS.c.digest == digest(secret),
        GRANTS.c.kind == kind.value,
        GRANTS.c.used_at.is_(None),
        GRANTS.c.expires_at > now,
    )


def _row(kept: Grant) -> dict[str, object]:
    who = kept.principal
    return {
        "digest": kept.digest,
        "kind": kept.kind.value,
        "subject": who.subject,
        "roles": sorted(who.roles),
        "practices": None if who.practices is None else sorted(who.practices),
        "purpose": who.purpose,
        "expires_at": kept.expires_at,
    }


def _principal(row: sa.Row[tuple[object, ...]]) -> Principal:
    practices = None if row.practices is None else frozenset(row.practices)
    return Principal(row.subject, frozenset(row.roles), practices, row.purpose)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
