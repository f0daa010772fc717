"""A synthetic History as it lies on disk: the same bytes, sound rows, nothing known too early."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.catalogue import load_catalogue
from features.codes import code_set
from features.definition import load_definition
from features.errors import InputError
from features.matrix import build
from features.synthetic import drivers_only, generate, load_scenario
from features.synthetic.coding import code_list, procedure_list
from features.tables.history import History, verify
from features.tables.schema import TABLES

pytestmark = pytest.mark.integration

PEOPLE, SEED = 3_500, 7
ICD_10_CM = re.compile(r"[A-TV-Z][0-9][0-9A-Z]([0-9A-Z]{1,4})?")
ICD_10_PCS = re.compile(r"[0-9A-HJ-NP-Z]{7}")
HAPPENED = {
    "registration": [("from_at", "known_at")],
    "coverage": [("from_at", "known_at")],
    "stay": [
        ("admitted_at", "admitted_known"),
        ("discharged_at", "discharged_known"),
        ("discharged_at", "coded_known"),
    ],
    "visit": [("at", "known_at")],
    "diagnosis": [("at", "known_at")],
    "procedure": [("at", "known_at")],
    "dispensing": [("at", "known_at")],
    "measurement": [("at", "known_at")],
    "programme": [("at", "known_at")],
    "person": [("death_date", "death_known")],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "history"
    generate(out, people=PEOPLE, seed=SEED, workers=1)
    return out


@pytest.fixture(scope="module")
def history(made: Path) -> History:
    return History.open(made)


@pytest.fixture(scope="module")
def tables(history: History) -> dict[str, pa.Table]:
    parts = [history.bucket(number) for number in range(history.buckets)]
    return {name: pa.concat_tables(part[name] for part in parts) for name in TABLES}


@pytest.fixture(scope="module")
def moments(made: Path) -> pa.Table:
    return pq.read_table(made / "truth" / "moments.parquet")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_order_gives_the_same_bytes_from_one_process_or_two(
    made: Path, tmp_path: Path
) -> None:
    generate(tmp_path / "again", people=PEOPLE, seed=SEED, workers=2)
    once, again = files(made), files(tmp_path / "again")
    assert once.keys() == again.keys()
    assert [name for name in once if once[name] != again[name]] == []


def test_another_seed_gives_other_people(history: History, tmp_path: Path) -> None:
    generate(tmp_path / "other", people=200, seed=SEED + 1, years=2)
    generate(tmp_path / "same", people=200, seed=SEED, years=2)
    other, same = (History.open(tmp_path / name) for name in ("other", "same"))
    assert other.digest != same.digest
    ids = [set(h.bucket(0)["person"]["person_id"].to_pylist()) for h in (other, same)]
    assert ids[0].isdisjoint(ids[1])


def test_every_row_keeps_the_contracts_and_the_digests_hold(history: History) -> None:
    verify(history)
    assert history.manifest.people == PEOPLE
    assert all(part["rows"] > 0 for part in history.manifest.tables.values())


def test_everything_is_the_same_without_the_truth(made: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(made, bare)
    shutil.rmtree(bare / "truth")
    with_truth, without = History.open(made), History.open(bare)
    assert with_truth.digest == without.digest
    verify(without)
    definition, catalogue = load_definition("readmission"), load_catalogue()
    X, labels = build(with_truth, definition, catalogue)
    bare_X, bare_labels = build(without, definition, catalogue)
    assert X.X.tobytes() == bare_X.X.tobytes()
    assert labels.equals(bare_labels)


def test_no_part_of_the_product_but_the_generator_names_the_truth() -> None:
    root = Path(__file__).parents[2]
    readers = [
        str(path.relative_to(root))
        for floor in ("features", "models", "training", "serving")
        for path in (root / floor).rglob("*.py")
        if re.search(r"(moments|people)\.parquet|risk_without", path.read_text("utf-8"))
    ]
    assert [name for name in readers if not name.startswith("features/synthetic/")] == []


@pytest.mark.parametrize(
    ("table", "happened", "known"),
    [(name, *pair) for name, pairs in HAPPENED.items() for pair in pairs],
)
def test_nothing_is_known_before_it_happened_or_after_the_end(
    tables: dict[str, pa.Table], history: History, table: str, happened: str, known: str
) -> None:
    rows = tables[table]
    rows = rows.filter(pc.is_valid(rows[known]))
    assert rows.num_rows
    early = pc.less(rows[known], rows[happened].cast(pa.timestamp("us")))
    assert pc.sum(early).as_py() == 0
    assert pc.max(rows[known]).as_py() <= history.manifest.last_known


def test_codes_and_visits_are_known_days_to_weeks_late(tables: dict[str, pa.Table]) -> None:
    stay, visit = tables["stay"], tables["visit"]
    stay = stay.filter(pc.is_valid(stay["coded_known"]))
    for rows, start, known, low, high in (
        (stay, "discharged_at", "coded_known", 14, 22),
        (visit, "at", "known_at", 4, 8),
    ):
        late = pc.subtract(rows[known], rows[start]).cast(pa.int64()).to_numpy() / 86_400e6
        assert low < np.median(late) < high
        assert np.quantile(late, 0.95) > 2 * np.median(late)


def test_conditions_are_coded_only_at_contacts_and_known_with_them(
    tables: dict[str, pa.Table],
) -> None:
    diagnosis = tables["diagnosis"]
    tied = pc.add(
        pc.is_valid(diagnosis["stay_id"]).cast(pa.int8()),
        pc.is_valid(diagnosis["visit_id"]).cast(pa.int8()),
    )
    assert pc.unique(tied).to_pylist() == [1]
    for table, key, known in (
        ("stay", "stay_id", "coded_known"),
        ("visit", "visit_id", "known_at"),
    ):
        rows = diagnosis.filter(pc.is_valid(diagnosis[key]))
        at = pc.index_in(rows[key], value_set=tables[table][key].combine_chunks())
        assert at.null_count == 0
        contact = tables[table].take(at)
        assert rows["person_id"].equals(contact["person_id"])
        assert rows["known_at"].equals(contact[known])


def test_codes_have_the_form_of_their_system() -> None:
    assert all(ICD_10_CM.fullmatch(code) for code in code_list())
    assert all(ICD_10_PCS.fullmatch(code) for code in procedure_list())


def test_codes_are_real(oracles: Path) -> None:
    """Every code stands in the published CCSR and CCS lists of codes."""
    folder = oracles.parent / "crosswalks"
    for codes, name in (
        (code_list(), "ccsr_dx_icd10cm_2023_1.csv.gz"),
        (procedure_list(), "ccs_pr_icd10pcs.csv.gz"),
    ):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            real = {line.split(",")[0].strip("'\"") for line in lines}
        assert [code for code in codes if code not in real] == []


def test_the_conditions_reach_nearly_all_groups_of_need(tables: dict[str, pa.Table]) -> None:
    """Codes are read by the shipped Elixhauser lists; those that chance leaves out are few."""
    held = code_set("elixhauser")
    codes = pc.unique(tables["diagnosis"]["code"]).to_pylist()
    bits = np.bitwise_or.reduce(held.bits("ICD-10-CM", codes))
    assert int(bits).bit_count() >= 0.85 * len(held.groups)


def test_the_truth_says_both_ways_for_each_moment(moments: pa.Table) -> None:
    risk, without, with_it = (
        moments[name].to_numpy() for name in ("risk", "risk_without", "risk_with")
    )
    enrolled = moments["enrolled"].to_numpy()
    assert (
        moments.select(["risk", "risk_without", "risk_with", "need"])
        .to_pandas()
        .notna()
        .all()
        .all()
    )
    assert ((without > 0) & (without < 1)).all()
    assert (with_it <= without).all()
    assert np.array_equal(risk, np.where(enrolled, with_it, without))
    assert np.array_equal(moments["effect"].to_numpy(), without - with_it)
    assert enrolled.any()
    assert set(pc.unique(moments["moment"]).to_pylist()) == {
        "discharge", "nursing_facility_discharge", "month",
    }  # fmt: skip


def test_what_happens_either_way_runs_on_one_random_number(moments: pa.Table) -> None:
    """Nobody is readmitted because of the programme; the lived way is the one that happened."""
    without, with_it = (moments[n].to_numpy() for n in ("event_without", "event_with"))
    assert not (with_it & ~without).any()
    assert (without & ~with_it).any()
    labelled = moments["y"].is_valid().to_numpy()
    lived = np.where(moments["enrolled"].to_numpy(), with_it, without)[labelled]
    assert np.array_equal(lived, pc.drop_null(moments["y"]).to_numpy() == 1.0)
    assert with_it.mean() == pytest.approx(moments["risk_with"].to_numpy().mean(), rel=0.05)


def test_the_drivers_are_what_the_catalogue_says_at_that_moment(
    history: History, moments: pa.Table
) -> None:
    catalogue = load_catalogue()
    matrix, _ = build(history, load_definition("readmission"), catalogue)
    own = moments.filter(pc.equal(moments["moment"], "discharge"))
    at = pc.index_in(matrix.rows["stay_id"], value_set=own["stay_id"].combine_chunks())
    assert at.null_count == 0
    own = own.take(at)
    names = [
        name.removeprefix("driver_")
        for name in own.column_names
        if name.startswith("driver_") and name.removeprefix("driver_") in matrix.schema.names
    ]
    numbers = [n for n in names if matrix.schema.columns[matrix.schema.place(n)].type == "number"]
    assert len(numbers) >= 30
    for name in numbers:
        ours, theirs = own[f"driver_{name}"].to_numpy(), matrix.column(name)
        both = ~np.isnan(ours) & ~np.isnan(theirs)
        assert both.any(), name
        # counts stop at a gap of coverage in the catalogue and at nothing in the drivers
        assert (np.abs(ours[both] - theirs[both]) < 1e-3).mean() > 0.97, name


def test_drivers_only_is_the_truth_of_the_same_order_without_a_history(moments: pa.Table) -> None:
    alone = drivers_only(people=PEOPLE, seed=SEED, workers=1)
    stored = moments.filter(pc.equal(moments["moment"], "discharge"))
    assert alone.to_pandas().equals(stored.to_pandas())


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"people": 0}, "--people"),
        ({"years": 0}, "--years"),
        ({"years": 31}, "--years"),
        ({"seed": -1}, "--seed"),
        ({"ages": "young"}, "--ages"),
    ],
)
def test_an_order_that_cannot_be_met_is_refused_and_leaves_nothing(
    tmp_path: Path, changes: dict[str, object], where: str
) -> None:
    order: dict[str, object] = {"people": 10, "seed": 1, "years": 2, "ages": "older"} | changes
    with pytest.raises(InputError) as refused:
        generate(tmp_path / "h", scenario=load_scenario(), **order)  # type: ignore[arg-type]
    assert where in refused.value.where
    assert refused.value.cure
    assert list(tmp_path.iterdir()) == []
