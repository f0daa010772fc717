"""A build of a matrix that is killed leaves nothing that could be taken for a matrix, and goes on.

Through the real command line: each run is killed outright while it works, the next one finds what
is there, and the file that comes of it in the end is the one an undisturbed run makes.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.bucketed import population
from tests.command import caseload, environment

pytestmark = pytest.mark.integration

PEOPLE, BUCKETS = 500, 64
KILLS, FEW = 20, 3


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return population(tmp_path_factory.mktemp("population"), PEOPLE, seed=21, buckets=BUCKETS)


def asked(history: Path) -> tuple[str, ...]:
    return ("matrix", "readmission", "--history", str(history), "--out", "m.parquet", "--json")


def started(history: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "caseload", *asked(history)],
        cwd=folder, env=environment(folder),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def killed(run: subprocess.Popen[str], lines: int, later: float) -> bool:
    """Kill the run a moment after so many lines of progress; False where it was done before."""
    assert run.stderr is not None
    for _ in range(lines):
        run.stderr.readline()
    try:
        run.wait(timeout=later)
    except subprocess.TimeoutExpired:
        run.kill()
    run.communicate()
    return run.returncode != 0


def parts(folder: Path) -> Mapping[str, tuple[int, int]]:
    """Finished parts, each with what would change if it were made again."""
    found = {path.name: path.stat() for path in folder.glob(".m.parquet.parts/bucket=*.arrow")}
    return {name: (seen.st_ino, seen.st_mtime_ns) for name, seen in found.items()}


def readable(folder: Path) -> list[Path]:
    """Whatever of the folder could be read as a table of a notebook, under any name."""
    return [path for path in folder.rglob("*") if path.is_file() and _is_parquet(path)]


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (OSError, ValueError):
        return False
    return True


@pytest.mark.sized
@pytest.mark.timeout(1800)
def test_a_killed_build_leaves_no_half_matrix_and_goes_on(
    history: Path, tmp_path: Path, full: bool
) -> None:
    """20 kills under CASELOAD_FULL=1, else 3."""
    kills = KILLS if full else FEW
    if not full:
        print(f"{FEW} kills; CASELOAD_FULL=1 makes {KILLS}")
    folder, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    folder.mkdir()
    undisturbed.mkdir()
    whole = caseload(*asked(history), folder=undisturbed)
    assert whole.status == 0, whole.err
    assert [path.name for path in undisturbed.iterdir()] == ["m.parquet"]
    expected, lines = (undisturbed / "m.parquet").read_bytes(), len(whole.err.splitlines())
    assert lines > BUCKETS // 2

    dice, out, done = random.Random(4), folder / "m.parquet", 0
    while done < kills:
        before = parts(folder)
        was_killed = killed(
            started(history, folder), dice.randrange(2, lines // 3), dice.uniform(0, 0.05)
        )
        if was_killed and not out.exists():
            assert all(path.read_bytes() == expected for path in readable(folder))
            after = parts(folder)
            assert {name: after[name] for name in before} == before, "a part was made again"
            done += 1
        else:  # it was done before, or was killed while it took its parts away
            assert out.read_bytes() == expected
            out.unlink()

    left = len(parts(folder))
    last = caseload(*asked(history), folder=folder)
    assert last.status == 0, last.err
    assert last.answer == {**whole.answer, "resumed_buckets": left}
    assert left > 0
    assert out.read_bytes() == expected
    assert [path.name for path in folder.iterdir()] == ["m.parquet"]
