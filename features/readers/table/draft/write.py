"""Writes the draft of a mapping: whole or not at all, and never over a file that is there.

The same files give the same draft. It holds names of files and columns, forms of date and words of
lists of ours: no cell of a source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from features.errors import InputError
from features.readers.files import TABLE_SUFFIXES, below, existing, header, is_parquet
from features.readers.opened import parquet_header
from features.readers.table.draft.blocks import Drafted, text, texts
from features.readers.table.draft.sample import BLANKS, sampled
from features.readers.table.files import TEXTS, used_columns
from features.readers.table.load import load_mapping, shipped

ENDINGS = (*TABLE_SUFFIXES, *TEXTS)
HEAD = """\
# A draft: what these files seem to be, by the names of their columns and the look of their cells.
# Go through the lines marked DECIDE and FILL IN, then load it with
#     caseload ingest --from table SOURCE --mapping THIS_FILE --out HISTORY
# What each key means: docs/reference/mapping.md"""
DELAYS = """\
# DECIDE: days to a fact's being known: codes and cost of a stay after discharge, a visit after it.
[delays]
coded = 30
visit = 0
"""


def draft_mapping(source: Path, out: Path) -> dict[str, object]:
    """Propose a mapping of the files below `source` at `out`; what was found, in counts.

    Raises InputError where there is no table file, a file has no header line, or `out` is there.
    """
    if out.exists():
        raise InputError(
            "there is a file already", where=str(out), cure="name another, or move that one away"
        )
    files = [Drafted(sampled(name, paths)) for name, paths in _groups(existing(source)).items()]
    lines = _lines(source, files)
    _write_whole(out, "\n".join(lines) + "\n")
    return {
        "draft": str(out),
        "files": {
            one.file.name: {"columns": len(one.file.columns), "recognised": len(one.roles)}
            for one in files
        },
        "fill_in": sum("FILL IN:" in line for line in lines),
        "decide": sum("DECIDE" in line for line in lines),
        "shipped": fitting(files),
    }


def fitting(files: Sequence[Drafted]) -> list[str]:
    """Shipped mappings whose every column some file here has."""
    there = [{column.name.lower() for column in one.file.columns} for one in files]
    return [name for name in shipped() if _fits(name, there)]


def _fits(name: str, there: Sequence[set[str]]) -> bool:
    mapping = load_mapping(name)
    found = []
    for file, about in mapping.files.items():
        optional = {column.lower() for column in about.optional_columns}
        needed = {column.lower() for column in used_columns(mapping, file)} - optional
        fits = any(needed <= columns for columns in there)
        if not fits and not about.may_lack:
            return False
        found.append(fits)
    return any(found)


def _groups(source: Path) -> Mapping[str, list[Path]]:
    """Files of one header line together, under a name of their own, in order of path."""
    headers: dict[tuple[str, ...], list[Path]] = {}
    for path in below(source):
        if path.name.lower().endswith(ENDINGS):
            parquet = is_parquet(path)
            names = parquet_header(path) if parquet else header(path)
            headers.setdefault(names, []).append(path)
    if not headers:
        raise InputError(
            "there is no table here",
            where=str(source),
            cure=f"give files that end in {', '.join(TABLE_SUFFIXES)}",
        )
    named: dict[str, list[Path]] = {}
    for paths in headers.values():
        name = _name(paths[0])
        while name in named:
            name += "_2"
        named[name] = paths
    return named


def _name(path: Path) -> str:
    ending = next(
        e for e in sorted(ENDINGS, key=len, reverse=True) if path.name.lower().endswith(e)
    )
    plain = re.sub(r"[^a-z0-9]+", "_", path.name[: -len(ending)].lower()).strip("_")
    return plain if plain[:1].isalpha() else f"file_{plain}"


def _lines(source: Path, files: Sequence[Drafted]) -> list[str]:
    lines = [HEAD]
    for name in fitting(files):
        lines.append(f"# The shipped mapping {name} reads these columns as it is: --mapping {name}")
    lines += ["", 'name = "local"', ""]
    blocks = [line for one in files for line in one.blocks()]
    for one in files:
        lines += _file(source, one)
    lines += [DELAYS, *_combine(blocks), *blocks]
    return lines


def _file(source: Path, one: Drafted) -> list[str]:
    file = one.file
    names = [p.name if p == source else p.relative_to(source).as_posix() for p in file.paths]
    days = sorted({day for column in file.columns for day in column.placeholders})
    lines = [f"[files.{file.name}]", f"match = {texts(names)}"]
    if file.delimiter != ",":
        lines.append(f"delimiter = {text(file.delimiter)}")
    words = {word for column in file.columns for word in _blanks(column.words)}
    if words:
        lines += ["# DECIDE: texts taken to say unknown.", f"unknown = {texts(sorted(words))}"]
    if days:
        lines += ["# DECIDE: days taken to stand for an unknown date.",
                  f"unknown_dates = [{', '.join(map(str, days))}]"]  # fmt: skip
    spare = [column.name for column in file.columns if column.name not in one.roles.values()
             and not any(column.name in s.columns for s in one.series.values())]  # fmt: skip
    if spare:
        lines += [f"# not recognised: {', '.join(spare)}"]
    return [*lines, "", *one.derived()]


def _blanks(words: frozenset[str]) -> set[str]:
    return {word for word in BLANKS if word in words}


def _combine(blocks: Sequence[str]) -> list[str]:
    """Rows that tell of one person, stay or visit are combined; so a draft always loads."""
    lines = ["# Rows of one person tell one person: the first value there is speaks.",
             "[person]", "combine = {}", ""]  # fmt: skip
    if "[[stay.rows]]" in blocks:
        lines += ["# DECIDE: how rows of one stay combine (first, last, min, max, sum).",
                  "[stay]", 'combine = { discharged_at = "max" }', ""]  # fmt: skip
    if "[[visit.rows]]" in blocks:
        lines += ["[visit]", "combine = {}", ""]
    return lines


def _write_whole(out: Path, draft: str) -> None:
    scratch = out.with_name(f".{out.name}.draft")
    try:
        scratch.write_text(draft, encoding="utf-8")
        scratch.rename(out)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise InputError(
            "the draft cannot be written", where=str(out), cure="name a place that can be written"
        ) from None
