"""Who asks, what they may see, and the secrets that prove it.

A secret is 256 random bits, shown once; only its sha256 is kept, so a copy of the store opens
nothing. It refuses a secret of another kind, one that has expired and a link used before, and it
never says which.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEAD = "programme_lead"
EHR = "ehr_client"
OPERATOR = "operator"
CARE = "care-coordination"


@dataclass(frozen=True)
class Principal:
    """Someone who asks.

    subject    who, as recorded
    roles      what they are
    practices  practices whose people they may see; None: all
    purpose    what they ask for
    """

    subject: str
    roles: frozenset[str]
    practices: frozenset[str] | None = None
    purpose: str = CARE

    def may_see(self, practice: str | None) -> bool:
        """Whether people of `practice` are visible; someone without one is, to unlimited eyes."""
        return self.practices is None or practice in self.practices


COMMAND_LINE = Principal("command line", frozenset({OPERATOR}))


class Kind(StrEnum):
    """What a secret is for: a call of the API, one sign-in, or a signed-in browser."""

    API = "api"
    LINK = "link"
    SESSION = "session"


LIFE = {
    Kind.API: timedelta(days=30),
    Kind.LINK: timedelta(hours=12),
    Kind.SESSION: timedelta(hours=12),
}


@dataclass(frozen=True)
class Grant:
    """A secret as kept: its hash, what it is for, whose it is, until when (UTC)."""

    digest: str
    kind: Kind
    principal: Principal
    expires_at: datetime


def grant(kind: Kind, principal: Principal, now: datetime) -> tuple[str, Grant]:
    """A new secret and what is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, Grant(digest(secret), kind, principal, now + LIFE[kind])


def digest(secret: str) -> str:
    """What the store keeps of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
