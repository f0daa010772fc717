"""`caseload check` from the command line: what it answers, writes and refuses."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path

import pytest

from features.commands import check_command, check_text, ingest_command, ingest_text
from features.errors import InputError
from features.quality.report import check_history
from features.readers.ingest import ingest
from features.synthetic import generate
from features.tables.history import History
from tests.command import caseload, caseload_here
from tests.refused import refused
from training.run import train
from training.source import Data

pytestmark = pytest.mark.integration

YEARS, SEED = 6, 11
PERSON = re.compile(r"\bP?\d{7,}\b")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("quality") / "history"
    generate(made, people=1_500, seed=SEED, years=YEARS)
    return made


def silent(_what: str, _share: float | None) -> None:
    """Progress that nobody watches."""


def sums(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_answer_is_that_of_the_contract_and_the_history_is_only_read(
    history: Path, tmp_path: Path
) -> None:
    before, page = sums(history), tmp_path / "reports" / "quality.html"
    ran = caseload("check", history, "--html", page, "--json", folder=tmp_path)
    assert ran.status == 0, ran.err
    answer = ran.answer
    assert set(answer["verdicts"]) == {"readmission", "admission", "complexity"}
    for verdict in answer["verdicts"].values():
        assert set(verdict) == {"can", "why"}
        assert isinstance(verdict["can"], bool)
        assert all(isinstance(why, str) for why in verdict["why"])
    for finding in answer["findings"]:
        assert {"code", "table", "count", "text"} <= set(finding)
        assert finding["count"] > 0
    assert sums(history) == before
    assert sorted(path.name for path in page.parent.iterdir()) == ["quality.html"]
    assert "checking" in ran.err
    assert not PERSON.search(ran.out), "no id of anyone"


def test_it_is_told_in_words_and_twice_alike(history: Path) -> None:
    first, second = (
        check_text(check_command(history=history, html=None, progress=silent)) for _ in range(2)
    )
    assert first == second
    for words in ("1,500 people from synthetic", "Models", "readmission can be trained and used",
                  "Findings", "Rows, and rows by month from 2019-01 on",
                  "Days from happening to known"):  # fmt: skip
        assert words in first
    assert max(map(len, first.splitlines())) <= 100


@pytest.mark.sized
def test_a_sound_population_can_be_learnt_from(full: bool, tmp_path: Path) -> None:
    """20,000 people with CASELOAD_FULL=1, else 4,000."""
    made = tmp_path / "history"
    generate(made, people=20_000 if full else 4_000, seed=1, years=YEARS)
    answer = check_command(history=made, html=None, progress=silent)
    assert all(verdict["can"] for verdict in answer["verdicts"].values())
    assert {finding["level"] for finding in answer["findings"]} <= {"note"}
    codes = {finding["code"] for finding in answer["findings"]}
    assert not codes & {"ramp_up", "ramp_down", "hole"}


def test_a_verdict_that_is_no_is_borne_out_by_training(tmp_path: Path) -> None:
    made = tmp_path / "history"
    generate(made, people=150, seed=3, years=4)
    verdict = check_history(History.open(made)).verdicts["readmission"]
    assert not verdict.can
    assert verdict.why[0].startswith("Too few outcomes, training refuses")
    with pytest.raises(InputError, match="too little to learn from"):
        train("readmission", Data(made), silent)


def test_a_load_tells_that_checking_is_next(history: Path, tmp_path: Path) -> None:
    """The line can be typed as it stands."""
    out = tmp_path / "a load"
    answer = ingest_command(
        source_format="native", source=str(history), out=out, mapping=None, draft_mapping=None,
        observed=[], on_error="stop", progress=silent,
    )  # fmt: skip
    *_, last = ingest_text(answer).splitlines()
    name, *command = shlex.split(last)
    assert name == "next:"
    assert command == ["caseload", "check", str(out)]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((".",), "this is no History"),
        (("HISTORY", "--html", "HISTORY/quality.html"), "the page would lie inside the History"),
    ],
    ids=["another folder", "a page inside"],
)
def test_bad_input_is_refused(
    arguments: tuple[str, ...], what: str, history: Path, tmp_path: Path
) -> None:
    named = [argument.replace("HISTORY", str(history)) for argument in arguments]
    before = sums(history)
    ran = caseload_here("check", *named, "--json", folder=tmp_path)
    assert what in refused(ran)
    assert sums(history) == before
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_is_refused(history: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for page in (tmp_path / "taken", history / "manifest.json" / "page.html"):
        with pytest.raises(InputError, match="page"):
            check_command(history=history, html=page, progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.sized
def test_the_ramp_down_of_desynpuf_is_found(full: bool, third_party: Path, tmp_path: Path) -> None:
    """100,000 people with CASELOAD_FULL=1, else 10,000, whose noise hides its first months."""
    source = third_party / "cms_desynpuf_10k"
    ingest("synpuf", source if full else source / "sample_01", tmp_path / "h")
    page = tmp_path / "quality.html"
    answer = check_command(history=tmp_path / "h", html=page, progress=silent)
    told = {f["table"]: f["text"] for f in answer["findings"] if f["code"] == "ramp_down"}
    first, lost = ("2010-01", "44%") if full else ("2010-03", "47%")
    text = f"stays ramp down from {first} to 2010-12: {lost} fewer than usual"
    assert told["stay"].startswith(text)
    assert text in page.read_text(encoding="utf-8")
    assert any(f["code"] == "ramp_up" and f["table"] == "stay" for f in answer["findings"])
    why = " ".join(answer["verdicts"]["readmission"]["why"])
    assert "inside the test period: outcomes are missing there" in why
    assert "LACE cannot be counted" in why


def test_a_source_that_observes_nobody_is_told_why_not(third_party: Path, tmp_path: Path) -> None:
    ingest("mimic", third_party / "mimic_iv_demo", tmp_path / "h")
    for verdict in check_history(History.open(tmp_path / "h")).verdicts.values():
        assert not verdict.can
        assert verdict.why[0].startswith("Nothing says when people were observed")
