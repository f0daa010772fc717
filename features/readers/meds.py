"""Reads a MEDS data set: a folder with `data/**/*.parquet`, or Parquet files themselves.

What each code becomes the grammar says (`meds_layout.py`); what it has no rule for is left out and
counted by its first part. MEDS says when, whom and what code; positions of diagnoses, costs,
facilities and days of supply it has no place for, so they are null. There is no coverage. A stay's
codes are known 30 days after discharge, whatever time the producer gave them.

Refuses times with a zone, and files that are no Parquet.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.readers import meds_layout as layout
from features.readers.delays import CODED_AFTER
from features.readers.files import below, is_parquet
from features.readers.meds_codes import not_carried, read_codes
from features.readers.meds_stays import paired, tied
from features.readers.mimic import words
from features.readers.mimic_layout import UNSAID
from features.readers.opened import names_of, parquet_header, typed_rows
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.workshop import Workshop

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "person.death_known": "at the end of the day of death",
    "visit.known_at": "at the visit",
    "dispensing.known_at": "at the event",
    "measurement.known_at": "at the event",
}
PRECISION = {"person": "day"} | dict.fromkeys(
    ("stay", "visit", "diagnosis", "procedure", "dispensing", "measurement"), "minute"
)


def read(workshop: Workshop, given: Source) -> Reading:
    """Raises InputError where there is no such file, or a column lacks."""
    files = _files(given.path)
    for path in files:
        names_of(layout.EVENTS, parquet_header(path), path)
        _refuse_zones(path)
    workshop.tell("reading the events", None)
    events = typed_rows(workshop, workshop.parquet(files), layout.EVENTS, files)
    codes = workshop.kept("meds_codes", read_codes(events), files)
    rows = events.inner_join(codes.drop("n"), "code")
    moves = rows.filter(rows.kind.isin(["admission", "discharge"]))
    stays, lone = paired(workshop, _moves(moves))
    by_id = bool(events.hadm_id.count().to_pyarrow().as_py())
    facts = rows.filter(rows.kind.isin(["diagnosis", "procedure", "drg"]))
    facts = workshop.kept("meds_facts", facts.mutate(fact=ibis.row_number()), files)
    facts = workshop.kept("meds_tied", tied(facts, stays, by_id), files)
    numbers = _by_kind(codes)
    groups = facts.filter((facts.kind == "drg") & facts.stay_id.notnull())
    grouped = int(groups.count().to_pyarrow().as_py())
    person = workshop.kept("meds_person", _person(events, rows), files)
    lacking = int(person.filter(~person.told.fill_null(False)).count().to_pyarrow().as_py())
    return Reading(
        source="meds",
        tables={
            "person": person.drop("told"),
            "stay": _stay(stays, groups),
            "visit": _visit(rows),
            "diagnosis": _coded(facts.filter(facts.kind == "diagnosis")),
            "procedure": _coded(facts.filter(facts.kind == "procedure")),
            "dispensing": _dispensing(rows),
            "measurement": _measurement(rows),
        },
        precision=PRECISION,
        delays=DELAYS,
        read={
            "person": lacking + sum(numbers.get(kind, 0) for kind in layout.PERSON_KINDS),
            "stay": numbers.get("admission", 0) + numbers.get("discharge", 0) - lone + grouped,
        },
        left_out=_left_out(codes, lone, numbers.get("drg", 0) - grouped),
    )


READER = Reader("meds", "a MEDS data set, Parquet", read)


def _files(source: Path) -> list[Path]:
    """The file given; else those in `data`, or anywhere but in `metadata`."""
    root = source / "data" if (source / "data").is_dir() else source
    found = [
        path for path in below(root)
        if is_parquet(path) and "metadata" not in path.relative_to(source).parts
    ]  # fmt: skip
    if found or source.is_file():
        return found or [source]
    raise InputError(
        "there is no Parquet file",
        where=str(root),
        cure="give a folder with data/**/*.parquet as MEDS has it, or one Parquet file",
    )


def _refuse_zones(path: Path) -> None:
    schema = pq.read_schema(path)
    for column in schema:
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            raise InputError(
                f"the times of {column.name} carry a time zone",
                where=f"{path}, column {column.name}",
                cure="give local time without a zone, as MEDS has it",
            )


def _by_kind(codes: ir.Table) -> Mapping[str, int]:
    told = codes.group_by("kind").agg(n=codes.n.sum()).to_pyarrow().to_pylist()
    return {row["kind"]: int(row["n"]) for row in told}


def _word(text: ir.StringValue, words: Mapping[str, str | None]) -> ir.StringValue:
    """The canonical word, null where the grammar knows no such word."""
    return text.upper().cases(*words.items(), else_=None)


def _person(events: ir.Table, rows: ir.Table) -> ir.Table:
    """One row per subject; `told` where a row of its own says something of the person."""

    def said(kind: str) -> ir.StringValue:
        own = rows.kind == kind
        return ibis.ifelse(rows.word.isin(UNSAID), None, rows.word).max(where=own)

    def extra(text: ir.StringValue) -> ir.StringValue:
        plain = ibis.ifelse(text.isin(UNSAID), None, text)
        return plain.first(order_by=rows.time.desc(), where=rows.kind == "admission")

    told = rows.group_by("subject_id").agg(
        born=rows.time.min(where=rows.kind == "birth"),
        died=rows.time.min(where=rows.kind == "death"),
        sex=_word(rows.word, layout.SEX).min(where=rows.kind == "sex"),
        ethnicity=said("ethnicity").coalesce(extra(rows.race)),
        language=said("language").coalesce(extra(rows.language)),
        told=rows.kind.isin(layout.PERSON_KINDS).any(),
    )
    everybody = events.select("subject_id").distinct().left_join(told, "subject_id")
    died = everybody.died.date()
    return everybody.select(
        "ethnicity", "language", "told",
        person_id=everybody.subject_id,
        birth_date=everybody.born.date(),
        sex=everybody.sex.fill_null("unknown"),
        death_date=died,
        death_known=died.cast("timestamp(6)") + ibis.interval(days=1),
    )  # fmt: skip


def _moves(rows: ir.Table) -> ir.Table:
    return rows.select(
        "subject_id", "time", "setting", "first", "second",
        key=ibis.ifelse(rows.by_id, rows.hadm_id, None),
        discharge=rows.kind == "discharge",
    )  # fmt: skip


def _stay(stays: ir.Table, groups: ir.Table) -> ir.Table:
    """Medicare's groups have three digits; zeros that a producer lost are put back."""
    number = groups.plain.split("//")[0]
    drg = ibis.ifelse(number.re_search(r"^\d{1,2}$"), number.lpad(3, "0"), number)
    by_stay = groups.group_by("subject_id", "stay_id").agg(drg=drg.min())
    rows = stays.left_join(by_stay, ["subject_id", "stay_id"])
    method = _word(rows.method, layout.METHODS).fill_null("unknown")
    return rows.select(
        "stay_id", "setting", "drg",
        person_id=rows.subject_id,
        admitted_at=rows.admitted,
        discharged_at=rows.discharged,
        admitted_known=rows.admitted,
        discharged_known=rows.discharged,
        coded_known=rows.discharged + ibis.interval(days=CODED_AFTER),
        admission_method=method,
        admitted_from=_word(rows.came, layout.CAME_FROM),
        discharged_to=_word(rows.went, layout.WENT_TO),
    )  # fmt: skip


def _visit(rows: ir.Table) -> ir.Table:
    visits = rows.filter(rows.kind == "visit")
    order = ibis.window(group_by="subject_id", order_by=["time", "setting"])
    visits = visits.mutate(number=ibis.row_number().over(order) + 1)
    return visits.select(
        "setting",
        person_id=visits.subject_id,
        visit_id=visits.visit_id.coalesce("visit-" + visits.number.cast("string")),
        at=visits.time,
        known_at=visits.time,
    )


def _coded(facts: ir.Table) -> ir.Table:
    """A diagnosis timed at discharge was of the whole stay, so it is dated at its admission."""
    at_end = (facts.kind == "diagnosis") & (facts.time == facts.discharged)
    return facts.select(
        "stay_id", "visit_id",
        person_id=facts.subject_id,
        at=ibis.ifelse(at_end, facts.admitted, facts.time),
        known_at=facts.coded.coalesce(facts.time),
        code_system=facts.system,
        code=facts.plain,
    )  # fmt: skip


def _dispensing(rows: ir.Table) -> ir.Table:
    own = rows.filter(rows.kind == "dispensing")
    return own.select(
        person_id=own.subject_id, at=own.time, known_at=own.time, code_system=own.system,
        code=own.plain,
    )  # fmt: skip


def _measurement(rows: ir.Table) -> ir.Table:
    own = rows.filter(rows.kind == "measurement")
    return own.select(
        "unit",
        person_id=own.subject_id,
        at=own.time,
        known_at=own.time,
        code_system=own.system,
        code=own.plain,
        value=own.numeric_value,
        text=words(own.numeric_value, own.text_value),
    )


def _left_out(codes: ir.Table, lone: int, ungrouped: int) -> dict[str, dict[str, int]]:
    words = {
        "stay": {
            "discharges with no admission before them": lone,
            "DRGs of no stay": ungrouped,
            "ways of admission the grammar has no word for": _unread(
                codes, "admission", "first", layout.METHODS
            ),
            "places of admission the grammar has no word for": _unread(
                codes, "admission", "second", layout.CAME_FROM
            ),
            "places of discharge the grammar has no word for": _unread(
                codes, "discharge", "first", layout.WENT_TO
            ),
        },
        "person": {"sexes the grammar has no word for": _unread(codes, "sex", "word", layout.SEX)},
    }
    told = {name: {why: n for why, n in found.items() if n} for name, found in words.items()}
    return {"data": dict(not_carried(codes))} | {name: n for name, n in told.items() if n}


def _unread(codes: ir.Table, kind: str, part: str, words: Mapping[str, str | None]) -> int:
    own = codes.filter((codes.kind == kind) & codes[part].notnull())
    other = own.filter(~own[part].upper().isin(list(words)))
    return int(other.n.sum().to_pyarrow().as_py() or 0)
