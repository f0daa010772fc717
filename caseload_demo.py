"""The demo: how a newcomer meets Caseload. A synthetic population, two models, a list, the service.

It uses the same commands as everyone else, in order, and adds nothing of its own but the printing.
"""

from __future__ import annotations

import csv
import sys
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
    """The first rows of a list.csv as a person reads them."""
    with listed.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    head = (
        f"\nThe next free places, as of {answer['as_of']}: {answer['scored']} people scored, "
        f"{answer['eligible']} eligible, {answer['places']} places, "
        f"{answer['invited']} to invite now\n"
    )
    lines = [head, f"{'rank':>5}  {'person':16} {'practice':13} {'action':7} {'risk':>8}  because"]
    for row in rows[:SHOWN]:
        reasons = [row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}"]]
        risk = percent(float(row["risk"])) if row["risk"] else "none"
        lines.append(
            f"{row['rank']:>5}  {row['person_id']:16} {row['practice_id']:13} {row['action']:7} "
            f"{risk:>8}  {reasons[0] if reasons else ''}"
        )
        lines.extend(f"{'':56}{reason}" for reason in reasons[1:])
    return "\n".join([*lines, f"\nThe whole list: {listed}"])


def _serve(history: Path, port: int | None) -> None:
    settings = Settings.from_env().with_changes(history=history, port=port)
    service = start(settings)
    person = service.example_person
    print(
        f"""
Three things to try
  programme lead   open the link below: the list, and each person's reasons
  data scientist   caseload models
  EHR              curl -s -H 'Authorization: Bearer {service.token}' \\
                     -H 'Content-Type: application/json' \\
                     -d '{{"person_id": "{person}"}}' {service.address}/v1/risk
Stop with Ctrl-C.
CASELOAD_URL={service.link}"""
    )
    sys.stdout.flush()
    service.run()
