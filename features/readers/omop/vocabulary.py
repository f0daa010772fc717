"""The source's own vocabulary tables, cut down to the concepts that its rows name.

A full vocabulary has millions of concepts and a source names thousands. Concept 0 is no concept.
Where there is no table CONCEPT, or it lacks a concept, nothing is known of it but its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import ibis
import ibis.expr.types as ir

from features.readers.layout import Layout
from features.readers.omop.layout import CONCEPT, CONCEPT_ANCESTOR
from features.readers.omop.place import Place
from features.readers.omop.words import SYSTEMS, Concept
from features.readers.opened import CASTS
from features.readers.workshop import Workshop

Word = TypeVar("Word")


Named = Mapping[str, ir.IntegerColumn]
"""Columns that name concepts, by `table.column`."""


def named_in(table: str, rows: ir.Table) -> dict[str, ir.IntegerColumn]:
    """The columns of a table that name concepts."""
    return {f"{table}.{c}": rows[c] for c in rows.columns if c.endswith("_concept_id")}


@dataclass(frozen=True)
class Vocabulary:
    """What is known of the concepts that the source names.

    concepts   concept_id, name, vocabulary, code, concept_class, system (code system of the
               History; null for a vocabulary it does not name)
    by_column  column (`table.column`) -> each of its concepts once
    """

    place: Place
    concepts: ir.Table
    by_column: Mapping[str, Sequence[Concept]]

    def of(self, column: str) -> Sequence[Concept]:
        """The different concepts of a column, `table.column`, by id."""
        return self.by_column.get(column, ())

    def words(self, column: str, word: Callable[[Concept], Word]) -> dict[int, Word]:
        """What each concept of a column means by `word`."""
        return {concept.concept_id: word(concept) for concept in self.of(column)}

    def ancestors(self, concepts: Sequence[Concept]) -> list[Concept]:
        """The concepts with their ancestors, the nearest first; as they are where none is told."""
        table = self.place.table(CONCEPT_ANCESTOR) if concepts else None
        if table is None:
            return list(concepts)
        wanted = table.filter(table.descendant_concept_id.isin([c.concept_id for c in concepts]))
        by = ["descendant_concept_id", "min_levels_of_separation", "ancestor_concept_id"]
        found: dict[int, list[int]] = {}
        for row in wanted.order_by(by).to_pyarrow().to_pylist():
            found.setdefault(row["descendant_concept_id"], []).append(row["ancestor_concept_id"])
        return [
            Concept(c.concept_id, c.vocabulary, c.code, c.name, tuple(found.get(c.concept_id, ())))
            for c in concepts
        ]


def vocabulary(workshop: Workshop, place: Place, columns: Named) -> Vocabulary:
    """The concepts of the columns; one row each, however often CONCEPT has it."""
    table = place.table(CONCEPT)
    if table is None:
        table = absent(CONCEPT)
    named = workshop.kept("omop_named", ibis.union(*(_ids(n, c) for n, c in columns.items())), [])
    used = table.semi_join(named, table.concept_id == named.id)
    others = [c for c in CONCEPT.types if c != "concept_id"]
    single = used.group_by("concept_id").agg(**{c: used[c].min() for c in others})
    concepts = single.select(
        "concept_id",
        name=single.concept_name,
        vocabulary=single.vocabulary_id,
        code=single.concept_code,
        concept_class=single.concept_class_id,
        system=single.vocabulary_id.cases(*SYSTEMS.items(), else_=None),
    )
    concepts = workshop.kept("omop_concepts", concepts, [])
    return Vocabulary(place, concepts, _by_column(named, concepts))


def _by_column(named: ir.Table, concepts: ir.Table) -> dict[str, list[Concept]]:
    """One query for all columns: many small ones cost more than what they ask."""
    told = named.left_join(concepts, named.id == concepts.concept_id)
    told = told.select("column", "id", "vocabulary", "code", "name")
    found: dict[str, list[Concept]] = {}
    for row in told.order_by("column", "id").to_pyarrow().to_pylist():
        vocabulary, code, name = (row[c] or "" for c in ("vocabulary", "code", "name"))
        found.setdefault(row["column"], []).append(Concept(row["id"], vocabulary, code, name))
    return found


def _ids(name: str, column: ir.IntegerColumn) -> ir.Table:
    """The concepts of a column, each once; null and 0 are none."""
    rows = column.name("id").as_table().distinct()
    rows = rows.filter(rows.id.notnull() & (rows.id != 0))
    return rows.select(column=ibis.literal(name), id=rows.id)


def absent(layout: Layout) -> ir.Table:
    """A table without rows, in place of one that the source does not have."""
    return ibis.memtable(
        ibis.schema({c: CASTS[t] for c, t in layout.types.items()}).to_pyarrow().empty_table()
    )


def told(
    value: ir.Value, words: Mapping[int, object] | Mapping[str, object], kind: str
) -> ir.Value:
    """The word of each value; null for a value without one."""
    pairs = [(key, ibis.literal(word, kind)) for key, word in words.items() if word is not None]
    return value.cases(*pairs, else_=ibis.null(kind)) if pairs else ibis.null(kind)
