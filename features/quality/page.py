"""The quality report as one page that stands alone: no script, nothing fetched from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from features.errors import InputError
from features.quality.chart import chart
from features.quality.checks.months import ramps_of
from features.quality.finding import NOUNS, percent
from features.quality.months import months_of
from features.quality.register import CHECKS
from features.quality.report import Report
from features.quality.text import CAN
from features.quality.view import CARE, EVENTS

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality of a History</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
Answer = Mapping[str, Any]


def report_page(report: Report) -> str:
    """The page, as HTML text."""
    answer = report.to_json()
    parts = (_head(answer), _verdicts(answer), _findings(answer), _charts(report, answer),
             _known(answer), _nulls(answer))  # fmt: skip
    return PAGE.format(style=STYLE, body="\n".join(line for part in parts for line in part))


def write_page(path: Path, report: Report) -> None:
    """Write the page, whole or not at all, making its folder. Raises InputError where it cannot."""
    path = path.absolute()
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(report_page(report), encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise InputError(
            f"the page cannot be written ({type(error).__name__})",
            where=f"--html {path}",
            cure="name a file in a folder you may write",
        ) from None
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def _head(answer: Answer) -> Iterator[str]:
    about = answer["history"]
    yield "<h1>Quality of a History</h1>"
    yield (
        f"<p>{about['people']:,} people from {escape(about['source'])}, {about['first']} to "
        f"{about['last']}, known until {about['last_known'][:10]}.</p>"
    )
    if about["precision"]:
        told = ", ".join(f"{table} by the {unit}" for table, unit in about["precision"].items())
        yield f'<p class="soft">Times are exact to: {escape(told)}.</p>'


def _verdicts(answer: Answer) -> Iterator[str]:
    yield '<h2 id="verdicts">What it can support</h2>'
    for name, verdict in answer["verdicts"].items():
        kind = "can" if verdict["can"] else "cannot"
        why = "".join(f"<li>{escape(text)}</li>" for text in verdict["why"])
        yield (
            f'<section class="verdict {kind}"><h3>{escape(name)} <span>{CAN[verdict["can"]]}</span>'
            f"</h3><ul>{why}</ul></section>"
        )


def _findings(answer: Answer) -> Iterator[str]:
    cures = {check.code: check.cure for check in CHECKS}
    yield '<h2 id="findings">Findings</h2>'
    if not answer["findings"]:
        yield "<p>None.</p>"
        return
    yield _table_head("level", "what was found, and what to do", "code")
    for level in ("error", "warning", "note"):
        for found in (f for f in answer["findings"] if f["level"] == level):
            yield (
                f'<tr class="{level}"><td class="level">{level}</td><td>{escape(found["text"])}'
                f"<small>{escape(cures[found['code']])}</small></td>"
                f"<td><code>{found['code']}</code></td></tr>"
            )
    yield "</tbody></table></div>"


def _charts(report: Report, answer: Answer) -> Iterator[str]:
    yield '<h2 id="months">Rows by month</h2>'
    yield '<p class="soft">Months of a ramp or hole are in another colour, with a line above.</p>'
    months = months_of(report.totals)
    for name in EVENTS:
        rows = answer["months"][name]
        if not any(rows):
            continue
        odd = [False] * len(months)
        for ramp, _ in ramps_of(report.totals, name) if name in CARE else ():
            odd[ramp.first : ramp.end] = [True] * (ramp.end - ramp.first)
        title = f"{NOUNS[name].capitalize()}: {answer['tables'][name]['rows']:,}"
        yield f"<h3>{escape(title)}</h3>{chart(NOUNS[name].capitalize(), months, rows, odd)}"


def _known(answer: Answer) -> Iterator[str]:
    yield '<h2 id="known">Days from happening to known</h2>'
    delays = "".join(
        f"<li>{escape(str(what))}: {escape(str(how))}</li>"
        for what, how in answer["history"]["delays"].items()
    )
    if delays:
        yield f'<p class="soft">The source is taken to tell:</p><ul>{delays}</ul>'
    yield _table_head("table", "known", "#half within", "#nine in ten within")
    for name, columns in answer["known_after"].items():
        for column, days in columns.items():
            if days["half"] is not None:
                half, most = (f'<td class="number">{days[key]}</td>' for key in ("half", "most"))
                yield f'<tr><th scope="row">{name}</th><td>{column}</td>{half}{most}</tr>'
    yield "</tbody></table></div>"


def _nulls(answer: Answer) -> Iterator[str]:
    yield '<h2 id="complete">Rows, and what is unknown in them</h2>'
    yield _table_head("table", "#rows", "share unknown")
    for name, table in answer["tables"].items():
        null = ((column, share) for column, share in table["null"].items() if share)
        told = ", ".join(f"{column} {percent(share)}" for column, share in null)
        yield (
            f'<tr><th scope="row">{name}</th><td class="number">{table["rows"]:,}</td>'
            f"<td>{told}</td></tr>"
        )
    yield "</tbody></table></div>"


def _table_head(*names: str) -> str:
    """Opens a table; a name behind # heads a column of numbers."""
    heads = "".join(
        f'<th scope="col"{_NUMBER * name.startswith("#")}>{name.lstrip("#")}</th>' for name in names
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>'


_NUMBER = ' class="number"'
