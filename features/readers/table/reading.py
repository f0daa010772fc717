"""Reads an extract by its mapping: files, then stays and visits, then all that is tied to them.

It decides nothing: which rows are a stay, which of several values speaks and what a code means is
the mapping's to say. Every row of a file is taken by a block of the mapping, or counted as left
out; columns no part of the mapping reads are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.errors import InputError
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.table.blocks import ORDER, Made, made
from features.readers.table.combine import combined, disagreeing, united
from features.readers.table.files import Opened, main_table, notes, opened_files, untaken
from features.readers.table.known import EMPTY_TIES, tie, with_known, words
from features.readers.table.load import load_mapping
from features.readers.table.mapping import COMBINED, MappingHead
from features.readers.table.precision import precision
from features.readers.table.values import READ_AS, filled
from features.readers.workshop import Workshop
from features.tables.schema import TABLES

ORDERED = ("person", "stay", "visit", *(n for n in TABLES if n not in ("person", "stay", "visit")))
"""Stays and visits first: what is tied to them takes its times from them."""


def read(workshop: Workshop, given: Source) -> Reading:
    """Raises InputError for a mapping that cannot be, and where a file or column of it lacks."""
    assert given.mapping is not None
    return Work(workshop, load_mapping(given.mapping)).done(given)


class Work:
    """One extract on its way: what was made of it so far."""

    def __init__(self, workshop: Workshop, mapping: MappingHead) -> None:
        self.workshop, self.mapping = workshop, mapping
        self.tables: dict[str, ir.Table] = {}
        self.ties: dict[str, ir.Table] = {}
        self.read: dict[str, int] = {}
        self.rejected: list[pa.Table] = []
        self.conflicts: dict[str, Mapping[str, int]] = {}

    def done(self, given: Source) -> Reading:
        mapping = self.mapping
        self.files = opened_files(self.workshop, given.path, mapping)
        for name in ORDERED:
            self._table(name)
        if "person" not in self.tables:
            raise InputError(
                "there is none of the files that tell of people",
                where=str(given),
                cure="give one of the files under person.rows of the mapping",
            )
        last = mapping.last
        return Reading(
            source=mapping.name,
            tables={name: self.tables[name] for name in TABLES if name in self.tables},
            precision=precision(mapping),
            delays=words(mapping.delays),
            last=last,
            last_known=None if last is None else datetime.combine(last, time.max),
            read=self.read,
            conflicts=self.conflicts,
            left_out=self._left_out(),
            rejected=tuple(self.rejected),
        )

    def _table(self, name: str) -> None:
        parts = self._blocks(name)
        if not parts:
            if name in EMPTY_TIES:
                self.ties[name] = ibis.memtable([], schema=EMPTY_TIES[name])
            return
        section, table = self.mapping.section(name), TABLES[name]
        self.rejected += [part.rejected for part in parts]
        rows = united([part.rows for part in parts])
        if name in COMBINED:
            self.read[name] = sum(part.read for part in parts)
        if name in COMBINED and section.combine is not None:
            self.conflicts[name] = disagreeing(table, rows, section.combine)
            rows = combined(table, rows, section.combine)
        rows = rows.drop(*(c for c in rows.columns if c.startswith(ORDER)))
        for part in parts:
            for column, value in part.block.columns.items():
                read_as = READ_AS[table.column(column).kind]
                rows = rows.mutate(**{column: filled(rows[column], value, read_as)})
        rows = with_known(name, rows, self.mapping.delays, self.ties)
        self.tables[name] = self.workshop.kept(f"{name}_made", rows, ())
        if name in EMPTY_TIES:
            self.ties[name] = tie(self.tables[name], name)

    def _blocks(self, name: str) -> list[Made]:
        blocks = getattr(self.mapping.section(name), "rows", ())
        there = [(n, block) for n, block in enumerate(blocks) if block.file in self.files]
        return [
            made(self.workshop, TABLES[name], block, self.files[block.file], f"{name}_of_{n}")
            for n, block in there
        ]

    def _left_out(self) -> Mapping[str, Mapping[str, int]]:
        told: dict[str, dict[str, int]] = defaultdict(dict)
        for name, found in self.files.items():
            number = self._untaken(name, found)
            if number:
                found.left_out[f"rows of {name}: {found.file.untaken}"] = number
        for table, why, number in notes(self.files, self.mapping):
            told[table][why] = number
        return told

    def _untaken(self, name: str, found: Opened) -> int:
        """Rows no block takes; one that only tells of its person is no use of a row of care."""
        main = main_table(self.mapping, name)
        periods = ("person", "registration", "coverage")
        said = [
            block.where
            for table, block in self.mapping.blocks()
            if block.file == name and (main in periods or table not in periods)
        ]
        return untaken(found, said)


READER = Reader(
    "table", "any claims, encounter or episode extract, by a mapping file", read, takes_mapping=True
)
