"""Features of a population against plain SQL, written from what the catalogue says in words.

DuckDB reads the files of a History and knows nothing of the kernel, its windows or its nulls.
Spells are taken from people whose acute stays are three days or more apart, so that each is one by
itself; how stays are joined has tests of its own. Adherence is also held to the way of pharmacy
quality measures, and where the two part, both reasons are named.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from features.catalogue.load import FOLDER, catalogue_of
from features.definition import load_definition
from features.matrix import Matrix, build
from features.tables.history import History
from tests.trained import population, rewritten

pytestmark = [pytest.mark.integration, pytest.mark.sized]

SIZE = {False: 1_000, True: 10_000}
TABLES = ("stay", "visit", "dispensing", "measurement", "coverage")
MEDICINE = "LISINOPRIL"
SUPPLIES = (7, 14, 28, 28, 30, 56, 90, 0, None)
LOINC = {"where": {"code_system": ["LOINC"], "code": ["718-7"]}}

FACT = {
    "visit": "f.known_at <= m.index_at and f.at::date between m.day - {w} and m.day - 1",
    "stay": "greatest(f.admitted_known, f.admitted_at) <= m.index_at"
    " and f.admitted_at::date between m.day - {w} and m.day - 1",
}
FACT["dispensing"] = FACT["measurement"] = FACT["visit"]
ACUTE = "f.setting = 'acute'"
END = "least(m.day, case when f.discharged_known <= m.index_at then f.discharged_at::date end)"


@dataclass(frozen=True)
class Asked:
    """A feature and the SQL of its value over the facts `f` of moment `m`; no fact: 0 or null.

    reach  the facts that count, where they are not those that lie in the window
    """

    table: str
    entry: Mapping[str, Any]
    value: str
    choice: str = "true"
    zero: bool = True
    reach: str = ""
    window: int = field(default=365, kw_only=True)


ASKED: Mapping[str, Asked] = {
    "admissions": Asked("stay", {"table": "spell", "measure": "count"}, "count(*)", ACUTE),
    "unplanned": Asked(
        "stay", {"table": "spell", "measure": "count", "where": {"urgency": ["unplanned"]}},
        "count(*) filter (f.admission_method = 'emergency')", ACUTE, window=730,
    ),
    "bed_days": Asked(
        "stay", {"table": "spell", "measure": "days"},
        f"sum(greatest(0, {END} - greatest(f.admitted_at::date, m.day - 365)))", ACUTE,
        reach="greatest(f.admitted_known, f.admitted_at) <= m.index_at"
        f" and f.admitted_at::date < m.day and {END} > m.day - 365",
    ),
    "emergency_visits": Asked(
        "stay", {"table": "stay", "measure": "count", "where": {"setting": ["emergency"]}},
        "count(*)", "f.setting = 'emergency'", window=183,
    ),
    "visits": Asked("visit", {"table": "visit", "measure": "count"}, "count(*)", window=30),
    "since_visit": Asked(
        "visit", {"table": "visit", "measure": "days_since", "column": "at"},
        "min(m.day - f.at::date)", zero=False, window=90,
    ),
    "providers": Asked(
        "visit", {"table": "visit", "measure": "distinct", "column": "provider_id"},
        "count(distinct f.provider_id)",
    ),
    "medicines": Asked(
        "dispensing", {"table": "dispensing", "measure": "distinct", "column": "code"},
        "count(distinct f.code)", window=90,
    ),
    "haemoglobin": Asked(
        "measurement", {"table": "measurement", "measure": "last", "column": "value"} | LOINC,
        "arg_max(f.value, f.at)", "f.code = '718-7'", zero=False,
    ),
    "visit_costs": Asked(
        "visit", {"table": "visit", "measure": "sum", "column": "cost"},
        "round(sum(f.cost), 2)",
    ),
}  # fmt: skip
BY_PROVIDER: Mapping[str, tuple[str, str]] = {
    "usual_provider": ("top_share", "max(n) / sum(n)"),
    "bice_boxerman": (
        "bice_boxerman",
        "case when sum(n) > 1 then (sum(n * n) - sum(n)) / (sum(n) * (sum(n) - 1)) end",
    ),
}
"""Measures over visits per provider (n each)."""


def entry(name: str, window: int, **more: Any) -> dict[str, Any]:
    words = dict.fromkeys(("what", "plain", "patient", "unit", "null"), "a number")
    return words | {"name": name, "windows": [window], "domain": "use"} | more


def entries() -> list[dict[str, Any]]:
    supplied = {"table": "dispensing", "column": "days_supply", "where": {"code": [MEDICINE]}}
    return [
        *(entry(name, asked.window, **asked.entry) for name, asked in ASKED.items()),
        *(
            entry(name, 365, table="visit", measure=measure, column="provider_id")
            for name, (measure, _) in BY_PROVIDER.items()
        ),
        *(entry(name, 365, measure=name, **supplied) for name in ("covered_share", "longest_gap")),
        entry("observed", 365, table="coverage", measure="observed_share"),
    ]


def varied(name: str, rows: pa.Table) -> pa.Table:
    """Supplies of many lengths, of none and of an unknown one."""
    if name != "dispensing":
        return rows
    lengths = np.random.default_rng(3).integers(0, len(SUPPLIES), len(rows))
    place = rows.column_names.index("days_supply")
    kind = rows.schema.field(place)
    return rows.set_column(place, kind, pa.array([SUPPLIES[i] for i in lengths], kind.type))


@dataclass(frozen=True)
class Base:
    """The matrix of a population, and DuckDB over the same History and index moments."""

    matrix: Matrix
    duck: duckdb.DuckDBPyConnection

    def column(self, query: str) -> np.ndarray:
        """The values of a query that gives (row, value), NaN where it gives none."""
        found = self.duck.sql(query).fetchall()
        values = np.full(len(self.matrix), np.nan)
        for row, value in found:
            values[row] = np.nan if value is None else float(value)
        return values

    def same(self, name: str, expected: np.ndarray, which: np.ndarray) -> None:
        """Exactly the column of that name at the moments `which`; it takes several values there."""
        mine = np.round(self.matrix.column(name), 9)[which]
        assert len(np.unique(mine[~np.isnan(mine)])) > 4, name
        np.testing.assert_array_equal(mine, np.round(expected, 9)[which], err_msg=name)

    def observed(self, window: int) -> np.ndarray:
        return self.column(f"""
            select m.row, sum(greatest(0, least(m.day, coalesce(c.to_at::date, m.day))
                              - greatest(c.from_at::date, m.day - {window})))
            from moments m join coverage c using (person_id)
            where c.known_at <= m.index_at group by m.row""")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, full: bool) -> Base:
    """10,000 people with CASELOAD_FULL=1, else 1,000."""
    folder = tmp_path_factory.mktemp("plain")
    made = population(folder / "made", people=SIZE[full], seed=8)
    history = rewritten(made, folder / "varied", buckets=4, change=varied)
    return base_of(history)


def base_of(history: History) -> Base:
    head = tomllib.loads((FOLDER / "head.toml").read_text(encoding="utf-8"))
    catalogue = catalogue_of(head | {"feature": entries()}).joined_by("evidence")
    matrix, _ = build(history, load_definition("complexity"), catalogue, with_labels=False)
    duck = duckdb.connect()
    for table in TABLES:
        files = f"{history.path}/{table}/*.parquet"
        duck.execute(f"create view {table} as select * from read_parquet('{files}')")
    numbered = matrix.rows.append_column("row", pa.array(np.arange(len(matrix))))
    duck.register("index_moments", numbered)
    duck.execute("create table moments as select *, index_at::date as day from index_moments")
    return Base(matrix, duck)


def apart(base: Base) -> np.ndarray:
    """Moments of people whose acute stays are three days or more apart."""
    close = base.column("""
        select m.row, max(s.close) from moments m left join (
            select person_id, (admitted_at::date - lag(discharged_at::date)
                over (partition by person_id order by admitted_at) < 3)::int as close
            from stay where setting = 'acute') s using (person_id) group by m.row""")
    found = close != 1
    assert found.mean() > 0.7
    return found


@pytest.mark.parametrize("name", ASKED)
def test_a_feature_is_what_plain_sql_counts(base: Base, name: str) -> None:
    asked = ASKED[name]
    where = asked.reach or FACT[asked.table].format(w=asked.window)
    found = base.column(f"""
        select m.row, {asked.value} from moments m join {asked.table} f using (person_id)
        where {asked.choice} and {where} group by m.row""")
    nothing = np.where(base.observed(asked.window) > 0, 0.0, np.nan) if asked.zero else np.nan
    which = apart(base) if asked.choice == ACUTE else np.ones(len(found), np.bool_)
    base.same(name, np.where(np.isnan(found), nothing, found), which)


@pytest.mark.parametrize("name", BY_PROVIDER)
def test_continuity_is_what_plain_sql_counts(base: Base, name: str) -> None:
    found = base.column(f"""
        select row, {BY_PROVIDER[name][1]} from (
            select m.row, f.provider_id, count(*) as n
            from moments m join visit f using (person_id)
            where f.provider_id is not null and {FACT["visit"].format(w=365)}
            group by m.row, f.provider_id) group by row""")
    base.same(name, found, np.ones(len(found), np.bool_))


def test_the_observed_share_is_days_of_cover(base: Base) -> None:
    share = np.nan_to_num(base.observed(365)) / 365
    base.same("observed", share, np.ones(len(share), np.bool_))


COVERED = f"""
    create table if not exists covered as
    select distinct m.row, m.day, u.d::date as covered
    from moments m join dispensing f using (person_id),
         unnest(generate_series(f.at::date, f.at::date + f.days_supply::int - 1,
                                interval 1 day)) as u(d)
    where f.code = '{MEDICINE}' and f.days_supply > 0 and f.known_at <= m.index_at
      and f.at::date < m.day and u.d::date between m.day - 365 and m.day - 1
"""
"""Every day of the last 365 on which somebody had the medicine in hand."""


def test_days_covered_are_what_plain_sql_counts(base: Base) -> None:
    base.duck.execute(COVERED)
    everybody = np.ones(len(base.matrix), np.bool_)
    share = base.column("select row, count(*) / (any_value(day) - min(covered)) "
                        "from covered group by row")  # fmt: skip
    base.same("covered_share", share, everybody)
    gap = base.column("""
        select row, max(until - covered - 1) from (
            select row, covered, coalesce(lead(covered) over (partition by row order by covered),
                                          day) as until from covered) group by row""")
    base.same("longest_gap", gap, everybody)


MEASURE = f"""
    with fills as (
        select m.row, m.day, f.at::date as given, f.days_supply::int as supply,
               sum(f.days_supply::int) over earlier as so_far
        from moments m join dispensing f using (person_id)
        where f.code = '{MEDICINE}' and f.days_supply > 0 and f.known_at <= m.index_at
          and f.at::date between m.day - 365 and m.day - 1
        window earlier as (partition by m.row order by f.at rows unbounded preceding)
    ), shifted as (
        select *, so_far + max(given - date '2000-01-01' - so_far + supply)
                  over (partition by row order by given rows unbounded preceding) as until
        from fills
    )
    select row, sum(greatest(0, least(until, day - date '2000-01-01') - (until - supply)))
                / (any_value(day) - min(given)) as value,
           max((until - supply > given - date '2000-01-01')::int) as early
    from shifted group by row
"""
"""Days covered as pharmacy quality measures count them (PQA, after Hess LM et al., Ann
Pharmacother 2006;40:1280-1288): from the first supply given in the period, a supply given early is
used after the one before; `early`: there was such a supply."""
REACHING = f"""
    select m.row, 1 from moments m join dispensing f using (person_id)
    where f.code = '{MEDICINE}' and f.days_supply > 0 and f.known_at <= m.index_at
      and f.at::date < m.day - 365 and f.at::date + f.days_supply::int > m.day - 365
    group by m.row
"""
"""Moments with a supply given before the period that reaches into it."""


def test_days_covered_are_those_of_pharmacy_measures_but_for_two_named_things(base: Base) -> None:
    """An early supply is not saved up, and what was in hand at the start of the period counts."""
    measure = base.column(f"select row, value from ({MEASURE})")
    early = base.column(f"select row, early from ({MEASURE})") == 1
    reaching = ~np.isnan(base.column(REACHING))
    mine = base.matrix.column("covered_share")
    plain = ~early & ~reaching & ~np.isnan(measure)
    assert plain.sum() > 50
    assert (early & ~reaching).sum() > 20
    base.same("covered_share", measure, ~early & ~reaching)
    saved = early & ~reaching
    assert (mine[saved] <= measure[saved] + 1e-12).all()
