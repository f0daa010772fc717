"""The reader `fhir`: files to rows of resources, and people in parts to canonical rows.

Blocks of text are parsed and their rows set down (store.py); then patients are linked, everybody's
rows brought together in parts of some people, and each part joined as one bundle is. Memory holds a
few blocks, the ids of all patients, and a part.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.readers.delays import CODED_AFTER
from features.readers.fhir.files import Cutter
from features.readers.fhir.join import Joined, join, who
from features.readers.fhir.parse import Reject
from features.readers.fhir.store import Stored, store
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.workshop import FILE, Workshop
from features.tables.check import REJECTS

PART = 1_500_000
"""Rows of resources that are joined at once."""
OFTEN = 16

DELAYS = {
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "visit.known_at": f"at the visit; {CODED_AFTER} days after, where only a claim tells of it",
    "diagnosis.known_at": "when recorded, as the resource says; else when the stay is coded, or at "
    "the visit",
    "procedure.known_at": "when the stay is coded; else at the visit, or when it was done",
    "dispensing.known_at": "at the supply; at the order, where orders stand for supplies",
    "measurement.known_at": "when issued, as the resource says; else at once",
    "person.death_known": "on the day of death",
    "coverage.known_at": "on the first day",
    "registration.known_at": "present practice and locality, taken as from the first day seen",
}
PRECISION = {"stay": "minute", "visit": "minute", "measurement": "minute"}


def read(workshop: Workshop, given: Source) -> Reading:
    """All resources below the source. Raises InputError for a file that cannot be read."""
    found = _stored(workshop, Cutter(given.path))
    known = who(
        {name: found.all(name) for name in ("Patient", "Patient.identifier", "Patient.link")}
    )
    parts = max(1, -(-found.rows // PART))
    if parts > 1:
        found.bring_together(known, parts)
    folder, total = workshop.folder / "made", Joined()
    for part in range(parts):
        workshop.tell("joining FHIR resources", None)
        _set_down(join(found.part(part), known), folder, part, total)
    told = {path.name: _told(path) for path in sorted(folder.iterdir())}
    return Reading(
        source="fhir",
        tables={name: _relation(workshop, folder / name) for name in told},
        precision=PRECISION,
        delays=DELAYS,
        read={name: number + total.merged[name] for name, number in told.items()},
        conflicts=_by_table(total.conflicts),
        left_out=_by_table(found.left_out + total.left_out),
        rejected=_rejected(found.rejects),
        inputs=dict(sorted(found.counts.items())),
    )


READER = Reader("fhir", "FHIR R4: Bulk Data NDJSON or Bundles, plain, gzipped or zipped", read)


def _stored(workshop: Workshop, cutter: Cutter) -> Stored:
    """Every block parsed, and its rows set down."""
    found = Stored(workshop.folder / "fhir")
    for done in store(cutter.blocks(), found):
        if done % OFTEN == 1:
            workshop.tell("reading FHIR resources", None)
    found.left_out += cutter.skipped
    return found


def _set_down(made: Joined, folder: Path, part: int, total: Joined) -> None:
    for name, rows in made.tables.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, folder / name / f"{part:04}.parquet", compression="lz4")
    total.merged += made.merged
    total.left_out += made.left_out
    total.conflicts += made.conflicts


def _told(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))


def _relation(workshop: Workshop, folder: Path) -> ir.Table:
    return workshop.parquet(sorted(folder.glob("*.parquet"))).drop(FILE)


def _rejected(rejects: list[Reject]) -> list[pa.Table]:
    """The resources that could not be read, by the table as whose rows they count."""
    tables = sorted({reject.table for reject in rejects})
    by_table = ([vars(r) for r in rejects if r.table == table] for table in tables)
    return [pa.Table.from_pylist(rows, schema=REJECTS) for rows in by_table]


def _by_table(found: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    made: dict[str, dict[str, int]] = {}
    for (table, what), number in sorted(found.items()):
        made.setdefault(table, {})[what] = number
    return made
