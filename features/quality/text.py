"""The quality report for a terminal, made of the answer of `caseload check`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from features.quality.finding import percent

WIDTH = 100
CAN = {True: "can be trained and used", False: "cannot be trained or used"}
BARS = " ▁▂▃▄▅▆▇█"
MOST_BARS = 71


def report_text(answer: Mapping[str, Any]) -> str:
    """Verdicts first, then findings from grave to light, then the figures."""
    parts = (_head, _verdicts, _findings, _months, _known, _nulls)
    return "\n".join(line for part in parts for line in part(answer)).rstrip()


def _head(answer: Mapping[str, Any]) -> Iterator[str]:
    about = answer["history"]
    yield from _wrapped(
        "",
        f"{about['people']:,} people from {about['source']}, {about['first']} to {about['last']}, "
        f"known until {about['last_known'][:10]}",
        2,
    )
    for name in ("precision", "delays"):
        if about[name]:
            told = "; ".join(f"{what}: {how}" for what, how in about[name].items())
            yield from _wrapped(f"  {name}  ", told, 4)


def _verdicts(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "Models")
    for name, verdict in answer["verdicts"].items():
        yield f"  {name} {CAN[verdict['can']]}"
        for why in verdict["why"]:
            yield from _item(why)


def _findings(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "Findings" if answer["findings"] else "No findings")
    for level in ("error", "warning", "note"):
        for finding in (f for f in answer["findings"] if f["level"] == level):
            yield from _item(f"{level} {finding['code']}: {finding['text']}")


def _months(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"Rows, and rows by month from {answer['months_from']} on")
    for name, table in answer["tables"].items():
        drawn = bars(answer["months"].get(name, []))
        yield f"  {name:13}{table['rows']:>12,}  {drawn}".rstrip()
    events = ", ".join(f"{name} {count:,}" for name, count in answer["programme"].items())
    if events:
        yield from _wrapped("  programme events: ", events, 4)
    tied = answer["diagnoses"]
    if tied["mean"] is not None:
        yield f"  diagnoses of an acute stay: {tied['mean']:g} on average, median {tied['median']}"


def bars(counts: Sequence[int]) -> str:
    """A bar for each month; for each run of months where there are too many."""
    size = -(-len(counts) // MOST_BARS) or 1
    runs = [sum(counts[k : k + size]) / len(counts[k : k + size])
            for k in range(0, len(counts), size)]  # fmt: skip
    most = max(runs, default=0) or 1
    return "".join(BARS[math.ceil((len(BARS) - 1) * run / most)] for run in runs)


def _known(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "Days from happening to known: half, and nine in ten, within")
    for name, columns in answer["known_after"].items():
        told = "; ".join(
            f"{column} {days['half']}, {days['most']}"
            for column, days in columns.items()
            if days["half"] is not None
        )
        yield f"  {name:13}{told}"


def _nulls(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "Unknown, share of rows")
    for name, table in answer["tables"].items():
        told = [f"{column} {percent(share)}" for column, share in table["null"].items() if share]
        if told:
            yield from _wrapped(f"  {name:13}", ", ".join(told), 15)


def _item(text: str) -> Iterator[str]:
    yield from _wrapped("    - ", text, 6)


def _wrapped(start: str, text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False
    )
