"""Writes a History as a MEDS data set, in the forms the grammar of the reader has for its facts.

People are numbered (MEDS wants whole numbers), values are single precision, and stays and visits
are told by the extra columns hadm_id and visit_id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.readers.delays import CODED_AFTER
from features.readers.meds_layout import DIAGNOSIS_SYSTEMS, PROCEDURE_SYSTEMS
from features.tables.contract import Tables
from tests.exporters.carried import days_after, only, set_column

CARRIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": ("birth_date", "sex", "death_date", "ethnicity", "language"),
        "stay": (
            "stay_id", "setting", "admitted_at", "discharged_at", "admission_method",
            "admitted_from", "discharged_to", "drg",
        ),
        "visit": ("visit_id", "at", "setting"),
        "diagnosis": ("stay_id", "visit_id", "at", "code_system", "code"),
        "procedure": ("stay_id", "visit_id", "at", "code_system", "code"),
        "dispensing": ("at", "code_system", "code"),
        "measurement": ("at", "code_system", "code", "value", "unit", "text"),
    }
)  # fmt: skip
"""Not carried: registration, coverage and programme; facility, specialty, day case and cost of a
stay; who saw a visit; positions of codes; days and cost of a supply."""

KNOWN_OF_STAYS = (
    ("admitted_known", "admitted_at", 0),
    ("discharged_known", "discharged_at", 0),
    ("coded_known", "discharged_at", CODED_AFTER),
)
"""When a stay is known: so many days after what."""

SCHEMA = pa.schema(
    {
        "subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string(),
        "numeric_value": pa.float32(), "text_value": pa.large_string(), "hadm_id": pa.string(),
        "visit_id": pa.string(),
    }
)  # fmt: skip


def carried(tables: Tables) -> Tables:
    """The tables as MEDS has them, known when the reader declares."""
    kept = dict(only(tables, CARRIES))
    numbers = _numbers(tables)
    for name, rows in kept.items():
        if len(rows):
            ids = pc.index_in(rows["person_id"], numbers).cast(pa.string())
            kept[name] = set_column(rows, "person_id", ids)
    person, stay = kept["person"], kept["stay"]
    kept["person"] = set_column(person, "death_known", days_after(person["death_date"], 1))
    for column, of, days in KNOWN_OF_STAYS:
        stay = set_column(stay, column, days_after(stay[of], days))
    padded = pc.utf8_lpad(stay["drg"], 3, "0")  # Medicare's groups have three digits
    kept["stay"] = set_column(stay, "drg", padded)
    for name in ("visit", "dispensing", "measurement"):
        kept[name] = set_column(kept[name], "known_at", kept[name]["at"])
    for name in ("diagnosis", "procedure"):
        kept[name] = set_column(kept[name], "known_at", _coded(kept[name], stay))
    single = kept["measurement"]["value"].cast(pa.float32()).cast(pa.float64())
    kept["measurement"] = set_column(kept["measurement"], "value", single)
    return kept


def _coded(facts: pa.Table, stay: pa.Table) -> pa.Array:
    """When codes are known: with those of their stay, else at once."""
    key = pc.binary_join_element_wise(stay["person_id"], stay["stay_id"], "/").combine_chunks()
    own = pc.binary_join_element_wise(facts["person_id"], facts["stay_id"], "/")
    found = stay["coded_known"].combine_chunks().take(pc.index_in(own, key).combine_chunks())
    return pc.coalesce(found, facts["at"].combine_chunks())


def export(tables: Tables, folder: Path) -> Path:
    """A MEDS folder: two shards of whole people, each in order of time (no time first)."""
    numbers = _numbers(tables)
    rows = pa.concat_tables([_rows(tables[name], name, numbers) for name in CARRIES])
    order = [("subject_id", "ascending"), ("time", "ascending", "at_start")]
    rows = rows.take(pc.sort_indices(rows, sort_keys=order))
    odd = pc.equal(pc.bit_wise_and(rows["subject_id"], 1), 1)
    for split, shard in (("train", rows.filter(odd)), ("held_out", rows.filter(pc.invert(odd)))):
        path = folder / "data" / split / "0.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(shard, path)
    (folder / "metadata").mkdir()
    told = {"dataset_name": "drawn", "etl_name": "tests", "meds_version": "0.4.0"}
    (folder / "metadata" / "dataset.json").write_text(json.dumps(told))
    codes = pa.table({"code": pc.unique(rows["code"])})
    pq.write_table(codes, folder / "metadata" / "codes.parquet")
    return folder


def _numbers(tables: Tables) -> pa.Array:
    """The people; the place of each is its number."""
    return tables["person"]["person_id"].combine_chunks()


Column: TypeAlias = pa.ChunkedArray


def _events(
    rows: pa.Table, code: Column, time: Column | None = None, *, stay: Column | None = None,
    visit: Column | None = None, value: Column | None = None, text: Column | None = None,
) -> pa.Table:  # fmt: skip
    """One event a row, but for rows whose code is null."""
    given = (rows["person_id"], time, code, value, text, stay, visit)
    types = [pa.string(), *SCHEMA.types[1:]]
    made = pa.table(
        {
            field.name: pa.nulls(len(rows), kind) if column is None else column.cast(kind)
            for field, kind, column in zip(SCHEMA, types, given, strict=True)
        }
    )
    return made.filter(pc.is_valid(made["code"]))


def _rows(rows: pa.Table, name: str, numbers: pa.Array) -> pa.Table:
    made = pa.concat_tables(EVENTS[name](rows))
    return set_column(made, "subject_id", pc.index_in(made["subject_id"], numbers)).cast(SCHEMA)


def _joined(*parts: Column | str) -> Column:
    """Parts of a code between `//`; null where one is."""
    return pc.binary_join_element_wise(*parts, "//")


def _word(values: Column) -> Column:
    return pc.fill_null(pc.utf8_upper(values), "UNK")


def _where(mask: Column, values: Column) -> Column:
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _person(rows: pa.Table) -> list[pa.Table]:
    dated = [
        _events(rows, pc.if_else(pc.is_valid(rows[column]), code, None), rows[column])
        for code, column in (("MEDS_BIRTH", "birth_date"), ("MEDS_DEATH", "death_date"))
    ]
    return [
        *dated,
        _events(rows, _joined("GENDER", _word(rows["sex"]))),
        _events(rows, _joined("RACE", rows["ethnicity"])),
        _events(rows, _joined("LANGUAGE", rows["language"])),
    ]


def _stay(rows: pa.Table) -> list[pa.Table]:
    """Acute stays as hospital admissions, others by their setting."""
    acute = pc.equal(rows["setting"], "acute")
    began = _joined(_word(rows["admission_method"]), _word(rows["admitted_from"]))
    ended = _where(pc.is_valid(rows["discharged_at"]), _word(rows["discharged_to"]))
    setting, start, end = _word(rows["setting"]), rows["admitted_at"], rows["discharged_at"]
    hospital = pc.if_else(acute, "HOSPITAL_ADMISSION", _joined("FACILITY_ADMISSION", setting))
    leaving = pc.if_else(acute, "HOSPITAL_DISCHARGE", _joined("FACILITY_DISCHARGE", setting))
    grouped = _joined("DRG", "HCFA", rows["drg"], "as exported")
    return [
        _events(rows, _joined(hospital, began), start, stay=rows["stay_id"]),
        _events(rows, _joined(leaving, ended), end, stay=rows["stay_id"]),
        _events(rows, grouped, pc.coalesce(end, start), stay=rows["stay_id"]),
    ]


def _visit(rows: pa.Table) -> list[pa.Table]:
    code = _joined("VISIT", _word(rows["setting"]))
    return [_events(rows, code, rows["at"], visit=rows["visit_id"])]


def _coded_facts(prefix: str, icd: Mapping[str, str]) -> Callable[[pa.Table], list[pa.Table]]:
    names = {system: mark for mark, system in icd.items()}

    def facts(rows: pa.Table) -> list[pa.Table]:
        place = pc.index_in(rows["code_system"], pa.array(list(names)))
        system = pc.coalesce(pa.array(list(names.values())).take(place), rows["code_system"])
        code = _joined(prefix, system, rows["code"])
        return [_events(rows, code, rows["at"], stay=rows["stay_id"], visit=rows["visit_id"])]

    return facts


def _dispensing(rows: pa.Table) -> list[pa.Table]:
    return [_events(rows, _joined("MEDICATION", rows["code_system"], rows["code"]), rows["at"])]


def _measurement(rows: pa.Table) -> list[pa.Table]:
    unit = pc.fill_null(rows["unit"], "UNK")
    code = _joined("LAB", rows["code_system"], rows["code"], unit)
    return [_events(rows, code, rows["at"], value=rows["value"], text=rows["text"])]


EVENTS: Mapping[str, Callable[[pa.Table], list[pa.Table]]] = MappingProxyType(
    {
        "person": _person,
        "stay": _stay,
        "visit": _visit,
        "diagnosis": _coded_facts("DIAGNOSIS", DIAGNOSIS_SYSTEMS),
        "procedure": _coded_facts("PROCEDURE", PROCEDURE_SYSTEMS),
        "dispensing": _dispensing,
        "measurement": _measurement,
    }
)
