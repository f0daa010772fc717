"""Coverage that the user states: who is observed from when to when, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from features.readers.stated import observed
from features.tables.history import History

pytestmark = pytest.mark.spec


def source(folder: Path, coverage: str = "") -> Path:
    folder.mkdir()
    (folder / "person.csv").write_text(
        "person_id,birth_date,sex\nA,1950-01-01,female\nB,2016-05-01,male\nC,,male\nD,2021-01-01,male\n"
    )
    if coverage:
        (folder / "coverage.csv").write_text(coverage)
    return folder


def test_everybody_is_observed_from_birth_at_the_earliest(tmp_path: Path) -> None:
    said = [observed("hospital=2015-01-01..2020-06-30")]
    ingest("native", source(tmp_path / "in"), tmp_path / "out", observed=said)
    history = History.open(tmp_path / "out")
    rows = history.bucket(0)["coverage"].to_pylist()
    told = sorted((r["person_id"], str(r["from_at"])[:10], str(r["to_at"])[:10]) for r in rows)
    assert told == [
        ("A", "2015-01-01", "2020-07-01"),
        ("B", "2016-05-01", "2020-07-01"),
        ("C", "2015-01-01", "2020-07-01"),
    ]
    assert {r["kind"] for r in rows} == {"hospital"}
    assert history.manifest.delays["coverage"] == (
        "stated at loading: hospital=2015-01-01..2020-06-30"
    )
    assert str(history.manifest.last_known)[:10] == "2020-06-30"


def test_a_source_that_states_coverage_is_not_overruled(tmp_path: Path) -> None:
    own = "person_id,from_at,to_at,known_at,kind\nA,2015-01-01,,2015-01-01,all\n"
    with pytest.raises(InputError, match="the source states itself"):
        ingest(
            "native", source(tmp_path / "in", own), tmp_path / "out",
            observed=[observed("all=2015-01-01..2020-06-30")],
        )  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    ["2015-01-01..2020-01-01", "all=2015..2020", "every=2015-01-01..2016-01-01",
     "all=2015-02-30..2016-01-01", "all=2016-01-01..2015-01-01"],
)  # fmt: skip
def test_a_statement_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--observed"):
        observed(text)
