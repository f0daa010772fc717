"""The shared features by pandas: a group-by on row and key for each table, a date at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.shared.asked import TIMES, Distinct, Floats, Lane, Shared, day_of, put, put_distinct

US = 86_400_000_000
PREPARED: Mapping[str, Callable[[pd.DataFrame, int], pd.Series]] = {
    "count": lambda rows, w: (rows["age"] <= w).astype("int32"),
    **dict.fromkeys(
        ("sum", "last", "min", "max"), lambda rows, w: rows["value"].where(rows["age"] <= w)
    ),
    "days_since": lambda rows, w: rows["age"].where(rows["age"] <= w),
}
HOW = {"count": "sum", "sum": "sum", "last": "last", "min": "min", "max": "max",
       "days_since": "min"}  # fmt: skip


def features(history: Path, people: pa.Table, dates: Sequence[date], shared: Shared) -> Floats:
    """The matrix (columns, rows); row = person * dates + date."""
    matrix = shared.empty(len(people) * len(dates))
    number = pd.Series(people["number"].to_numpy(), index=people["person_id"].to_pandas())
    for lane in shared.lanes:
        same = [one for one in shared.distinct if one.table == lane.table]
        events = _events(history, lane, same, number)
        keyed = _mapped(events, lane)
        for place, when in enumerate(dates):
            _keyed(_seen(keyed, day_of(when), lane), lane, matrix, len(dates), place)
            now = _seen(events, day_of(when), lane)
            for one in same:
                _different(now, one, matrix, len(dates), place)
    return matrix


def _events(history: Path, lane: Lane, same: Sequence[Distinct], number: pd.Series) -> pd.DataFrame:
    at, known = TIMES.get(lane.table, ("at", "known_at"))
    texts = list(dict.fromkeys((*lane.on, *(one.column for one in same))))
    columns = ["person_id", at, known, *texts, *([lane.value] if lane.value else [])]
    table = pq.read_table(
        history / lane.table, columns=columns, partitioning=None,
        read_dictionary=["person_id", *texts],
    )  # fmt: skip
    rows = table.to_pandas()
    day = (rows[at].astype("int64") // US).astype("int32")
    seen = -(-rows[known].astype("int64") // US)
    person = rows["person_id"].cat
    made = {
        "number": number.reindex(person.categories).to_numpy()[person.codes],
        "day": day, "seen": np.maximum(day + 1, seen).astype("int32"),
    }  # fmt: skip
    if lane.value:
        made["value"] = rows[lane.value]
    if "last" in lane.measures:
        made["moment"] = rows[at]
    kept = pd.DataFrame(made | {column: rows[column] for column in texts})
    return kept.sort_values("moment", kind="stable") if "last" in lane.measures else kept


def _mapped(events: pd.DataFrame, lane: Lane) -> pd.DataFrame:
    """A row for each key of an event."""
    mapping = lane.mapping.to_pandas()
    needed = ["number", "day", "seen", *(["value"] if lane.value else [])]
    if not lane.on:
        return events[needed].assign(key=mapping["key"].iloc[0])
    combined = np.zeros(len(events), np.int64)
    wanted = np.zeros(len(mapping), np.int64)
    for column in lane.on:
        categories = events[column].cat.categories
        combined = combined * (len(categories) + 1) + events[column].cat.codes.to_numpy()
        wanted = wanted * (len(categories) + 1) + categories.get_indexer(mapping[column])
    named = pd.DataFrame({"named": wanted, "key": mapping["key"]})
    return events[needed].assign(named=combined).merge(named, on="named").drop(columns="named")


def _seen(rows: pd.DataFrame, today: int, lane: Lane) -> pd.DataFrame:
    here = (rows["seen"] <= today) & (rows["day"] >= today - lane.windows[-1])
    now = rows[here]
    return now.assign(age=today - now["day"])


def _keyed(rows: pd.DataFrame, lane: Lane, matrix: Floats, dates: int, place: int) -> None:
    keys = int(lane.mapping["key"].to_numpy().max()) + 1
    group = rows["number"].astype("int64") * keys + rows["key"]
    values: dict[tuple[str, int], Floats] = {}
    found = None
    for measure in lane.measures:
        asked = [window for m, window in lane.wanted() if m == measure]
        prepared = pd.DataFrame({w: PREPARED[measure](rows, w) for w in asked}, copy=False)
        found = getattr(prepared.groupby(group.to_numpy(), sort=True), HOW[measure])()
        values |= {(measure, w): found[w].to_numpy(np.float64) for w in asked}
    assert found is not None
    person, key = np.divmod(found.index.to_numpy(), keys)
    put(matrix, lane, person * dates + place, key, values)


def _different(rows: pd.DataFrame, one: Distinct, matrix: Floats, dates: int, place: int) -> None:
    rows = rows[rows[one.column].notna()]
    for column, value in one.where.items():
        rows = rows[rows[column] == value]
    texts = rows[one.column].cat
    group = rows["number"].to_numpy(np.int64) * len(texts.categories) + texts.codes.to_numpy()
    nearest = rows["age"].groupby(group).min()
    inside = pd.DataFrame({w: (nearest <= w).astype("int32") for w in one.windows})
    found = inside.groupby(nearest.index.to_numpy() // len(texts.categories)).sum()
    put_distinct(
        matrix, one, found.index.to_numpy() * dates + place,
        [found[w].to_numpy(np.float64) for w in one.windows],
    )  # fmt: skip
