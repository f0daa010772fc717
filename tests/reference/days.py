"""Calendar days as sets of days, and the window of days that a feature looks at.

A window [from, to] of days before its end holds the days [end - from, end - to): the first of them
included, the last not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache


def day(time: datetime | date) -> date:
    return time.date() if isinstance(time, datetime) else time


@lru_cache(maxsize=512)
def days(start: date, end: date) -> frozenset[date]:
    """The days [start, end)."""
    return frozenset(start + timedelta(days=n) for n in range((end - start).days))


@dataclass(frozen=True)
class Window:
    """Days looked at; `tied`: the facts of the index spell belong to them too, whatever their day.

    The days are [start, end); there may be none.
    """

    start: date
    end: date
    tied: bool = False

    def __contains__(self, on: date) -> bool:
        return self.start <= on < self.end

    @property
    def days(self) -> frozenset[date]:
        return days(self.start, self.end)

    @property
    def length(self) -> int:
        return (self.end - self.start).days

    def before(self, length: int) -> Window:
        """As many days just before these; facts of the index spell are never in them."""
        return Window(self.start - timedelta(days=length), self.start)


def window_before(end: date, length: int, until: int) -> Window:
    """The days [end - length, end - until)."""
    return Window(end - timedelta(days=length), end - timedelta(days=until), tied=until == 0)
