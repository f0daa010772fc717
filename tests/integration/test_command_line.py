"""The command line itself: quick help, unknown commands, exit statuses, no traceback."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import caseload, environment

pytestmark = pytest.mark.integration


def test_help_takes_under_half_a_second_of_cpu(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "caseload", "--help"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert spent < 0.5


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys, caseload\n"
        "try:\n    caseload.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pyarrow', 'mlflow', 'lightgbm', 'numba', 'pandas'} & set(sys.modules)\n"
        "sys.exit(len(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_an_unknown_command_says_so(tmp_path: Path) -> None:
    ran = caseload("frobnicate", folder=tmp_path)
    assert ran.status == 2
    assert "frobnicate" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("train", "readmission", "--history", "nowhere"), "nowhere"),
        (("train", "no-such-recipe", "--history", "nowhere"), "no-such-recipe"),
        (("rank", "--history", "nowhere", "--as-of", "2025-01-01", "--out", "l.csv"), "nowhere"),
        (("ingest", "--from", "synpuf", "nowhere", "--out", "h"), "nowhere"),
        (("ingest", "--from", "unheard-of", ".", "--out", "h"), "a MEDS data set"),
        (("synth", "--people", "0", "--seed", "1", "--out", "h"), "--people"),
        (("synth", "--people", "9", "--seed", "1", "--scenario", "none", "--out", "h"), "none"),
    ],
)
def test_bad_input_says_what_where_and_cure(
    tmp_path: Path, arguments: tuple[str, ...], named: str
) -> None:
    ran = caseload(*arguments, folder=tmp_path)
    assert ran.status == 2, ran.err
    assert named in ran.err
    assert "where:" in ran.err
    assert "cure:" in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""
    assert list(tmp_path.iterdir()) == [], "a refused command writes nothing"
