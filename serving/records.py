"""The History a service scores from, opened again when another has taken its place.

It refuses to show anyone whose death is known by now, whatever day is asked about, and anyone of a
practice that the one who asks may not see; both look like someone who is not there.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc

from features.errors import InputError, NotFoundError
from features.tables.contract import Tables
from features.tables.history import History
from serving.access import Principal
from serving.people import registered

STALE = timedelta(days=45)
"""How long after its last day a History still speaks for the present."""


class Records:
    """People known to the service."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where `path` is no History."""
        self._path = path
        self._lock = threading.Lock()
        self._take(History.open(path))

    def _take(self, history: History) -> None:
        self._history, self._dead = history, _dead(history)

    def history(self) -> History:
        """The History as it is now."""
        with self._lock:
            if self._history.changed:
                self._take(History.open(self._path))
            return self._history

    def usable(self) -> bool:
        try:
            self.history()
        except InputError:
            return False
        return True

    def dead(self) -> frozenset[str]:
        """People whose death is in the History."""
        self.history()
        return self._dead

    def last_moment(self) -> datetime:
        """The morning after the last day the History speaks of."""
        return last_moment(self.history())

    def someone(self) -> str:
        """Somebody not known to have died. Raises NotFoundError where there is nobody."""
        history = self.history()
        for number in range(history.buckets):
            for person_id in history.bucket(number, ["person"])["person"].column("person_id"):
                if person_id.as_py() not in self._dead:
                    return str(person_id.as_py())
        raise NotFoundError(
            "nobody of the History is alive", where=str(self._path), cure="ingest newer data"
        )

    def person(self, principal: Principal, person_id: str, as_of: datetime) -> Tables:
        """All tables of one person. Raises NotFoundError: unknown, dead, or not to be seen."""
        history = self.history()
        check_day(history, as_of)
        if person_id in self._dead:
            raise _not_here()
        try:
            tables = history.person(person_id)
        except NotFoundError:
            raise _not_here() from None
        home = registered(tables["registration"], as_of).column("practice_id").to_pylist()
        if not principal.may_see(home[0] if home else None):
            raise _not_here()
        return tables


def last_moment(history: History) -> datetime:
    """The morning after the last day a History speaks of."""
    day = history.manifest.last + timedelta(days=1)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 local time without a zone


def check_day(history: History, as_of: datetime) -> None:
    """Raises InputError for a day the History does not speak of."""
    first, last = history.manifest.first, last_moment(history)
    if not first <= as_of.date() or as_of > last + STALE:
        raise InputError(
            "the History does not speak of that day",
            where=f"as of; the History runs from {first} to {history.manifest.last}",
            cure=f"choose a day from {first} to {(last + STALE).date()}, or ingest newer data",
        )


def _dead(history: History) -> frozenset[str]:
    dead: set[str] = set()
    for number in range(history.buckets):
        people = history.bucket(number, ["person"])["person"]
        died = people.filter(pc.is_valid(people.column("death_date")))
        dead.update(died.column("person_id").to_pylist())
    return frozenset(dead)


def _not_here() -> NotFoundError:
    return NotFoundError(
        "nobody here has that id", where="person_id", cure="use the id of a person of the History"
    )
