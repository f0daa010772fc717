"""The commands of the lowest floor: make a population, read a source. Each returns its answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from features.errors import InputError
from features.synthetic import generate, load_scenario
from features.tables.history import History

Answer = dict[str, object]
Progress = Callable[[str, float | None], None]


def synth_command(
    *, people: int, seed: int, years: int, ages: str, scenario: str, out: Path, progress: Progress
) -> Answer:
    """Make a synthetic population at `out` (its truth in `out`/truth).

    Returns {people, digest, tables: {name: rows}, first, last}. Raises InputError on a size or a
    scenario that cannot be.
    """
    for name, value in (("--people", people), ("--years", years)):
        if value < 1:
            raise InputError(
                f"{name} must be at least 1", where=name, cure="give a positive number"
            )
    settings = load_scenario(scenario)
    generate(
        out, people=people, seed=seed, years=years, ages=ages, scenario=settings, progress=progress
    )
    history = History.open(out)
    manifest = history.manifest
    return {
        "people": people,
        "digest": history.digest,
        "tables": {name: entry["rows"] for name, entry in manifest.tables.items()},
        "first": str(manifest.first),
        "last": str(manifest.last),
    }


def synth_text(answer: Answer) -> str:
    return _rows_text(
        answer, "tables", f"{answer['people']} people, {answer['first']} to {answer['last']}"
    )


def ingest_command(
    *,
    source_format: str,
    source: str,
    out: Path | None,
    mapping: Path | None,
    draft_mapping: Path | None,
    observed: list[str],
    on_error: str,
    progress: Progress,
) -> Answer:
    """Read `source` with the reader `source_format` into a History at `out`.

    Returns the `ingest` answer of the contracts (for every table read = kept + merged + rejected)
    and `history`, where it is. With `draft_mapping` it proposes a mapping there instead: {draft,
    files, fill_in, decide, shipped}. Raises InputError for a source that cannot be read; `out` is
    then untouched.
    """
    if draft_mapping is not None:
        return _drafted(source_format, Path(source), draft_mapping)
    if out is None:
        raise InputError(
            "where the History is to be is not said", where="--out", cure="name a folder"
        )
    # Ibis and DuckDB take a second to load.
    from features.readers import stated
    from features.readers.ingest import ingest

    report = ingest(
        source_format, source, out,
        mapping=mapping, observed=[stated.observed(text) for text in observed],
        on_error=on_error, progress=progress,
    )  # fmt: skip
    return report.to_json() | {"history": str(out)}


def _drafted(source_format: str, source: Path, draft: Path) -> Answer:
    from features.readers.table.draft import draft_mapping

    if source_format != "table":
        raise InputError(
            f"the reader {source_format} takes no mapping",
            where="--draft-mapping",
            cure="leave it out, or use --from table",
        )
    return draft_mapping(source, draft)


def _draft_text(answer: Answer) -> str:
    files: dict[str, dict[str, int]] = answer["files"]  # type: ignore[assignment]
    lines = [f"a draft is at {answer['draft']}"]
    for name, found in files.items():
        lines.append(f"  {name}: {found['recognised']} of {found['columns']} columns have a part")
    lines.append(f"to decide: {answer['decide']}; to fill in: {answer['fill_in']}")
    for name in answer["shipped"]:  # type: ignore[attr-defined]
        lines.append(f"the shipped mapping {name} reads these columns: --mapping {name}")
    return "\n".join(lines)


def ingest_text(answer: Answer) -> str:
    if "draft" in answer:
        return _draft_text(answer)
    lines = [f"{answer['people']} people from {answer['source']}"]
    tables: dict[str, dict[str, object]] = answer["tables"]  # type: ignore[assignment]
    for name, counts in tables.items():
        rejected: dict[str, int] = counts["rejected"]  # type: ignore[assignment]
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(rejected.items()))
        lines.append(
            f"  {name:14} read {counts['read']:>10}  kept {counts['kept']:>10}  "
            f"merged {counts['merged']:>8}  rejected {sum(rejected.values()):>8}  {why}".rstrip()
        )
    left_out: dict[str, dict[str, int]] = answer["left_out"]  # type: ignore[assignment]
    for name, found in left_out.items():
        lines += [f"  {name:14} left out {n:>10}  {what}" for what, n in found.items()]
    if answer.get("rejects_file"):
        lines.append(f"rejected rows: {answer['rejects_file']}")
    lines.append(f"next: caseload check {shlex.quote(str(answer['history']))}")
    return "\n".join(lines)


def check_command(*, history: Path, html: Path | None, progress: Progress) -> Answer:
    """Say what the History holds, what is wrong with it and which models it supports.

    html  where to write the report as a page; None: nowhere. The History is only read.
    Returns the `check` answer of the contracts. Raises InputError for a folder that is no History.
    """
    from features.quality.page import write_page  # Numba takes a second to load
    from features.quality.report import check_history

    opened = History.open(history)
    if html is not None and html.absolute().is_relative_to(history.absolute()):
        raise InputError(
            "the page would lie inside the History, which is only read",
            where=f"--html {html}",
            cure="name a file outside it",
        )
    report = check_history(opened, progress)
    if html is not None:
        write_page(html, report)
    return report.to_json()


def check_text(answer: Answer) -> str:
    from features.quality.text import report_text

    return report_text(answer)


def _rows_text(answer: Answer, key: str, first: str) -> str:
    counts: dict[str, int] = answer[key]  # type: ignore[assignment]
    return "\n".join([first, *(f"  {name:14} {n:>12} rows" for name, n in counts.items())])
