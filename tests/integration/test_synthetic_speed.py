"""Making 100,000 people over 6 years: seconds and memory. Smaller, and saying so, by default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.sized]

SECONDS, MEMORY = 90.0, 8e9
SCRIPT = """
import json, resource, sys, time
from pathlib import Path
from features.synthetic import drivers_only, generate

def main():
    people, what, out = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    # what Numba compiles stays on disk
    generate(out.with_name("first"), people=50, seed=1, years=1)
    start = time.perf_counter()
    if what == "history":
        generate(out, people=people, seed=7)
    else:
        drivers_only(people=people, seed=7)
    seconds = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"seconds": seconds, "memory": 1024 * (own + 2 * worker)}))

if __name__ == "__main__":
    main()
"""


def made(folder: Path, people: int, what: str) -> dict[str, float]:
    """Seconds, and bytes at the most of this process and its two workers together."""
    script = folder / "make.py"
    script.write_text(SCRIPT, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, script, str(people), what, folder / "out"],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": root},
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_a_history_is_made_in_time_and_in_bounded_memory(full: bool, tmp_path: Path) -> None:
    people = 100_000 if full else 10_000
    found = made(tmp_path, people, "history")
    print(f"{people} people over 6 years{'' if full else ' (reduced size)'}: {found}")
    assert found["seconds"] < SECONDS * (1.0 if full else 0.5)
    assert found["memory"] < MEMORY


def test_the_drivers_of_many_people_are_made_in_bounded_memory(full: bool, tmp_path: Path) -> None:
    people = 200_000 if full else 10_000
    found = made(tmp_path, people, "drivers")
    print(f"drivers of {people} people{'' if full else ' (reduced size)'}: {found}")
    assert found["memory"] < MEMORY / 2
