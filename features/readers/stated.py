"""Coverage that the user states, for a source that says nothing of when its people were observed.

Without such a statement nobody is observed, every count is unknown and no model can be trained: a
hospital that knows its records to be whole from one day to another may say so. It is written down
in the manifest as the user's word. A source that states coverage itself is not overruled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from features.errors import InputError
from features.readers.reader import Reading
from features.readers.workshop import counted
from features.tables.schema import COVERAGE

KINDS = COVERAGE.column("kind").allowed
FORM = re.compile(r"^(?P<kind>[a-z]+)=(?P<first>\d{4}-\d\d-\d\d)\.\.(?P<last>\d{4}-\d\d-\d\d)$")


@dataclass(frozen=True)
class Observed:
    """All use of a kind was seen from the first to the last day, both included."""

    kind: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.kind}={self.first}..{self.last}"


def observed(text: str) -> Observed:
    """KIND=FROM..TO as the user wrote it. Raises InputError where it does not fit."""
    found = FORM.match(text)
    if found is None or found["kind"] not in KINDS:
        raise _fault("the statement cannot be read")
    try:
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    except ValueError:
        raise _fault("a day is no day of the calendar") from None
    if last < first:
        raise _fault("it ends before it starts")
    return Observed(found["kind"], first, last)


def with_coverage(reading: Reading, stated: Sequence[Observed]) -> Reading:
    """The reading with the stated coverage of every person, from birth on at the earliest.

    Raises InputError where the source states coverage itself.
    """
    if not stated:
        return reading
    own = reading.tables.get("coverage")
    if own is not None and counted(own):
        raise InputError(
            "the source states itself when people were observed",
            where="--observed",
            cure="leave --observed out",
        )
    rows = ibis.union(*(_rows(reading.tables["person"], one) for one in stated))
    end = datetime.combine(max(one.last for one in stated), time.max)
    words = "stated at loading: " + ", ".join(map(str, stated))
    return replace(
        reading,
        tables={**reading.tables, "coverage": rows},
        delays={**reading.delays, "coverage": words},
        last_known=reading.last_known or end,
    )


def _rows(person: ir.Table, stated: Observed) -> ir.Table:
    """One row per person who was born by the last day."""
    born = person.select("person_id", born=_birth(person)).distinct(on="person_id")
    start = ibis.greatest(born.born, ibis.literal(stated.first)).coalesce(
        ibis.literal(stated.first)
    )
    rows = born.select(
        "person_id",
        from_at=start.cast("timestamp(6)"),
        to_at=ibis.literal(stated.last + timedelta(days=1)).cast("timestamp(6)"),
        known_at=start.cast("timestamp(6)"),
        kind=ibis.literal(stated.kind),
    )
    return rows.filter(rows.from_at < rows.to_at)


def _birth(person: ir.Table) -> ir.DateValue:
    if "birth_date" not in person.columns:
        return ibis.null("date")
    return person.birth_date.cast("string").substr(0, 10).try_cast("date")


def _fault(what: str) -> InputError:
    return InputError(
        what,
        where="--observed",
        cure=f"write KIND=FROM..TO, such as all=2015-01-01..2023-12-31; kinds: {', '.join(KINDS)}",
    )
