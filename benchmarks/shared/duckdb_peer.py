"""The shared features by DuckDB: long form, one group-by on row and key for each table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.shared.asked import TIMES, Distinct, Floats, Lane, Shared, day_of, put, put_distinct

DAY = 86_400_000_000
AGGREGATES = {
    "count": "count(*) filter (age <= {w})",
    "sum": "sum(value) filter (age <= {w})",
    "days_since": "min(age) filter (age <= {w})",
    "last": "arg_max(value, moment) filter (age <= {w})",
    "min": "min(value) filter (age <= {w})",
    "max": "max(value) filter (age <= {w})",
}


def features(history: Path, people: pa.Table, dates: Sequence[date], shared: Shared) -> Floats:
    """The matrix (columns, rows); row = person * dates + date."""
    matrix = shared.empty(len(people) * len(dates))
    with duckdb.connect() as db:
        db.execute(
            "set threads = 2; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        db.register("given", people)
        db.execute("create temp table people as select person_id, number from given")
        days = ", ".join(f"({place}, {day_of(day)})" for place, day in enumerate(dates))
        db.execute(f"create temp table dates as select * from (values {days}) t(place, today)")
        for lane in shared.lanes:
            same = [one for one in shared.distinct if one.table == lane.table]
            _table(db, history, lane, same, matrix, len(dates))
    return matrix


def _table(
    db: duckdb.DuckDBPyConnection, history: Path, lane: Lane, same: Sequence[Distinct],
    matrix: Floats, dates: int,
) -> None:  # fmt: skip
    at, known = (f'"{name}"' for name in TIMES.get(lane.table, ("at", "known_at")))
    columns = dict.fromkeys((*lane.on, *(one.column for one in same)))
    kept = "".join(f", {column}" for column in columns)
    kept += f", {lane.value} as value" if lane.value else ""
    kept += f", {at} as moment" if "last" in lane.measures else ""
    db.execute(f"""
        create or replace temp table events as
        select number, (epoch_us({at}) // {DAY})::int as day,
               greatest(epoch_us({at}) // {DAY} + 1,
                        (epoch_us({known}) + {DAY - 1}) // {DAY})::int as seen {kept}
        from read_parquet('{history}/{lane.table}/*.parquet') join people using (person_id)
    """)
    db.register("given_mapping", lane.mapping)
    db.execute("create or replace temp table mapping as from given_mapping")
    answers = ", ".join(
        f"({AGGREGATES[measure].format(w=window)})::double as {measure}_{window}"
        for measure, window in lane.wanted()
    )
    on = " and ".join(f"e.{c} is not distinct from m.{c}" for c in lane.on) or "true"
    found = db.sql(f"""
        select (number * {dates} + place)::bigint as row, key::bigint as key, {answers}
        from (select *, today - day as age from events e, dates
              where seen <= today and day >= today - {lane.windows[-1]}) e
        join mapping m on {on}
        group by row, key
    """).fetchnumpy()
    values = {
        (measure, window): _plain(found[f"{measure}_{window}"]) for measure, window in lane.wanted()
    }
    put(matrix, lane, _plain(found["row"]), _plain(found["key"]), values)
    for one in same:
        _different(db, one, matrix, dates)


def _different(db: duckdb.DuckDBPyConnection, one: Distinct, matrix: Floats, dates: int) -> None:
    where = "".join(f" and {column} = '{value}'" for column, value in one.where.items())
    counts = ", ".join(f"count(*) filter (age <= {w})::double as c{w}" for w in one.windows)
    found = db.sql(f"""
        select row, {counts} from (
            select (number * {dates} + place)::bigint as row, {one.column},
                   min(today - day) as age
            from events, dates
            where seen <= today and day >= today - {max(one.windows)}
              and {one.column} is not null {where}
            group by row, {one.column})
        group by row
    """).fetchnumpy()
    put_distinct(matrix, one, _plain(found["row"]), [_plain(found[f"c{w}"]) for w in one.windows])


def _plain(column: np.ndarray) -> np.ndarray:
    return column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else column
