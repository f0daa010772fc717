"""The shared features by polars: long form, one group-by on row and key for each table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.shared.asked import TIMES, Distinct, Floats, Lane, Shared, day_of, put, put_distinct

AGE, VALUE = pl.col("age"), pl.col("value")
AGGREGATES: Mapping[str, Callable[[int], pl.Expr]] = {
    "count": lambda w: AGE.le(w).sum(),
    "sum": lambda w: pl.when(AGE.le(w)).then(VALUE).sum(),
    "days_since": lambda w: pl.when(AGE.le(w)).then(AGE).min(),
    "last": lambda w: VALUE.filter(AGE.le(w)).sort_by(pl.col("moment").filter(AGE.le(w))).last(),
    "min": lambda w: pl.when(AGE.le(w)).then(VALUE).min(),
    "max": lambda w: pl.when(AGE.le(w)).then(VALUE).max(),
}
ENGINE = "streaming"


def features(history: Path, people: pa.Table, dates: Sequence[date], shared: Shared) -> Floats:
    """The matrix (columns, rows); row = person * dates + date."""
    matrix = shared.empty(len(people) * len(dates))
    numbered = pl.from_arrow(people).lazy()
    days = pl.LazyFrame(
        {"place": range(len(dates)), "today": [day_of(day) for day in dates]},
        schema={"place": pl.Int32, "today": pl.Int32},
    )
    for lane in shared.lanes:
        same = [one for one in shared.distinct if one.table == lane.table]
        events = _events(history, lane, same, numbered)
        seen = _seen(events, days, lane.windows[-1], len(dates))
        _keyed(seen, lane, matrix)
        for one in same:
            _different(seen, one, matrix)
    return matrix


def _events(
    history: Path, lane: Lane, same: Sequence[Distinct], people: pl.LazyFrame
) -> pl.LazyFrame:
    at, known = TIMES.get(lane.table, ("at", "known_at"))
    us = 86_400_000_000
    day = pl.col(at).cast(pl.Int64) // us
    first = -(-pl.col(known).cast(pl.Int64) // us)
    kept = [pl.col(c) for c in dict.fromkeys((*lane.on, *(one.column for one in same)))]
    if lane.value:
        kept.append(pl.col(lane.value).alias("value"))
    if "last" in lane.measures:
        kept.append(pl.col(at).alias("moment"))
    return (
        pl.scan_parquet(history / lane.table / "*.parquet")
        .join(people, on="person_id")
        .select(
            "number",
            day.cast(pl.Int32).alias("day"),
            pl.max_horizontal(day + 1, first).cast(pl.Int32).alias("seen"),
            *kept,
        )
        .collect(engine=ENGINE)
        .lazy()
    )


def _seen(events: pl.LazyFrame, days: pl.LazyFrame, longest: int, dates: int) -> pl.LazyFrame:
    return (
        events.join(days, how="cross")
        .filter(pl.col("seen") <= pl.col("today"), pl.col("day") >= pl.col("today") - longest)
        .with_columns(
            age=pl.col("today") - pl.col("day"),
            row=pl.col("number").cast(pl.Int64) * dates + pl.col("place"),
        )
    )


def _keyed(seen: pl.LazyFrame, lane: Lane, matrix: Floats) -> None:
    mapping = pl.from_arrow(lane.mapping).lazy()
    how = {"on": list(lane.on), "nulls_equal": True} if lane.on else {"how": "cross"}
    found = (
        seen.join(mapping, **how)
        .group_by("row", "key")
        .agg(
            AGGREGATES[measure](window).cast(pl.Float64).alias(f"{measure}_{window}")
            for measure, window in lane.wanted()
        )
        .collect(engine=ENGINE)
    )
    values = {(m, w): found[f"{m}_{w}"].fill_null(np.nan).to_numpy() for m, w in lane.wanted()}
    put(matrix, lane, found["row"].to_numpy(), found["key"].to_numpy(), values)


def _different(seen: pl.LazyFrame, one: Distinct, matrix: Floats) -> None:
    kept = [pl.col(column) == value for column, value in one.where.items()]
    found = (
        seen.filter(pl.col(one.column).is_not_null(), *kept)
        .group_by("row", one.column)
        .agg(AGE.min())
        .group_by("row")
        .agg(AGE.le(w).sum().cast(pl.Float64).alias(f"c{w}") for w in one.windows)
        .collect(engine=ENGINE)
    )
    put_distinct(
        matrix, one, found["row"].to_numpy(), [found[f"c{w}"].to_numpy() for w in one.windows]
    )
