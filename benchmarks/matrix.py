"""The whole catalogue at every index moment, beside DuckDB answering three of its features.

The three are earlier unplanned admissions, nights in hospital and primary-care visits, all
in 365 days, by as-of joins over the same Parquet files; DuckDB is given the
index moments ready-made and neither spells, nor known times, nor unknowns to mind.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.timing import Bench
from features.catalogue import load_catalogue
from features.definition import load_definition
from features.matrix import build
from features.synthetic import generate
from features.tables.history import History

PEOPLE = 8_000

STAYS = """
select m.person_id, m.index_at,
  count(*) filter (s.admission_method = 'emergency'
                   and s.admitted_at >= m.index_at - interval 365 day),
  sum(date_diff('day', greatest(s.admitted_at, m.index_at - interval 365 day),
                least(s.discharged_at, m.index_at)))
from moments m left join read_parquet('{0}/stay/*.parquet') s
  on s.person_id = m.person_id and s.setting = 'acute' and s.admitted_at < m.index_at
     and s.discharged_at > m.index_at - interval 365 day
group by all
"""
VISITS = """
select m.person_id, m.index_at, count(v.at)
from moments m left join read_parquet('{0}/visit/*.parquet') v
  on v.person_id = m.person_id and v.setting = 'primary_care' and v.at < m.index_at
     and v.at >= m.index_at - interval 365 day
group by all
"""


@contextmanager
def benches() -> Iterator[list[Bench]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = folder / "history"
        generate(made, people=PEOPLE, seed=12, years=6)
        history, catalogue = History.open(made), load_catalogue()
        definition = load_definition("complexity", every_months=1)
        moments = build(history, definition, catalogue, with_labels=False)[0].rows
        pq.write_table(moments, folder / "moments.parquet")

        def ours() -> object:
            return build(history, definition, catalogue, with_labels=False)

        def peer() -> None:
            with duckdb.connect() as db:
                db.execute("set threads to 2")
                db.execute(f"create table moments as from '{folder}/moments.parquet'")
                for query in (STAYS, VISITS):
                    db.sql(query.format(made)).to_arrow_table()

        name = f"matrix, {len(catalogue)} features"
        yield [Bench(name, "DuckDB, 3 features", ours, peer, len(moments), "rows", runs=3)]
