"""Collects what features need while a catalogue is compiled: each operation once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from features.catalogue import Catalogue, Feature
from features.catalogue.feature import Where
from features.catalogue.sets import grouping
from features.kernel.columns import READABLE, YES
from features.kernel.layout import Asked
from features.kernel.program import (
    IN_A_SPELL,
    NONE,
    Anchor,
    Measure,
    Op,
    Output,
    Source,
)
from features.tables.schema import CODE_SYSTEMS, TABLES

COVERAGE_KINDS = TABLES["coverage"].column("kind").allowed
BY_MOMENT = ("urgency", "sensitive", "discharged_to")
"""Filters that are met or not as of a moment, not once for all."""
MAY_BE_UNKNOWN = "specialty"
"""A filter of stays that is not met and not failed where a stay does not say."""
PERIODS = ("spell", "stay")
ENDED = ("discharged_to", "specialty")
"""Filters of stays over what is known with the discharge."""


def bit_of(code_set: str, group: str) -> int:
    """Place of a group among those of its code set."""
    return grouping(code_set).positions[group]


def filter_of(feature: Feature) -> Where:
    """The filter that a row meets once for all."""
    return tuple((c, v) for c, v in feature.where if c not in BY_MOMENT)


def read_by(code_set: str) -> Where:
    """The filter of rows that the set reads: by system, or code by code where it reads some."""
    codes = grouping(code_set)
    if codes.reads_by_code:
        return ((READABLE + code_set, (YES,)),)
    return (("code_system", tuple(s for s in CODE_SYSTEMS if codes.reads(s))),)


class Parts:
    """Operations, outputs, observed windows, weights and hierarchies, in the order first asked."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.ops: dict[Op, int] = {}
        self.outputs: dict[Output, int] = {}
        self.observed: dict[tuple[int, ...], int] = {}
        self.schemes: dict[tuple[str, str], int] = {}
        self.ranks: list[tuple[int, int]] = []
        self.ranges: dict[str, tuple[int, int]] = {}

    def op(self, op: Op) -> int:
        return self.ops.setdefault(op, len(self.ops))

    def output(self, output: Output) -> int:
        return self.outputs.setdefault(output, len(self.outputs))

    def rows(self, feature: Feature, measure: Measure, **more: Any) -> int:
        """The operation on the rows that the feature's own filter and window name."""
        return self.op(_op(feature, measure, **more))

    def unknown(self, feature: Feature) -> int:
        """What counts the periods of which the feature's choice cannot be told; NONE: no choice."""
        certain = tuple((c, v) for c, v in filter_of(feature) if c != MAY_BE_UNKNOWN)
        ended = "discharged_to" in dict(feature.where)
        op = _op(feature, Measure.COUNT, where=certain, unknown=True, ended=ended)
        asked = op.urgency or op.sensitive or certain != filter_of(feature)
        return self.op(op) if asked and feature.table in PERIODS else NONE

    def union(self, feature: Feature) -> tuple[int, int]:
        """The first of the operations that unite a code set's groups, and how many there are."""
        words = grouping(feature.code_set).words
        ops = [
            self.rows(feature, Measure.UNION, groups=feature.code_set, word=word)
            for word in range(words)
        ]
        assert ops == list(range(ops[0], ops[0] + words)), "words of a set stand in a row"
        return ops[0], words

    def readable(self, feature: Feature) -> tuple[int, int]:
        """Operations counting the codes of the window that can be read, and all of them."""
        where = filter_of(feature)
        read = (*where, *read_by(feature.code_set))
        return (
            self.rows(feature, Measure.COUNT, where=read),
            self.rows(feature, Measure.COUNT, where=where),
        )

    def seen_in(self, feature: Feature) -> int:
        """Observed days of the window, by the kinds of coverage that see the feature's table."""
        anchor = Anchor[feature.anchor.upper()]
        asked = dict.fromkeys(Asked, 0)
        asked[Asked.KINDS] = self._kinds(feature, anchor)
        asked[Asked.WINDOW], asked[Asked.UNTIL] = feature.window or 0, feature.until
        asked[Asked.ANCHOR] = anchor
        asked[Asked.CODED] = anchor is Anchor.SPELL and feature.table in ("diagnosis", "procedure")
        return self.observed.setdefault(tuple(asked.values()), len(self.observed))

    def _kinds(self, feature: Feature, anchor: Anchor) -> int:
        if anchor is Anchor.SPELL and feature.table == "stay":
            return IN_A_SPELL
        kinds = self.catalogue.seen_by(feature)
        return sum(1 << COVERAGE_KINDS.index(kind) for kind in kinds)

    def scheme(self, name: str, scheme: str) -> int:
        return self.schemes.setdefault((name, scheme), len(self.schemes))

    def hierarchy(self, name: str) -> tuple[int, int]:
        """Where the pairs (stronger, weaker) of a code set stand among all pairs."""
        if name not in self.ranges:
            start = len(self.ranks)
            self.ranks += [(bit_of(name, s), bit_of(name, w)) for s, w in grouping(name).hierarchy]
            self.ranges[name] = (start, len(self.ranks))
        return self.ranges[name]


def _op(feature: Feature, measure: Measure, **more: Any) -> Op:
    asked = dict(feature.where)
    op = Op(
        Source[feature.table.upper()],
        measure,
        filter_of(feature),
        feature.window or 0,
        feature.until,
        Anchor[feature.anchor.upper()],
        urgency=asked.get("urgency", ()),
        sensitive=asked.get("sensitive", ()),
        to=asked.get("discharged_to", ()),
        ended=feature.table in PERIODS and any(column in ENDED for column in asked),
        within=feature.within,
        low=feature.low,
        high=feature.high,
    )
    return replace(op, **more)
