"""Scores of a real model: one person and everyone get the same bits, and nobody sees the future."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.errors import NotFoundError
from features.tables.contract import Tables
from features.tables.order import canonical
from features.tables.schema import TABLES
from serving.result import INSUFFICIENT, SCORED
from serving.scorer import Scored, results, score
from tests.drawn import people
from tests.served import NAMES, World, world

pytestmark = pytest.mark.integration

AS_OF = datetime.fromisoformat("2023-03-10 09:30:00")
STAY_PARTS = {
    "discharged_known": ("discharged_at", "discharged_to", "discharged_known"),
    "coded_known": ("drg", "cost", "coded_known"),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"))


def later(rows: pa.Table, column: str) -> pa.ChunkedArray:
    """Rows whose time in `column` is after AS_OF or null."""
    at = pa.scalar(AS_OF, pa.timestamp("us"))
    return pc.fill_null(pc.greater(rows.column(column), at), True)


def blank(rows: pa.Table, where: pa.ChunkedArray, columns: tuple[str, ...]) -> pa.Table:
    for name in columns:
        field, place = rows.schema.field(name), rows.column_names.index(name)
        none = pa.scalar(None, field.type)
        rows = rows.set_column(place, field, pc.if_else(where, none, rows.column(name)))
    return rows


def known(tables: Tables) -> Tables:
    """`tables` without anything that was not known at AS_OF."""
    told = {
        name: rows if TABLES[name].known is None
        else rows.filter(pc.invert(later(rows, TABLES[name].known)))
        for name, rows in tables.items()
    }  # fmt: skip
    for column, parts in STAY_PARTS.items():
        told["stay"] = blank(told["stay"], later(told["stay"], column), parts)
    person = told["person"]
    told["person"] = blank(person, later(person, "death_known"), ("death_date", "death_known"))
    return told


def same(one: Scored, other: Scored) -> bool:
    return (
        one.matrix.rows.equals(other.matrix.rows)
        and one.matrix.X.tobytes() == other.matrix.X.tobytes()
        and one.scores.risk.tobytes() == other.scores.risk.tobytes()
        and results(one) == results(other)
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_person_gets_the_bits_that_everyone_gets(here: World, name: str) -> None:
    served = here.models[name]
    everyone = score(served, here.tables(), AS_OF)
    told = results(everyone)
    assert len(told) > (20 if name == "readmission" else 1000)
    for row in np.linspace(0, len(told) - 1, 25).astype(int):
        person = everyone.matrix.rows.column("person_id")[row].as_py()
        assert here.scorer.assess(here.history.person(person), AS_OF, [name]) == [told[row]]


@pytest.mark.parametrize("name", NAMES)
def test_base_and_contributions_make_the_risk(here: World, name: str) -> None:
    for result in results(score(here.models[name], here.tables(), AS_OF))[:200]:
        assert result.status == SCORED
        assert result.risk is not None
        assert result.base is not None
        log_odds = result.base + sum(why.contribution for why in result.reasons)
        assert log_odds == pytest.approx(math.log(result.risk / (1 - result.risk)), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_deleting_what_was_not_known_changes_no_bit(here: World, name: str) -> None:
    tables = here.tables()
    fewer = known(tables)
    assert fewer["diagnosis"].num_rows < 0.9 * tables["diagnosis"].num_rows
    served = here.models[name]
    assert same(score(served, tables, AS_OF), score(served, fewer, AS_OF))


@pytest.mark.parametrize("name", NAMES)
def test_how_a_stay_that_is_open_ends_changes_no_bit(here: World, name: str) -> None:
    tables = dict(here.tables())
    stay = tables["stay"]
    late = later(stay, "discharged_known")
    begun = pc.invert(later(stay, "admitted_known"))
    open_now = pc.and_(late, begun)
    assert pc.sum(open_now).as_py() >= 3
    before = score(here.models[name], tables, AS_OF)
    moved = pc.add(stay.column("discharged_at"), pa.scalar(timedelta(days=9)))
    for column, value in {
        "discharged_at": moved,
        "discharged_known": pc.add(stay.column("discharged_known"), pa.scalar(timedelta(days=9))),
        "discharged_to": pa.scalar("nursing_facility"),
        "cost": pa.scalar(1e6),
        "drg": pa.scalar("999"),
    }.items():
        place, field = stay.column_names.index(column), stay.schema.field(column)
        stay = stay.set_column(place, field, pc.if_else(open_now, value, stay.column(column)))
    tables["stay"] = stay
    ids = stay.filter(open_now).column("stay_id").combine_chunks()
    diagnosis = tables["diagnosis"]
    own = pc.fill_null(pc.is_in(diagnosis.column("stay_id"), value_set=ids), False)
    assert pc.sum(own).as_py() > 0
    place, field = diagnosis.column_names.index("code"), diagnosis.schema.field("code")
    code = pc.if_else(own, pa.scalar("C9100"), diagnosis.column("code"))
    tables["diagnosis"] = diagnosis.set_column(place, field, code)
    assert same(before, score(here.models[name], tables, AS_OF))


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_row_of_the_future_changes_no_bit(here: World, name: str) -> None:
    tables = dict(here.tables())
    before = score(here.models[name], tables, AS_OF)
    everyone = tables["person"].column("person_id").to_pylist()
    for table, told in {
        "visit": {"setting": "primary_care"},
        "diagnosis": {"code_system": "ICD-10-CM", "code": "I5020", "position": 1},
        "dispensing": {"code_system": "INGREDIENT", "code": "warfarin"},
    }.items():
        planted = [
            told | {"person_id": p, "at": AS_OF + timedelta(days=3), "known_at": known_at}
            | ({"visit_id": f"new-{i}"} if table == "visit" else {})
            for i, (p, known_at) in enumerate(
                (p, AS_OF + timedelta(days=d)) for p in everyone for d in (-1, 5)
            )
        ]  # fmt: skip
        rows = pa.Table.from_pylist(planted, tables[table].schema)
        tables[table] = canonical(TABLES[table], pa.concat_tables([tables[table], rows]))
    assert same(before, score(here.models[name], tables, AS_OF))


def test_someone_without_a_recent_discharge_is_told_apart_from_a_low_risk(here: World) -> None:
    result = here.scorer.assess(people(), AS_OF, ["readmission"])[0]
    assert (result.index_at, result.status, result.risk) == (None, INSUFFICIENT, None)
    assert result.missing == ("an acute discharge known in the last 30 days",)


def test_someone_who_is_not_covered_that_day_is_not_scored(here: World) -> None:
    gone = people(coverage="from until\n2010-01-01 2020-01-01")
    result = here.scorer.assess(gone, AS_OF, ["complexity"])[0]
    assert (result.index_at, result.missing) == (None, ("coverage on that day",))


def test_codes_that_cannot_be_read_are_no_low_risk(here: World) -> None:
    unread = people(
        diagnosis="at system code\n2022-05-01 LOCAL x1\n2022-06-01 LOCAL x2",
        coverage="from kind\n1990-01-01 hospital",
    )
    result = here.scorer.assess(unread, AS_OF, ["complexity"])[0]
    assert (result.status, result.risk, result.reasons) == (INSUFFICIENT, None, ())
    assert result.index_at == AS_OF
    assert result.share < 0.5
    assert "elixhauser_groups_365d" in result.missing


@pytest.mark.parametrize("name", ["complexity", "complexity@champion", "readmission"])
def test_a_model_is_asked_for_by_its_name(here: World, name: str) -> None:
    assert here.scorer.served(name).name == name.split("@")[0]


@pytest.mark.parametrize("name", ["", "nothing", "complexity@2", "@champion"])
def test_a_model_that_is_not_served_is_not_found(here: World, name: str) -> None:
    with pytest.raises(NotFoundError, match="not served"):
        here.scorer.assess(people(), AS_OF, [name])
