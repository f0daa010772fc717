"""One list, byte for byte: run again, on other buckets, from shuffled rows, in any form of file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from features.tables.history import History
from models.allocation import overfill_chance
from serving.batch import Ranked, rank
from serving.caseloads import Line
from serving.rules import Rules
from serving.worklist.domain import Action
from serving.worklist.export import FORMS
from tests.served import World, world

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def ranked(here: World) -> Ranked:
    return listed(here, here.history)


def listed(here: World, history: History) -> Ranked:
    return rank(history, here.models["complexity"], here.as_of, rules=Rules())


def shuffled(here: World, source: Path, rng: np.random.Generator) -> Path:
    """The canonical tables as someone else would hand them over: rows in any order, many files."""
    for name, rows in here.tables().items():
        rows = rows.take(pa.array(rng.permutation(rows.num_rows)))
        (source / name).mkdir(parents=True)
        half = rows.num_rows // 2
        pq.write_table(rows.slice(half), source / name / "a.parquet")
        pq.write_table(rows.slice(0, half), source / name / "b.parquet")
    return source


def test_again_gives_the_same_bytes_in_every_form(here: World, ranked: Ranked) -> None:
    again = listed(here, here.history)
    for form in FORMS.values():
        assert form(again.run, again.entries) == form(ranked.run, ranked.entries)


@pytest.mark.parametrize("buckets", [1, 32])
def test_shuffled_rows_and_other_buckets_give_the_same_bytes(
    here: World, ranked: Ranked, tmp_path: Path, buckets: int
) -> None:
    source = shuffled(here, tmp_path / "source", np.random.default_rng(buckets))
    ingest("native", source, tmp_path / "history", buckets=buckets)
    other = History.open(tmp_path / "history")
    assert other.buckets == buckets
    assert other.digest == here.history.digest
    again = listed(here, other)
    for form in FORMS.values():
        assert form(again.run, again.entries) == form(ranked.run, ranked.entries)


def test_the_list_is_the_one_a_plain_count_gives(here: World, ranked: Ranked) -> None:
    """Recounted person by person from the tables, without the code that made it."""
    tables, as_of = here.tables(), here.as_of
    entries = {entry.person_id: entry for entry in ranked.entries}
    dead = {p["person_id"] for p in tables["person"].to_pylist() if p["death_date"]}
    state: dict[str, str] = {}
    for event in sorted(tables["programme"].to_pylist(), key=lambda e: e["at"]):
        if event["event"] != "contact" and event["known_at"] <= as_of:
            state[event["person_id"]] = event["event"]
    assert not dead & set(entries)
    assert not {p for p, event in state.items() if event in ("enrolment", "accepted")} & set(
        entries
    )
    born = {p["person_id"]: p["birth_date"] for p in tables["person"].to_pylist()}
    for person in entries:
        age = as_of.year - born[person].year  # as_of is New Year's Day
        age -= (born[person].month, born[person].day) > (1, 1)
        assert age >= 65
    risks = [entry.risk for entry in ranked.entries if entry.rank]
    assert risks == sorted(risks, reverse=True)
    assert min(risks) >= ranked.run.cut_value
    assert len(risks) <= ranked.run.eligible <= np.ceil(0.25 * ranked.run.cut_count)


def test_each_practice_is_served_by_its_nurse_within_her_places(
    here: World, ranked: Ranked
) -> None:
    invited = [entry for entry in ranked.entries if entry.action == Action.INVITE]
    assert len(invited) == ranked.run.invited > 0
    assert all(entry.nurse_id == f"nurse of {entry.practice_id}" for entry in invited)
    assert all(entry.nurse_id is None for entry in ranked.entries if entry not in invited)
    assert ranked.run.overfill_chance <= 0.10


def test_few_places_are_shared_out_in_order_of_risk(here: World) -> None:
    lines = [Line("n1", "nurse", 9, 4, frozenset({"*"}), frozenset(), frozenset(), None)]
    short = rank(
        here.history, here.models["complexity"], here.as_of, rules=Rules(), caseloads=lines
    )
    actions = [entry.action for entry in short.entries if entry.rank]
    assert actions == [Action.INVITE] * 9 + [Action.WAIT] * (len(actions) - 9)
    assert (short.run.places, short.run.invited) == (5, 9)
    assert short.run.overfill_chance == overfill_chance(9, 5, 0.378)


def test_a_model_of_discharges_ranks_who_was_discharged(here: World) -> None:
    recent = rank(here.history, here.models["readmission"], here.as_of, rules=Rules(top_share=1))
    assert 0 < len(recent.entries) < 100
    for entry in recent.entries:
        assert 0 <= (here.as_of - entry.index_at).days <= 30


def test_a_day_on_which_nobody_is_covered_has_no_list(here: World, tmp_path: Path) -> None:
    for name, rows in here.tables().items():
        if name == "coverage":
            rows = rows.filter(pc.less(rows.column("from_at"), datetime(2020, 1, 1)))  # noqa: DTZ001
            place, field = rows.column_names.index("to_at"), rows.schema.field("to_at")
            end = pa.array([datetime(2021, 1, 1)] * rows.num_rows, field.type)  # noqa: DTZ001
            rows = rows.set_column(place, field, end)
        (tmp_path / "source").mkdir(exist_ok=True)
        pq.write_table(rows, tmp_path / "source" / f"{name}.parquet")
    ingest("native", tmp_path / "source", tmp_path / "history")
    with pytest.raises(InputError, match="nobody can be scored"):
        listed(here, History.open(tmp_path / "history"))
