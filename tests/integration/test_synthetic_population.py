"""What a synthetic population is for shows in its data: clusters, bias, an effect, drift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.observed import days, observed_days
from features.spells import SpellRule, spells
from features.synthetic import generate, load_scenario
from features.tables.history import History
from features.tables.schema import TABLES

pytestmark = pytest.mark.integration

Floats = npt.NDArray[np.float64]
YEAR = 365.25


@dataclass(frozen=True)
class Made:
    """A population: its tables, its truth, its last day."""

    tables: dict[str, pa.Table]
    moments: pa.Table
    people: pa.Table
    spells: pa.Table
    end: int

    @property
    def ids(self) -> pa.Array:
        return self.tables["person"]["person_id"].combine_chunks()

    def rows(self, person: pa.ChunkedArray) -> npt.NDArray[np.int64]:
        """Row of each person in the person table."""
        return np.asarray(pc.index_in(person, value_set=self.ids).to_numpy(), dtype=np.int64)


def make(folder: Path, people: int, scenario: str = "default", **order: object) -> Made:
    generate(folder, people=people, scenario=load_scenario(scenario), **order)  # type: ignore[arg-type]
    history = History.open(folder)
    parts = [history.bucket(number) for number in range(history.buckets)]
    tables = {name: pa.concat_tables(part[name] for part in parts) for name in TABLES}
    return Made(
        tables,
        pq.read_table(folder / "truth" / "moments.parquet"),
        pq.read_table(folder / "truth" / "people.parquet"),
        spells(tables, SpellRule.DATES),
        history.manifest.last.toordinal() - 719_163 + 1,
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("usual") / "h", 16_000, seed=21)


@pytest.fixture(scope="module")
def nothing_works(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("null") / "h", 16_000, "null-effect", seed=22)


def unplanned(made: Made) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Person and day of each unplanned admission."""
    found = made.spells.filter(pc.equal(made.spells["urgency"], "unplanned"))
    return made.rows(found["person_id"]), days(found["admitted_at"])


# ---------------------------------------------------------------- who there is


def test_two_thirds_of_the_older_population_are_65_and_over(usual: Made, tmp_path: Path) -> None:
    age = ages(usual)
    assert np.mean(age >= 65) == pytest.approx(2 / 3, abs=0.02)
    assert age.min() >= 40
    general = ages(make(tmp_path / "general", 3_000, seed=23, years=2, ages="general"))
    assert np.mean(general >= 65) == pytest.approx(0.21, abs=0.03)
    assert 18 <= general.min() < 20


def ages(made: Made) -> Floats:
    """Ages on the first day of six years (or two)."""
    first = min(days(made.tables["coverage"]["from_at"]))
    return (first - days(made.tables["person"]["birth_date"]) + 1) / YEAR


def test_the_first_year_is_like_those_that_follow(nothing_works: Made) -> None:
    found = nothing_works.spells.filter(pc.is_valid(nothing_works.spells["discharged_at"]))
    person, start = nothing_works.rows(found["person_id"]), days(found["admitted_at"])
    stop = days(found["discharged_at"])
    soon = (person[1:] == person[:-1]) & (start[1:] - stop[:-1] <= 30)
    year = ((start[:-1] - start.min()) / YEAR).astype(np.int64)
    share, size = (
        np.bincount(year, weights=w)[:5] for w in (soon.astype(float), np.ones(year.size))
    )
    share = share / size
    wide = 4 * np.sqrt(share[0] * (1 - share[0]) / size[0])
    assert share[0] == pytest.approx(share[1:].mean(), abs=wide)
    assert size[0] == pytest.approx(size[1:].mean(), rel=0.12)


def test_practices_and_localities_differ_in_size_and_people_move_between_them(usual: Made) -> None:
    rows = usual.tables["registration"]
    for column in ("practice_id", "locality"):
        size = np.array(rows[column].value_counts().field("counts").to_pylist())
        assert size.size >= 3
        assert size.max() > 1.5 * size.min()
    practices = rows.group_by("person_id").aggregate([("practice_id", "count_distinct")])
    moved = np.mean(practices["practice_id_count_distinct"].to_numpy() > 1)
    assert 0.05 < moved < 0.25


def test_some_coverage_begins_late_or_has_a_gap_and_nothing_is_recorded_in_it(usual: Made) -> None:
    coverage = usual.tables["coverage"]
    row, start = usual.rows(coverage["person_id"]), days(coverage["from_at"])
    pieces = np.bincount(row)
    assert 0.02 < np.mean(pieces > 1) < 0.10
    first = np.full(pieces.size, 10**6)
    np.minimum.at(first, row, start)
    assert 0.04 < np.mean(first > first.min()) < 0.12
    for name, time in (("visit", "at"), ("stay", "admitted_at"), ("dispensing", "at")):
        at = days(usual.tables[name][time])
        seen = observed_days(coverage, usual.tables[name]["person_id"], at, at + 1)
        assert (seen == 1).all(), name


# ---------------------------------------------------------------- admissions


def test_admissions_repeat_and_cluster(usual: Made) -> None:
    """Far more than a steady rate would give: variance of counts, and of the next weeks."""
    person, day = unplanned(usual)
    count = np.bincount(person, minlength=len(usual.ids))
    assert count.var() > 2.0 * count.mean()
    ordered = np.lexsort((day, person))
    person, day = person[ordered], day[ordered]
    gap = np.diff(day)[np.diff(person) == 0]
    assert np.mean(gap <= 30) > 2.0 * np.mean((gap > 60) & (gap <= 90))


def test_some_spells_are_transfers_between_hospitals(usual: Made) -> None:
    stay = usual.tables["stay"]
    acute = stay.filter(pc.equal(stay["setting"], "acute"))
    moved = pc.sum(pc.equal(acute["admission_method"], "transfer")).as_py()
    assert 0.01 < moved / acute.num_rows < 0.06
    assert usual.spells.num_rows == acute.num_rows - moved


def test_leaving_a_nursing_facility_for_home_raises_admissions_for_days(usual: Made) -> None:
    """From the stays alone: people home from a facility, days 1-3 against days 31-90.

    The hazard itself is raised 4.6-fold (`test_synthetic_hazards.py`). Here the weeks compared also
    fade with the time since the hospital, so that the rise seen is at least that, within chance.
    """
    stay = usual.tables["stay"]
    nursing = stay.filter(
        pc.and_(
            pc.equal(stay["setting"], "nursing_facility"), pc.equal(stay["discharged_to"], "home")
        )
    )
    who, left = usual.rows(nursing["person_id"]), days(nursing["discharged_at"])
    kept = left < usual.end - 90
    person, day = unplanned(usual)
    keys = np.sort(person * 100_000 + day)

    def admitted(first: int, last: int) -> Floats:
        begin = np.searchsorted(keys, who[kept] * 100_000 + left[kept] + first)
        end = np.searchsorted(keys, who[kept] * 100_000 + left[kept] + last + 1)
        return (end - begin).astype(np.float64)

    soon, later = admitted(1, 3), admitted(31, 90)
    ratio = (soon.sum() / 3) / (later.sum() / 60)
    wide = np.exp(1.96 * np.sqrt(1 / soon.sum() + 1 / later.sum()))
    print(f"{soon.sum():.0f} and {later.sum():.0f} admissions, ratio {ratio:.2f}")
    assert ratio / wide < 10.0
    assert ratio * wide > 4.6
    assert ratio / wide > 2.0


def test_costs_have_a_heavy_tail(usual: Made) -> None:
    stay, visit = usual.tables["stay"], usual.tables["visit"]
    total = np.zeros(len(usual.ids))
    for rows in (stay, visit):
        cost = pc.fill_null(rows["cost"], 0.0).to_numpy()
        total += np.bincount(usual.rows(rows["person_id"]), cost, minlength=total.size)
    ordered = np.sort(total)[::-1]
    assert ordered[: total.size // 20].sum() / total.sum() > 0.2
    assert ordered[: total.size // 2].sum() / total.sum() > 0.8


# ---------------------------------------------------------------- equal need, unequal access


def contrast(made: Made) -> dict[str, float]:
    """Those with worse access as a ratio to the others, at 70 and over: need, contacts, codes."""
    worse = made.people["ethnicity"].to_pylist()
    worse = np.array([group in ("black", "hispanic") for group in worse])
    at = pc.index_in(made.people["person_id"], value_set=made.ids).to_numpy()
    order = np.argsort(at)
    worse = worse[order]
    old = ages(made) >= 65
    month = made.moments.filter(pc.equal(made.moments["moment"], "month"))
    who = made.rows(month["person_id"])
    moments = np.bincount(who, minlength=old.size)
    need = np.bincount(who, month["need"].to_numpy(), minlength=old.size) / np.maximum(moments, 1)
    visits = np.bincount(made.rows(made.tables["visit"]["person_id"]), minlength=old.size)
    codes = np.bincount(made.rows(made.tables["diagnosis"]["person_id"]), minlength=old.size)
    seen = old & (moments > 0)
    return {
        name: float(
            (value[seen & worse].sum() / weight[seen & worse].sum())
            / (value[seen & ~worse].sum() / weight[seen & ~worse].sum())
        )
        for name, value, weight in (
            ("need", need, np.ones(old.size)),
            ("visits", visits, moments),
            ("codes", codes, moments),
        )
    }


def test_groups_of_equal_need_have_unequal_contacts_and_codes(usual: Made) -> None:
    found = contrast(usual)
    assert found["need"] == pytest.approx(1.0, abs=0.06)
    assert found["visits"] < 0.8
    assert found["codes"] < 0.85


def test_with_equal_access_the_groups_are_alike(tmp_path: Path) -> None:
    found = contrast(make(tmp_path / "h", 8_000, "equal-access", seed=24))
    assert found["need"] == pytest.approx(1.0, abs=0.08)
    assert found["visits"] == pytest.approx(1.0, abs=0.08)
    assert found["codes"] == pytest.approx(1.0, abs=0.08)


# ---------------------------------------------------------------- the past programme


def offers(
    made: Made,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Person, day and acceptance of each offer."""
    rows = made.tables["programme"]
    offered = rows.filter(pc.equal(rows["event"], "offer"))
    accepted = rows.filter(pc.equal(rows["event"], "accepted"))
    who = made.rows(offered["person_id"])
    return who, days(offered["at"]), np.isin(who, made.rows(accepted["person_id"]))


def test_a_programme_is_offered_by_last_years_use_once_and_accepted_by_37_8_percent(
    nothing_works: Made, usual: Made
) -> None:
    accepted, total = 0, 0
    for made in (usual, nothing_works):
        who, when, yes = offers(made)
        assert np.unique(who).size == who.size
        person, day = unplanned(made)
        keys = np.sort(person * 100_000 + day)
        recent = np.searchsorted(keys, who * 100_000 + when) - np.searchsorted(
            keys, who * 100_000 + when - 365
        )
        assert np.mean(recent >= 2) > 0.9  # the rest were admitted before coverage began
        done = when < made.end - 40
        accepted, total = accepted + int(yes[done].sum()), total + int(done.sum())
    wide = 2.6 * np.sqrt(0.378 * 0.622 / total)
    print(f"{accepted} of {total} accepted")
    assert total > 400
    assert accepted / total == pytest.approx(0.378, abs=wide)


def test_practices_start_the_programme_at_different_times(usual: Made) -> None:
    who, when, _ = offers(usual)
    rows = usual.tables["registration"]
    each = list(zip(usual.rows(rows["person_id"]), rows["practice_id"].to_pylist(), strict=True))
    first = dict(reversed(each))
    starts: dict[str, int] = {}
    for person, day in zip(who, when, strict=True):
        practice = first[person]
        starts[practice] = min(starts.get(practice, 10**6), int(day))
    assert len(starts) >= 5
    assert max(starts.values()) - min(starts.values()) > 300


def test_use_falls_after_an_offer_that_does_nothing(nothing_works: Made) -> None:
    """Regression to the mean: accepted or not, and with no effect, use halves after the offer."""
    who, when, yes = offers(nothing_works)
    person, day = unplanned(nothing_works)
    keys = np.sort(person * 100_000 + day)
    death = days(nothing_works.tables["person"]["death_date"])
    kept = (when < nothing_works.end - 365) & ((death[who] < 0) | (death[who] > when + 365))
    for group in (yes & kept, ~yes & kept):
        key = who[group] * 100_000 + when[group]
        before = np.searchsorted(keys, key) - np.searchsorted(keys, key - 365)
        after = np.searchsorted(keys, key + 365) - np.searchsorted(keys, key)
        assert before.sum() > 100
        assert after.sum() < 0.75 * before.sum()
    assert np.all(nothing_works.moments["effect"].to_numpy() == 0.0)


def test_the_effect_differs_between_people_and_is_largest_at_middling_risk(usual: Made) -> None:
    month = usual.moments.filter(pc.equal(usual.moments["moment"], "month"))
    risk = month["risk_without"].to_numpy()
    share = month["effect"].to_numpy() / risk
    band = np.digitize(risk, [0.005, 0.02, 0.08, 0.3])
    mean = np.array([share[band == n].mean() for n in range(5)])
    assert int(np.argmax(mean)) in (2, 3)
    assert mean.max() > 3.0 * max(mean[0], mean[-1])
    middling = share[band == 2]
    assert middling.std() > 0.3 * middling.mean()


# ---------------------------------------------------------------- drift


def test_in_the_drift_scenario_use_falls_and_coding_becomes_denser(
    usual: Made, tmp_path: Path
) -> None:
    drifted = make(tmp_path / "h", 8_000, "drift", seed=25)

    def late_to_early(made: Made) -> tuple[float, float]:
        _, day = unplanned(made)
        cut = made.end - 730
        admissions = np.sum(day >= cut) / np.sum((day < cut) & (day >= cut - 730))
        visit, code = made.tables["visit"], made.tables["diagnosis"]
        code = code.filter(pc.is_valid(code["visit_id"]))
        dense = [
            np.sum(days(code["at"]) >= cut) / np.sum(days(visit["at"]) >= cut),
            np.sum(days(code["at"]) < cut) / np.sum(days(visit["at"]) < cut),
        ]
        return float(admissions), float(dense[0] / dense[1])

    use, density = late_to_early(usual)
    drifted_use, drifted_density = late_to_early(drifted)
    assert drifted_use < 0.92 * use
    assert drifted_density > 1.1 * density
