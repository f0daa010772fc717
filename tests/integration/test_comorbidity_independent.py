"""Comorbidity indices of whole populations against an independent program.

The rows that count are chosen by plain SQL over the files of a History, pycomorb sums them up, and
the local carrier builds the same for every index moment. Codes are the synthetic population's own,
half of them changed for any code that a list names, so that every group occurs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pycomorb
import pytest

from features.catalogue import Catalogue, load_catalogue
from features.catalogue.load import FOLDER, catalogue_of
from features.codes import code_set
from features.codes.ahrq import edition
from features.definition import load_definition
from features.matrix import Matrix, build
from features.tables.history import History
from models.points import SCORES as OURS
from tests.trained import population, rewritten

pytestmark = pytest.mark.integration

SIZE = {False: 1_000, True: 10_000}
WORDS = dict.fromkeys(("what", "plain", "patient", "unit", "null"), "an index")
LISTS = ("charlson", "elixhauser", "gagne")
SCORES: dict[str, tuple[str, str | None, str | None, str]] = {
    "charlson_1987": ("charlson", "quan", "charlson", "Charlson Comorbidity Index"),
    "quan_2011": ("charlson", "quan", "quan", "Charlson Comorbidity Index"),
    "van_walraven_2009": (
        "elixhauser",
        "quan",
        "van_walraven",
        "Elixhauser Comorbidity Index",
    ),
    "swiss_sharma_2021": ("elixhauser", "quan", "swiss", "Elixhauser Comorbidity Index"),
    "gagne_2011": ("combined", None, None, "Combined Comorbidity Score"),
    "hfrs": ("hfrs", None, None, "HFRS Score"),
}
"""Scheme of weights -> score, implementation, weights and column of pycomorb."""
SET_OF = {
    "charlson_1987": "charlson", "quan_2011": "charlson", "van_walraven_2009": "elixhauser",
    "swiss_sharma_2021": "elixhauser", "gagne_2011": "gagne", "hfrs": "hfrs",
}  # fmt: skip
TUMOUR = "D89"
"""pycomorb counts these codes as a tumour of the Gagne score, the authors' program does not."""

ROWS = """
    with told as (
        select d.*, case when s.stay_id is null then d.known_at
                         else {known} end as told_at
        from diagnosis d left join stay s using (person_id, stay_id)
    )
    select m.row as id, d.code
    from moments m join told d using (person_id)
    where d.code_system = 'ICD-10-CM' and d.told_at <= m.index_at
      and (d.stay_id = m.stay_id and d.at::date <= m.index_at::date
           or d.at::date < m.index_at::date and d.at::date >= m.index_at::date - 730)
"""
"""Rows in view at each moment, of the 730 days before its day or of the stay being left."""
KNOWN = {
    "adt": "greatest(d.known_at, coalesce(s.discharged_known, 'infinity'))",
    "claims": "coalesce(s.discharged_known, 'infinity')",
}
"""When the codes of a stay count as known."""


def entries() -> list[dict[str, Any]]:
    tumour = WORDS | {
        "name": "tumour", "measure": "flag", "table": "diagnosis", "code_set": "gagne",
        "groups": ["tumour"], "kind": "flag", "windows": [730], "domain": "conditions",
        "plain_no": "no", "patient_no": "no",
    }  # fmt: skip
    return [tumour] + [
        WORDS | {
            "name": scheme, "measure": "index", "table": "diagnosis", "code_set": SET_OF[scheme],
            "scheme": scheme, "hierarchy": True, "windows": [730], "domain": "conditions",
        }
        for scheme in SCORES
    ]  # fmt: skip


def asked() -> Catalogue:
    """The indices, and which spells are one stay."""
    head = tomllib.loads((FOLDER / "head.toml").read_text(encoding="utf-8"))
    indices = catalogue_of(head | {"feature": entries()})
    own = load_catalogue().select(["age", "index_stays", "charlson_index_730d"])
    return Catalogue(
        (*indices.features, *own.features), indices.observed, indices.least_share, indices.spells,
        indices.urgency,
    )  # fmt: skip


def varied(seed: int) -> Callable[[str, pa.Table], pa.Table]:
    """Half of the diagnoses become any code that one of the lists names, or any at all."""
    every = edition("ICD-10-CM").to_pylist()
    listed = [
        code
        for code, *bits in zip(
            every, *(code_set(n).bits("ICD-10-CM", every).tolist() for n in LISTS), strict=True
        )
        if any(bits) or code.startswith(TUMOUR)
    ]
    assert len(listed) > 4_000
    choice = np.array(listed + every[::20])

    def change(name: str, rows: pa.Table) -> pa.Table:
        if name != "diagnosis":
            return rows
        dice = np.random.default_rng(seed)
        codes = np.array(rows["code"].to_pylist(), dtype=object)
        changed = dice.random(len(codes)) < 0.5
        codes[changed] = dice.choice(choice, int(changed.sum()))
        place = rows.column_names.index("code")
        return rows.set_column(place, rows.schema.field(place), pa.array(codes, pa.string()))

    return change


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, full: bool) -> History:
    """10,000 people with CASELOAD_FULL=1, else 1,000."""
    folder = tmp_path_factory.mktemp("independent")
    made = population(folder / "made", people=SIZE[full], seed=5)
    return rewritten(made, folder / "varied", buckets=4, change=varied(5))


def chosen(history: History, moments: pa.Table, mode: str) -> pl.DataFrame:
    """(id, code) of every diagnosis in view, `id` the row of the moment."""
    base = duckdb.connect()
    for table in ("diagnosis", "stay"):
        files = f"{history.path}/{table}/*.parquet"
        base.execute(f"create view {table} as select * from read_parquet('{files}')")
    numbered = moments.append_column("row", pa.array(np.arange(len(moments))))
    base.register("moments", numbered)
    found = pl.from_arrow(base.sql(ROWS.format(known=KNOWN[mode])).to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    return found


def theirs(scheme: str, rows: pl.DataFrame, ages: np.ndarray) -> dict[str, np.ndarray]:
    """pycomorb's columns for every moment; a moment without a row has 0."""
    score, implementation, weights, _ = SCORES[scheme]
    aged = rows.with_columns(pl.Series("age", ages[rows["id"].to_numpy()].astype(np.int64)))
    made = pycomorb.comorbidity(
        score, aged, icd_version="icd10", implementation=implementation, weights=weights
    )
    found = {}
    for column in made.columns[1:]:
        found[column] = np.zeros(len(ages))
        found[column][made["id"].to_numpy()] = made[column].to_numpy()
    return found


def compare(matrix: Matrix, rows: pl.DataFrame, which: np.ndarray) -> None:
    """No difference at the moments `which`, but for one point of the Gagne score where a D89 code
    is all there is of a tumour: at every such moment and no other."""
    assert which.sum() > 100
    ages = matrix.column("age")
    told = {scheme: theirs(scheme, rows, ages) for scheme in SCORES}
    for scheme, (*_, column) in SCORES.items():
        mine = matrix.column(scheme)
        assert len(np.unique(mine)) > 10, scheme
        more = np.round(told[scheme][column], 1) - mine
        if scheme == "gagne_2011":
            alone = np.isin(np.arange(len(ages)), beginning_with(TUMOUR, rows))
            alone &= matrix.column("tumour") == 0
            assert alone[which].any()
            more -= alone
        assert not more[which].any(), scheme
    with_age = OURS["charlson_age"]("").points(matrix.X, matrix.schema)
    coded = which & np.isin(np.arange(len(ages)), rows["id"].to_numpy())
    other = told["charlson_1987"]["Charlson Age-Comorbidity Score"]
    assert with_age[coded].tolist() == other[coded].tolist()


def beginning_with(prefix: str, rows: pl.DataFrame) -> np.ndarray:
    return rows.filter(pl.col("code").str.starts_with(prefix))["id"].unique().to_numpy()


@pytest.mark.sized
def test_people_at_the_first_of_a_month(history: History) -> None:
    matrix, _ = build(history, load_definition("complexity"), asked(), with_labels=False)
    compare(matrix, chosen(history, matrix.rows, "adt"), np.ones(len(matrix), np.bool_))


@pytest.mark.sized
@pytest.mark.parametrize("mode", KNOWN)
def test_people_at_discharge(history: History, mode: str) -> None:
    """Spells of one stay: its own codes count as soon as they are known."""
    asks = load_definition("readmission"), asked()
    matrix, _ = build(history, *asks, mode=mode, with_labels=False)
    compare(matrix, chosen(history, matrix.rows, mode), matrix.column("index_stays") == 1)
