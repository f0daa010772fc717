"""FHIR JSON to rows of plain columns, a block at a time: the one parser, in bulk and online.

A block is some lines of NDJSON, or one whole JSON text. Every resource in it becomes rows of the
tables of paths.csv, or a reject (no JSON, not the shape of FHIR, not the type its file is named
after), or is counted as of a type or about something that a History has no place for. Bundles are
opened, in each other at most `DEEPEST` times; entries that ask for deletion are noted.

Memory holds the block and its rows. Nothing is looked up between resources here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
import pyarrow as pa

from features.readers.fhir.paths import Plan, plans, schemas
from features.readers.fhir.values import NotAPatientError, Values

Json: TypeAlias = Any

DEEPEST = 3
MISSHAPEN = (AttributeError, TypeError, KeyError, ValueError, IndexError)
"""What reading a resource of another shape than FHIR's raises."""
DELETED = pa.schema([("row", pa.int64()), ("type", pa.string()), ("id", pa.string())])
SOURCE_ROWS: Mapping[str, str] = {
    "Patient": "person", "Encounter": "stay", "Condition": "diagnosis", "Procedure": "procedure",
    "MedicationRequest": "dispensing", "MedicationDispense": "dispensing",
    "Medication": "dispensing", "Observation": "measurement", "Coverage": "coverage",
    "ExplanationOfBenefit": "stay", "Claim": "stay",
}  # fmt: skip
"""Resource type -> canonical table as whose rows its rejected resources are counted."""


@dataclass(frozen=True)
class Block:
    """Some text of a source, as `files.py` cuts it.

    number  of the block in the source; rows are numbered from it
    name    the file, as messages name it
    line    number of the first line in the file (whole: 1)
    whole   one JSON text, else a JSON text a line
    type    resource type that the file is named after, if any
    """

    number: int
    name: str
    data: bytes
    line: int = 1
    whole: bool = False
    type: str | None = None


@dataclass(frozen=True)
class Reject:
    """A resource left out: as whose row it counts, where it stands, and why."""

    table: str
    key: str
    reason: str
    column: str


@dataclass
class Parsed:
    """What a block holds.

    tables    resource or list of a resource -> its rows; `deleted` -> what is to be removed
    counts    resource type -> resources read
    left_out  (table, what) -> resources or values that are not carried
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)


def parse(block: Block) -> Parsed:
    """The rows of a block. It refuses nothing: what cannot be read is rejected and counted."""
    return _Parser(block).run()


def parse_bundle(bundle: Mapping[str, object]) -> Parsed:
    """The rows of one Bundle (or resource) in memory."""
    parser = _Parser(Block(0, "the bundle", b"", whole=True))
    parser.take(bundle, "1")
    return parser.done()


class _Parser:
    def __init__(self, block: Block) -> None:
        self.block, self.values, self.found = block, Values(), Parsed()
        self.plans = plans(self.values)
        self.rows: dict[str, list[list[Any]]] = {}
        self.row = block.number << 32

    def run(self) -> Parsed:
        for key, data in self._texts():
            try:
                told = orjson.loads(data)
            except ValueError:
                self._reject(self.block.type, key, "no JSON")
                continue
            self.take(told, key)
        return self.done()

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        if self.block.whole:
            yield "1", self.block.data
            return
        for number, line in enumerate(self.block.data.split(b"\n"), self.block.line):
            if line and not line.isspace():
                yield str(number), line

    def take(self, told: Json, key: str, depth: int = 0) -> None:
        """A resource, or a bundle of them."""
        kind = told.get("resourceType") if told.__class__ is dict else None
        if kind.__class__ is not str:
            self._reject(self.block.type, key, "no resourceType")
        elif kind == "Bundle":
            self._open(told, key, depth)
        elif self.block.type not in (None, kind):
            self.found.counts[kind] += 1
            self._reject(self.block.type, key, "resourceType", "value_not_allowed")
        else:
            self._read(kind, told, key)

    def _open(self, bundle: Json, key: str, depth: int) -> None:
        entries = bundle.get("entry") or []
        if depth >= DEEPEST or entries.__class__ is not list:
            self._reject(None, key, "Bundle.entry")
            return
        outer = self.values.aliases
        self.values.know(outer | _aliases(entries))
        for number, entry in enumerate(entries, 1):
            place = f"{key}.{number}"
            if entry.__class__ is not dict:
                self._reject(None, place, "Bundle.entry")
            elif _method(entry) == "DELETE":
                self._delete(entry)
            elif "resource" in entry:
                self.take(_named(entry), place, depth + 1)
            else:
                self.found.left_out["resources", "entries of a Bundle that hold none"] += 1
        self.values.know(outer)

    def _delete(self, entry: Json) -> None:
        """An entry that asks for a deletion, which must say by its id of what."""
        kind, _, name = str(entry["request"].get("url")).rpartition("/")
        if not kind or "?" in name:
            self.found.left_out["resources", "deletions of what a search would find"] += 1
            return
        self.rows.setdefault("deleted", []).append([self.row, kind.rpartition("/")[2], name])
        self.row += 1

    def _read(self, kind: str, resource: Json, key: str) -> None:
        self.found.counts[kind] += 1
        plan = self.plans.get(kind)
        if plan is None:
            self.found.left_out["resources", f"of type {kind}"] += 1
            return
        row = self.row
        try:
            made = [row, *[get(resource) for get in plan.values]]
            below = self._lists(plan, resource, row) if plan.lists else ()
            if kind in WITH_MEDICINE:
                _contained(made, resource)
        except NotAPatientError:
            what = f"{kind} about something else than a patient"
            self.found.left_out[SOURCE_ROWS[kind], what] += 1
            return
        except MISSHAPEN:
            self._reject(kind, key, kind)
            return
        self.row += 1
        self.rows.setdefault(kind, []).append(made)
        for name, found in below:
            self.rows.setdefault(name, []).extend(found)

    def _lists(self, plan: Plan, resource: Json, row: int) -> list[tuple[str, list[list[Any]]]]:
        found = []
        for name, element, gets in plan.lists:
            entries = resource.get(element)
            if entries:
                if entries.__class__ is not list:
                    raise TypeError
                rows = [[row, n, *[get(one) for get in gets]] for n, one in enumerate(entries)]
                found.append((name, rows))
        return found

    def _reject(
        self, kind: str | None, key: str, column: str, reason: str = "unreadable_value"
    ) -> None:
        where = f"{self.block.name} {'entry' if self.block.whole else 'line'} {key}"
        table = SOURCE_ROWS.get(kind or "", "person")
        self.found.rejects.append(Reject(table, where, reason, column))

    def done(self) -> Parsed:
        known = schemas()
        for name, rows in self.rows.items():
            schema = DELETED if name == "deleted" else known[name]
            columns = zip(*rows, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            self.found.tables[name] = pa.Table.from_arrays(arrays, schema=schema)
        return self.found


def _aliases(entries: list[Json]) -> dict[str, str]:
    """The end of an entry's fullUrl -> id of its resource, where these differ."""
    found = {}
    for entry in entries:
        if entry.__class__ is not dict or entry.get("resource").__class__ is not dict:
            continue
        url, name = entry.get("fullUrl"), entry["resource"].get("id")
        if url.__class__ is str and name.__class__ is str:
            end = _end(url)
            if end != name:
                found[end] = name
    return found


def _named(entry: Json) -> Json:
    """The resource of an entry; one without an id is named by the entry's fullUrl."""
    resource, url = entry["resource"], entry.get("fullUrl")
    if resource.__class__ is dict and "id" not in resource and url.__class__ is str:
        return {**resource, "id": _end(url)}
    return resource


def _method(entry: Json) -> Json:
    """What the entry asks a server to do; None where it asks nothing."""
    asked = entry.get("request")
    return asked.get("method") if asked.__class__ is dict else None


def _end(url: str) -> str:
    return url.rpartition(":" if url.startswith("urn:") else "/")[2]


WITH_MEDICINE: Mapping[str, tuple[int, int]] = {
    kind: (
        schemas()[kind].get_field_index("code"),
        schemas()[kind].get_field_index("medication"),
    )
    for kind in ("MedicationRequest", "MedicationDispense")
}


def _contained(made: list[Any], resource: Json) -> None:
    """The code of a medicine that the resource carries inside itself."""
    code, medication = WITH_MEDICINE[resource["resourceType"]]
    target = made[medication]
    if made[code] is None and target is not None and target.startswith("#"):
        inside = resource.get("contained") or ()
        found = next((one for one in inside if one.get("id") == target[1:]), None)
        made[code] = None if found is None else CODE(found.get("code"))
        made[medication] = None


CODE = Values().hows["code"]
