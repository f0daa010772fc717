"""The demo: how a newcomer meets Caseload. A synthetic population, two models, a list, the service.

It uses the same commands as everyone else, in order, and adds nothing of its own but the printing.
"""

from __future__ import annotations

import csv
import shutil
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from features.commands import synth_command
from features.tables.history import History
from serving.commands import rank_command
from serving.service import start
from serving.settings import Settings
from serving.ui.present import percent
from training.commands import train_command

Progress = Callable[[str, float | None], None]
HOME = Path("var/demo")
SEED = 7
SHOWN = 10
WIDTH = 100


def demo_command(*, people: int, port: int | None, serve: bool, progress: Progress) -> None:
    """Run the demo in the foreground; with `serve` it ends when it is interrupted.

    Prints the list with reasons, then three things to try, and as its last line
    CASELOAD_URL=<link>. Raises InputError when `people` is too few to train on.
    """
    history = HOME / "history"
    synth_command(
        people=people,
        seed=SEED,
        years=6,
        ages="older",
        scenario="default",
        out=history,
        progress=progress,
    )
    for recipe in ("readmission", "complexity"):
        train_command(recipe=recipe, history=history, progress=progress)
    as_of = (History.open(history).manifest.last + timedelta(days=1)).isoformat()
    listed = HOME / "list.csv"
    answer = rank_command(
        history=history, as_of=as_of, caseloads=None, rules=None, out=listed, progress=progress
    )
    print(list_text(listed, answer))
    sys.stdout.flush()
    if serve:
        _serve(history, port)


def list_text(listed: Path, answer: dict[str, object]) -> str:
    """The first rows of a list.csv as a person reads them; `answer` is that of `caseload rank`."""
    with listed.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    models: dict[str, str] = answer["models"]  # type: ignore[assignment]
    by = ", ".join(f"{name} version {version}" for name, version in models.items())
    lines = [
        f"\nThe next free places, as of {answer['as_of']}, by {by}. Nobody here is real.",
        f"{answer['scored']} people scored, {answer['eligible']} eligible, "
        f"{answer['places']} places, {answer['invited']} to invite now (some four in ten accept)\n",
        f"{'rank':>5}  {'person':18} {'practice':15} {'action':7} {'risk':>8} {'data read':>10}",
    ]
    for row in rows[:SHOWN]:
        risk = percent(float(row["risk"])) if row["risk"] else "none"
        lines.append(
            f"{row['rank']:>5}  {row['person_id']:18} {row['practice_id']:15} {row['action']:7} "
            f"{risk:>8} {float(row['completeness']):>10.0%}"
        )
        reasons = (row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}"])
        lines.extend(_because(reason, first=n == 0) for n, reason in enumerate(reasons))
    return "\n".join([*lines, f"\nThe whole list: {listed}"])


def _because(reason: str, *, first: bool) -> str:
    """A reason below its person, no wider than a terminal."""
    margin = " " * 15
    return textwrap.fill(
        reason,
        WIDTH,
        initial_indent=f"{'because':>14} " if first else margin,
        subsequent_indent=f"{margin}  ",
        break_on_hyphens=False,
    )


def _program() -> str:
    """The command as it can be typed here: by its path where the environment is not active."""
    typed = Path(sys.argv[0])
    here = shutil.which("caseload") or typed.name != "caseload"
    return "caseload" if here else str(typed)


def _serve(history: Path, port: int | None) -> None:
    settings = Settings.from_env().with_changes(history=history, port=port)
    service = start(settings)
    person = service.example_person
    print(
        f"""
Three things to try, the commands in another terminal in this folder
  programme lead   open the link below (it works once): the list, and each person's reasons
  data scientist   {_program()} models
  EHR              curl -s -H 'Authorization: Bearer {service.token}' \\
                     -H 'Content-Type: application/json' \\
                     -d '{{"person_id": "{person}"}}' {service.address}/v1/risk
Stop with Ctrl-C.
CASELOAD_URL={service.link}"""
    )
    sys.stdout.flush()
    service.run()
