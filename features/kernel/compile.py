"""Compiles a catalogue into a program: each feature to the operations it needs and one output.

Equal operations are made once. What a feature means is said here and nowhere else in the kernel;
what an operation does with a row is said in `rows.py`, what a null is in `finish.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue, Feature
from features.catalogue.feature import Where
from features.catalogue.sets import grouping
from features.codes.crosswalks import Crosswalks, configured
from features.kernel.columns import READABLE, YES
from features.kernel.program import NONE, Fact, Finish, Measure, Op, Output, Program, Source
from features.spells import URGENCIES, SpellRule
from features.tables.schema import CODE_SYSTEMS, TABLES

COVERAGE_KINDS = TABLES["coverage"].column("kind").allowed
UNDECIDED = 1 << URGENCIES.index("undecided")
NO_RANKS = (0, 0)


def compile_catalogue(catalogue: Catalogue) -> Program:
    """The program of a catalogue, under the crosswalks that are set."""
    return _compile(catalogue, configured())


@lru_cache(maxsize=16)
def _compile(catalogue: Catalogue, _crosswalks: Crosswalks) -> Program:
    parts = _Parts(catalogue)
    outputs = [MEASURES[feature.measure](parts, feature) for feature in catalogue]
    place = {op: i for i, op in enumerate(sorted(parts.ops, key=lambda op: op.source))}
    moved = [place[op] for op in parts.ops]
    return Program(
        names=catalogue.names,
        ops=tuple(place),
        outputs=tuple(_moved(output, moved) for output in outputs),
        observed=np.array(list(parts.observed), np.int64).reshape(-1, 3),
        weights=_weights(list(parts.schemes)),
        ranks=np.array(parts.ranks, np.int64).reshape(-1, 2),
        least_share=catalogue.least_share,
        rule=int(SpellRule[catalogue.spells.upper()]),
        deciders=catalogue.urgency,
    )


class _Parts:
    """Collects operations, observed windows, weights and hierarchies while features are read."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.ops: dict[Op, int] = {}
        self.observed: dict[tuple[int, int, bool], int] = {}
        self.schemes: dict[tuple[str, str], int] = {}
        self.ranks: list[tuple[int, int]] = []
        self.ranges: dict[str, tuple[int, int]] = {}

    def op(self, op: Op) -> int:
        return self.ops.setdefault(op, len(self.ops))

    def seen_in(self, feature: Feature) -> int:
        """Observed days of the window, by the kinds of coverage that see the feature's table."""
        kinds = self.catalogue.observed.get(feature.table, ())
        bits = sum(1 << COVERAGE_KINDS.index(kind) for kind in kinds)
        asked = bits, feature.window or 0, _before(feature)
        return self.observed.setdefault(asked, len(self.observed))

    def scheme(self, name: str, scheme: str) -> int:
        return self.schemes.setdefault((name, scheme), len(self.schemes))

    def hierarchy(self, name: str) -> tuple[int, int]:
        """Where the pairs (stronger, weaker) of a code set stand among all pairs."""
        if name not in self.ranges:
            start = len(self.ranks)
            self.ranks += [(_bit(name, s), _bit(name, w)) for s, w in grouping(name).hierarchy]
            self.ranges[name] = (start, len(self.ranks))
        return self.ranges[name]

    def rows(self, feature: Feature, measure: Measure, **more: Any) -> int:
        """The operation on the rows that the feature's own filter and window name."""
        where = tuple((c, v) for c, v in feature.where if c != "urgency")
        op = Op(
            Source[feature.table.upper()], measure, where, feature.window or 0,
            urgency=_urgency(feature), before=_before(feature),
        )  # fmt: skip
        return self.op(replace(op, **more))

    def readable(self, feature: Feature) -> tuple[int, int]:
        """Operations counting the codes of the window that can be read, and all of them."""
        return (
            self.rows(feature, Measure.COUNT, where=_read_by(feature.code_set)),
            self.rows(feature, Measure.COUNT, where=()),
        )


def _moved(output: Output, place: list[int]) -> Output:
    def to(op: int) -> int:
        return NONE if op == NONE else place[op]

    return Output(
        output.finish, to(output.op), to(output.other), to(output.total),
        output.observed, output.parameter, output.rank,
    )  # fmt: skip


def _weights(schemes: list[tuple[str, str]]) -> npt.NDArray[np.float64]:
    table = np.zeros((len(schemes), 64))
    for row, (name, scheme) in enumerate(schemes):
        for group, weight in grouping(name).weights[scheme].items():
            table[row, _bit(name, group)] = weight
    return table


def _bit(code_set: str, group: str) -> int:
    return grouping(code_set).positions[group]


def _read_by(code_set: str) -> Where:
    """The filter of rows that the set reads: by system, or code by code where it has crosswalks."""
    codes = grouping(code_set)
    if codes.crossings:
        return ((READABLE + code_set, (YES,)),)
    return (("code_system", tuple(s for s in CODE_SYSTEMS if codes.reads(s))),)


def _urgency(feature: Feature) -> int:
    if feature.table != "spell":
        return 0
    asked = dict(feature.where).get("urgency", URGENCIES)
    return sum(1 << URGENCIES.index(word) for word in asked)


def _before(feature: Feature) -> bool:
    return feature.anchor == "admission"


def _undecided(parts: _Parts, feature: Feature) -> int:
    """With an undecided spell in the window, a choice by urgency is unknown: what counts them."""
    if "urgency" not in dict(feature.where) or _urgency(feature) & UNDECIDED:
        return NONE
    return parts.rows(feature, Measure.COUNT, urgency=UNDECIDED)


def _number(measure: Measure) -> Callable[[_Parts, Feature], Output]:
    def output(parts: _Parts, feature: Feature) -> Output:
        op = parts.rows(feature, measure)
        spoilt = _undecided(parts, feature)
        return Output(Finish.NUMBER, op, spoilt, observed=parts.seen_in(feature))

    return output


def _sum(parts: _Parts, feature: Feature) -> Output:
    base = Op(Source.STAY, Measure.SUM, feature.where, feature.window or 0, feature.column)
    ops = [parts.op(replace(base, source=Source[table.upper()])) for table in feature.tables]
    op, other, total = (*ops, NONE, NONE)[:3]
    return Output(Finish.KNOWN, op, other, total, parts.seen_in(feature))


def _since(parts: _Parts, feature: Feature) -> Output:
    end = feature.column == "discharged_at"
    return Output(Finish.LAST, parts.rows(feature, Measure.SINCE, end=end))


def _last(parts: _Parts, feature: Feature) -> Output:
    return Output(Finish.LAST, parts.rows(feature, Measure.LAST, value=feature.column))


def _distinct(parts: _Parts, feature: Feature) -> Output:
    seen = parts.seen_in(feature)
    if not feature.code_set:
        op = parts.rows(feature, Measure.DISTINCT, key=feature.column)
        return Output(Finish.KNOWN, op, observed=seen)
    readable, total = parts.readable(feature)
    mask = 1 << _bit(feature.code_set, feature.group) if feature.group else 0
    where = _read_by(feature.code_set)
    op = parts.rows(
        feature,
        Measure.DISTINCT,
        where=where,
        key=feature.column,
        groups=feature.code_set,
        mask=mask,
    )
    return Output(Finish.CODED, op, readable, total, seen)


def _top_share(parts: _Parts, feature: Feature) -> Output:
    return Output(Finish.SHARE, parts.rows(feature, Measure.TOP, key=feature.column))


def _grouped(finish: Finish) -> Callable[[_Parts, Feature], Output]:
    def output(parts: _Parts, feature: Feature) -> Output:
        union = parts.rows(feature, Measure.UNION, groups=feature.code_set)
        readable, total = parts.readable(feature)
        rank = parts.hierarchy(feature.code_set) if feature.hierarchy else NO_RANKS
        parameter = PARAMETERS[finish](parts, feature)
        return Output(finish, union, readable, total, parts.seen_in(feature), parameter, rank)

    return output


PARAMETERS: Mapping[Finish, Callable[[_Parts, Feature], int]] = MappingProxyType(
    {
        Finish.FLAG: lambda _parts, feature: _bit(feature.code_set, feature.group),
        Finish.GROUPS: lambda _parts, _feature: 0,
        Finish.INDEX: lambda parts, feature: parts.scheme(feature.code_set, feature.scheme),
    }
)


def _readable_share(parts: _Parts, feature: Feature) -> Output:
    return Output(Finish.RATIO, *parts.readable(feature))


def _observed_share(parts: _Parts, feature: Feature) -> Output:
    return Output(Finish.OBSERVED, observed=parts.seen_in(feature), parameter=feature.window or 0)


def _fact(_parts: _Parts, feature: Feature) -> Output:
    return Output(Finish.FACT, parameter=Fact[feature.column.upper()])


MEASURES: Mapping[str, Callable[[_Parts, Feature], Output]] = MappingProxyType(
    {
        "count": _number(Measure.COUNT),
        "sum": _sum,
        "days": _number(Measure.DAYS),
        "days_since": _since,
        "last": _last,
        "distinct": _distinct,
        "top_share": _top_share,
        "flag": _grouped(Finish.FLAG),
        "groups": _grouped(Finish.GROUPS),
        "index": _grouped(Finish.INDEX),
        "readable_share": _readable_share,
        "observed_share": _observed_share,
        "fact": _fact,
    }
)
