"""A list as a file: CSV, XLSX or JSON by the ending of its name.

The same list gives the same bytes: no clock time, no run number. A file is written whole or not at
all. Text that a spreadsheet would take for a formula is marked as text (a leading apostrophe in
CSV; a string cell in XLSX), for a list is opened by people who trust it.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import xlsxwriter

from features.errors import InputError
from serving.worklist.domain import MAIN, Entry, Run

SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        ("person_id", pa.string()),
        ("lane", pa.string()),
        ("practice_id", pa.string()),
        ("locality", pa.string()),
        ("nurse_id", pa.string()),
        ("action", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("index_at", pa.string()),
        ("as_of", pa.string()),
        ("risk", pa.float64()),
        ("percentile", pa.float64()),
        ("completeness", pa.float64()),
        *((f"reason_{n}", pa.string()) for n in range(1, MAIN + 1)),
        ("flags", pa.string()),
    ]
)
"""The columns of list.csv. Times are local ISO text, to the day where they fall on midnight."""

FORMULA = r"^([=+\-@\t\r\n'])"
"""What may not begin a text cell: OWASP's list for CSV injection, and the mark itself."""
WIDTHS = {"person_id": 20, "reason_1": 60, "reason_2": 60, "reason_3": 60}
FORMATS = {"risk": "0.0%", "percentile": "0.0", "completeness": "0%"}


def rows_of(run: Run, entries: Sequence[Entry]) -> pa.Table:
    """The list in the columns of list.csv; a null is an empty cell."""
    return pa.Table.from_pylist([_row(run, entry) for entry in entries], schema=SCHEMA)


def moment(at: datetime) -> str:
    """ISO text of a local time: the day alone at midnight, else to the second."""
    return at.date().isoformat() if at == datetime.combine(at, datetime.min.time()) else (
        at.isoformat(timespec="seconds")
    )  # fmt: skip


def _row(run: Run, entry: Entry) -> dict[str, object]:
    told = asdict(entry)
    return {
        **{name: told[name] for name in SCHEMA.names if name in told},
        "index_at": moment(entry.index_at),
        "as_of": moment(run.as_of),
        **{f"reason_{n}": text for n, text in enumerate(entry.main_reasons, start=1)},
        "flags": "|".join(entry.flags),
    }


def _csv(run: Run, entries: Sequence[Entry]) -> bytes:
    table = rows_of(run, entries)
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            safe = pc.replace_substring_regex(table.column(number), FORMULA, r"'\1")
            table = table.set_column(number, field, safe)
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(quoting_style="needed", quoting_header="none")
    pyarrow.csv.write_csv(table, out, options)
    return out.getvalue()


def _json(run: Run, entries: Sequence[Entry]) -> bytes:
    told = asdict(run)
    head = {
        "as_of": moment(run.as_of),
        "lane": run.lane,
        "models": dict(run.models),
        "cut": {"value": run.cut_value, "count": run.cut_count},
        **{name: told[name] for name in
           ("scored", "eligible", "places", "invited", "overfill_chance", "history_digest")},
    }  # fmt: skip
    whole = head | {"rows": rows_of(run, entries).to_pylist()}
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


def _xlsx(run: Run, entries: Sequence[Entry]) -> bytes:
    table = rows_of(run, entries)
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, plain | {"in_memory": True})
    book.set_properties({"title": f"Caseload {run.lane}", "created": run.as_of})
    sheet = book.add_worksheet("list")
    sheet.write_row(0, 0, table.schema.names, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, table.num_rows, len(table.schema) - 1)
    for number, name in enumerate(table.schema.names):
        form = book.add_format({"num_format": FORMATS[name]}) if name in FORMATS else None
        sheet.set_column(number, number, WIDTHS.get(name, 13), form)
        text = pa.types.is_string(table.schema.field(name).type)
        write = sheet.write_string if text else sheet.write_number
        for line, value in enumerate(table.column(name).to_pylist(), start=1):
            if value is not None:
                write(line, number, value)
    book.close()
    return out.getvalue()


FORMS: Mapping[str, Callable[[Run, Sequence[Entry]], bytes]] = MappingProxyType(
    {".csv": _csv, ".xlsx": _xlsx, ".json": _json}
)


def form_of(out: Path) -> Callable[[Run, Sequence[Entry]], bytes]:
    """How a list becomes the bytes of `out`. Raises InputError for an ending we do not know."""
    try:
        return FORMS[out.suffix.lower()]
    except KeyError:
        raise InputError(
            "this ending names no form of list",
            where=f"--out {out}",
            cure=f"let the name end in {', '.join(FORMS)}",
        ) from None


def write_whole(out: Path, content: bytes) -> None:
    """Write a file whole or not at all, making its folder. Raises InputError where it cannot be."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=".caseload-", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(out)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(
            f"the list cannot be written ({type(error).__name__})",
            where=f"--out {out}",
            cure="name a file in a folder you may write",
        ) from None
