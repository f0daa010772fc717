"""Everyone of a History screened for a list: alive, scored, and where they stand in the programme.

Buckets are read one after the other and only narrow columns are kept, so memory grows with people
and not with their records. It refuses to score anyone known by the day of the list to have died;
deaths that are known since are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from features.tables.contract import Tables
from features.tables.history import History, bucket_of
from serving.people import living, programme
from serving.result import Result
from serving.scorer import Served, results, score

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Screened:
    """What one pass over a History tells.

    people  one row a person with a moment to score, in canonical order: person_id, age, language,
            practice_id, locality, risk (null: insufficient), died (a death that is known by now)
    events  where each living person stands in each programme: person_id, nurse_id, state, at,
            practice_id
    homes   practices that anyone living is registered with
    """

    people: pa.Table
    events: pa.Table
    homes: frozenset[str]


def screen(
    history: History, served: Served, as_of: datetime, progress: Progress | None = None
) -> Screened:
    """Everyone as known at `as_of`, scored by one model."""
    parts = []
    for number in range(history.buckets):
        parts.append(_bucket(history.bucket(number), served, as_of))
        _tell(progress, "scoring people", number, history.buckets)
    return Screened(
        pa.concat_tables(part.people for part in parts).combine_chunks(),
        pa.concat_tables(part.events for part in parts).combine_chunks(),
        frozenset[str]().union(*(part.homes for part in parts)),
    )


def explained(
    history: History,
    served: Served,
    as_of: datetime,
    people: Collection[str],
    progress: Progress | None = None,
) -> Mapping[str, Result]:
    """The results of `people`, with reasons, by person id."""
    found: dict[str, Result] = {}
    for done, (number, ids) in enumerate(by_bucket(people, history.buckets)):
        own = only(history.bucket(number), ids)
        scored = score(served, own, as_of)
        names = scored.matrix.rows.column("person_id").to_pylist()
        found.update(zip(names, results(scored), strict=True))
        _tell(progress, "finding reasons", done, history.buckets)
    return found


def by_bucket(people: Collection[str], buckets: int) -> Iterator[tuple[int, pa.Array]]:
    """The people of each bucket that holds any, by bucket."""
    ids = pa.array(list(people), pa.string())
    numbers = bucket_of(ids, buckets)
    for number in range(buckets):
        own = ids.filter(pc.equal(numbers, number))
        if len(own):
            yield number, own


def only(tables: Tables, people: pa.Array) -> Tables:
    """The rows of some people."""
    return {
        name: rows.filter(pc.is_in(rows.column("person_id"), value_set=people))
        for name, rows in tables.items()
    }


def _bucket(tables: Tables, served: Served, as_of: datetime) -> Screened:
    folk = living(tables, as_of)
    ids = folk.column("person_id").combine_chunks()
    scored = score(served, tables, as_of)
    rows = scored.matrix.rows.select(["person_id"])
    rows = rows.append_column("risk", pa.array(scored.scores.risk, from_pandas=True))
    found = pc.index_in(rows.column("person_id"), value_set=ids)
    here = pc.is_valid(found)
    people = folk.take(found.filter(here)).append_column("risk", rows.column("risk").filter(here))
    return Screened(
        people.append_column("died", _died(tables["person"], people.column("person_id"))),
        _standing(programme(tables["programme"], as_of), folk),
        frozenset(pc.unique(folk.column("practice_id").drop_null()).to_pylist()),
    )


def _died(person: pa.Table, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    dead = person.filter(pc.is_valid(person.column("death_date"))).column("person_id")
    return pc.is_in(ids, value_set=dead.combine_chunks())


def _standing(events: pa.Table, folk: pa.Table) -> pa.Table:
    ids = folk.column("person_id").combine_chunks()
    found = pc.index_in(events.column("person_id"), value_set=ids)
    homes = folk.column("practice_id").take(found)
    return events.append_column("practice_id", homes).filter(pc.is_valid(found))


def _tell(progress: Progress | None, what: str, number: int, of: int) -> None:
    if progress:
        progress(what, (number + 1) / of)
