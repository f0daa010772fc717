"""Compiles a catalogue into a program: each feature to the operations it needs and one output.

Equal operations are made once. What a feature means is said here and nowhere else in the kernel;
what an operation does with a row is said in `registers.py`, what a null is in `finish.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from features.catalogue import Catalogue, Feature
from features.catalogue.sets import grouping
from features.codes.crosswalks import Crosswalks, configured
from features.kernel.collect import Parts, bit_of, filter_of, read_by
from features.kernel.layout import Asked
from features.kernel.program import (
    NONE,
    Fact,
    Finish,
    Floats,
    Measure,
    Op,
    Output,
    Program,
    Source,
)
from features.spells import SpellRule


def compile_catalogue(catalogue: Catalogue) -> Program:
    """The program of a catalogue, under the crosswalks that are set."""
    return _compile(catalogue, configured())


@lru_cache(maxsize=16)
def _compile(catalogue: Catalogue, _crosswalks: Crosswalks) -> Program:
    parts = Parts(catalogue)
    columns = [parts.output(MEASURES[feature.measure](parts, feature)) for feature in catalogue]
    place = {op: i for i, op in enumerate(_in_order(list(parts.ops)))}
    moved = [place[op] for op in parts.ops]
    outputs, columns = _grouped_by_finish(list(parts.outputs), columns)
    return Program(
        names=catalogue.names,
        ops=tuple(place),
        outputs=tuple(_moved(output, moved) for output in outputs),
        columns=np.array(columns, np.int64),
        observed=np.array(list(parts.observed), np.int64).reshape(-1, len(Asked)),
        weights=_weights(list(parts.schemes)),
        divisors=np.array([grouping(n).divisor(s) for n, s in parts.schemes], np.float64),
        ranks=np.array(parts.ranks, np.int64).reshape(-1, 2),
        least_share=catalogue.least_share,
        rule=int(SpellRule[catalogue.spells.upper()]),
        deciders=catalogue.urgency,
    )


def _in_order(ops: list[Op]) -> list[Op]:
    """Tallies last; by source, ladders together and rising, words of a code set side by side."""
    begun: dict[Op, int] = {}
    for place, op in enumerate(ops):
        begun.setdefault(op.ladder or replace(op, word=0), place)

    def order(op: Op) -> tuple[bool, int, int, int, int]:
        ladder = begun[op.ladder or replace(op, word=0)]
        return op.tallied, op.source, ladder, op.window, op.word

    return sorted(ops, key=order)


def _grouped_by_finish(outputs: list[Output], columns: list[int]) -> tuple[list[Output], list[int]]:
    """Alike outputs together, each after those it is made of; and where the columns are then."""
    depth: list[int] = []
    for output in outputs:  # parts were asked for before the outputs made of them
        own = [depth[part] for part in (output.first, output.second) if part != NONE]
        depth.append(1 + max(own, default=-1))
    order = sorted(range(len(outputs)), key=lambda c: (depth[c], outputs[c].finish, outputs[c].op))
    place = {c: at for at, c in enumerate(order)} | {NONE: NONE}
    found = [
        replace(outputs[c], first=place[outputs[c].first], second=place[outputs[c].second])
        for c in order
    ]
    return found, [place[c] for c in columns]


def _moved(output: Output, place: list[int]) -> Output:
    def to(op: int) -> int:
        return NONE if op == NONE else place[op]

    op, other, total = to(output.op), to(output.other), to(output.total)
    return replace(output, op=op, other=other, total=total, before=to(output.before))


def _weights(schemes: list[tuple[str, str]]) -> Floats:
    table = np.zeros(
        (len(schemes), max([64 * grouping(name).words for name, _ in schemes] or [64]))
    )
    for row, (name, scheme) in enumerate(schemes):
        for group, weight in grouping(name).weights[scheme].items():
            table[row, bit_of(name, group)] = weight
    return table


def _number(measure: Measure, finish: Finish) -> Callable[[Parts, Feature], Output]:
    """A number of rows or days, null beside a spell of which the choice cannot be told."""

    def output(parts: Parts, feature: Feature) -> Output:
        if feature.code_set:
            return _coded(measure, finish)(parts, feature)
        op = parts.rows(feature, measure)
        return Output(finish, op, parts.unknown(feature), observed=parts.seen_in(feature))

    return output


def _coded(measure: Measure, finish: Finish) -> Callable[[Parts, Feature], Output]:
    """Rows, or distinct values, of the codes of a group, or of all that can be read."""

    def output(parts: Parts, feature: Feature) -> Output:
        readable, total = parts.readable(feature)
        op = parts.rows(feature, measure, key=feature.column, **_of_group(feature))
        return Output(finish, op, readable, total, parts.seen_in(feature))

    return output


def _of_group(feature: Feature) -> dict[str, Any]:
    """What picks the rows of the feature's code group, or of every code that can be read."""
    if not feature.code_set:
        return {}
    if feature.group:
        return {"groups": feature.code_set, "group": feature.group}
    return {"where": (*filter_of(feature), *read_by(feature.code_set))}


def _sum(parts: Parts, feature: Feature) -> Output:
    ops = [
        parts.rows(feature, Measure.SUM, source=Source[table.upper()], value=feature.column)
        for table in feature.tables
    ]
    op, other, total = (*ops, NONE, NONE)[:3]
    return Output(Finish.KNOWN, op, other, total, parts.seen_in(feature))


def _less(made: Callable[[Parts, Feature], Output]) -> Callable[[Parts, Feature], Output]:
    """The window less as many days before it."""

    def output(parts: Parts, feature: Feature) -> Output:
        window = feature.window or 0
        before = replace(feature, window=2 * window - feature.until, until=window)
        first, second = (parts.output(made(parts, each)) for each in (feature, before))
        return Output(Finish.LESS, first=first, second=second)

    return output


def _since(parts: Parts, feature: Feature) -> Output:
    end = feature.column == "discharged_at"
    op = parts.rows(feature, Measure.SINCE, end=end, **_of_group(feature))
    return Output(Finish.VALUE, op)


def _value(measure: Measure, finish: Finish = Finish.VALUE) -> Callable[[Parts, Feature], Output]:
    """A value of the rows, null where none is known; of spells also beside one that is unknown."""

    def output(parts: Parts, feature: Feature) -> Output:
        op = parts.rows(feature, measure, value=feature.column)
        told = feature.measure != "last"
        return Output(finish, op, parts.unknown(feature) if told else NONE)

    return output


def _distinct(parts: Parts, feature: Feature) -> Output:
    if feature.code_set:
        return _coded(Measure.DISTINCT, Finish.NUMBER)(parts, feature)
    return _keyed(Measure.DISTINCT, Finish.KNOWN)(parts, feature)


def _keyed(measure: Measure, finish: Finish) -> Callable[[Parts, Feature], Output]:
    """What rows say of the values they share."""

    def output(parts: Parts, feature: Feature) -> Output:
        op = parts.rows(feature, measure, key=feature.column)
        return Output(finish, op, observed=parts.seen_in(feature))

    return output


def _supplied(measure: Measure, finish: Finish) -> Callable[[Parts, Feature], Output]:
    def output(parts: Parts, feature: Feature) -> Output:
        op = parts.rows(feature, measure, value=feature.column, **_of_group(feature))
        return Output(finish, op, parameter=feature.until)

    return output


def _grouped(finish: Finish) -> Callable[[Parts, Feature], Output]:
    def output(parts: Parts, feature: Feature) -> Output:
        union, words = parts.union(feature)
        readable, total = parts.readable(feature)
        rank = parts.hierarchy(feature.code_set) if feature.hierarchy else (0, 0)
        parameter = PARAMETERS[finish](parts, feature)
        seen = parts.seen_in(feature)
        return Output(finish, union, readable, total, seen, parameter, rank, words=words)

    return output


PARAMETERS: Mapping[Finish, Callable[[Parts, Feature], int]] = MappingProxyType(
    {
        Finish.FLAG: lambda _parts, feature: bit_of(feature.code_set, feature.group),
        Finish.GROUPS: lambda _parts, _feature: 0,
        Finish.INDEX: lambda parts, feature: parts.scheme(feature.code_set, feature.scheme),
    }
)


def _earlier(feature: Feature) -> Feature:
    """The days before the feature's window in which what is new must not have been recorded."""
    window = feature.window or 0
    return replace(feature, window=window + feature.earlier, until=window, earlier=0)


def _new(parts: Parts, feature: Feature) -> Output:
    flag = _grouped(Finish.FLAG)
    first, second = (parts.output(flag(parts, each)) for each in (feature, _earlier(feature)))
    return Output(Finish.NEW, first=first, second=second)


def _new_groups(parts: Parts, feature: Feature) -> Output:
    """Groups of the window without those of the earlier days, where these could be seen."""
    before = _earlier(feature)
    union, _ = parts.union(before)
    readable, total = parts.readable(before)
    known = Output(Finish.SEEN_CODES, union, readable, total, parts.seen_in(before))
    now = _grouped(Finish.GROUPS)(parts, feature)
    return replace(now, finish=Finish.NEW_GROUPS, first=parts.output(known), before=union)


def _readable_share(parts: Parts, feature: Feature) -> Output:
    return Output(Finish.RATIO, *parts.readable(feature))


def _observed_share(parts: Parts, feature: Feature) -> Output:
    days = (feature.window or 0) - feature.until
    return Output(Finish.OBSERVED, observed=parts.seen_in(feature), parameter=days)


def _fact(_parts: Parts, feature: Feature) -> Output:
    return Output(Finish.FACT, parameter=Fact[feature.column.upper()])


MEASURES: Mapping[str, Callable[[Parts, Feature], Output]] = MappingProxyType(
    {
        "count": _number(Measure.COUNT, Finish.COUNTED),
        "any": _number(Measure.COUNT, Finish.ANY),
        "count_change": _less(_number(Measure.COUNT, Finish.COUNTED)),
        "sum": _sum,
        "sum_change": _less(_sum),
        "days": _number(Measure.DAYS, Finish.NUMBER),
        "days_change": _less(_number(Measure.DAYS, Finish.NUMBER)),
        "days_since": _since,
        "first": _value(Measure.FIRST),
        "last": _value(Measure.LAST),
        "min": _value(Measure.MIN),
        "max": _value(Measure.MAX),
        "mean": _value(Measure.SUM, Finish.SHARE),
        "change": _value(Measure.CHANGE, Finish.CHANGE),
        "out_of_range": _value(Measure.OUTSIDE),
        "distinct": _distinct,
        "top_share": _keyed(Measure.TOP, Finish.SHARE),
        "bice_boxerman": _keyed(Measure.SQUARES, Finish.SQUARES),
        "same_share": _keyed(Measure.SAME, Finish.PAIRS),
        "switches": _keyed(Measure.SWITCHES, Finish.KNOWN),
        "covered_share": _supplied(Measure.COVERED, Finish.COVERED),
        "longest_gap": _supplied(Measure.GAP, Finish.GAP),
        "flag": _grouped(Finish.FLAG),
        "new": _new,
        "groups": _grouped(Finish.GROUPS),
        "new_groups": _new_groups,
        "index": _grouped(Finish.INDEX),
        "readable_share": _readable_share,
        "observed_share": _observed_share,
        "fact": _fact,
    }
)
