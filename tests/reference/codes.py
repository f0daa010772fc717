"""Measures of codes by their groups, and which codes can be read."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from features.catalogue import Feature
from features.catalogue.sets import grouping
from features.codes.crosswalks import Crosswalks
from tests.reference.choose import facts, nothing
from tests.reference.days import Window
from tests.reference.moment import Moment, Row, Value


@lru_cache(maxsize=100_000)
def _groups(code_set: str, system: str, code: str, _crosswalks: Crosswalks) -> frozenset[str]:
    codes = grouping(code_set)
    words = np.atleast_1d(codes.bits(system, [code])[0]).tolist()
    return frozenset(
        group for place, group in enumerate(codes.groups) if words[place // 64] >> place % 64 & 1
    )


@lru_cache(maxsize=100_000)
def _reads(code_set: str, system: str, code: str, _crosswalks: Crosswalks) -> bool:
    return bool(grouping(code_set).reads_codes(system, [code])[0])


def groups_of(code_set: str, row: Row) -> frozenset[str]:
    """Groups that a row's code belongs to."""
    walks = grouping(code_set).crosswalks
    return _groups(code_set, row["code_system"], row["code"], walks)


def reads(code_set: str, row: Row) -> bool:
    """Whether the set has an answer for a row's code."""
    walks = grouping(code_set).crosswalks
    return _reads(code_set, row["code_system"], row["code"], walks)


def in_group(feature: Feature, row: Row) -> bool:
    """Whether a row's code is of the feature's group; without a group, whether it can be read;
    without a code set every row is meant."""
    if not feature.code_set:
        return True
    if not feature.group:
        return reads(feature.code_set, row)
    return feature.group in groups_of(feature.code_set, row)


Found = list[tuple[Row, date]]


def readable(moment: Moment, feature: Feature, found: Found) -> bool:
    """Whether enough of the codes can be read; it is so of none."""
    read = sum(reads(feature.code_set, row) for row, _ in found)
    return read >= moment.catalogue.least_share * len(found)


def united(feature: Feature, found: Found) -> set[str]:
    """Groups of all the rows."""
    return set[str]().union(*(groups_of(feature.code_set, row) for row, _ in found))


def strongest(feature: Feature, present: set[str]) -> set[str]:
    """The groups; where the feature asks for it without the weaker one beside its stronger one."""
    if not feature.hierarchy:
        return present
    pairs = grouping(feature.code_set).hierarchy
    return present - {weak for strong, weak in pairs if strong in present}


def flag(moment: Moment, feature: Feature, window: Window) -> Value:
    """1 with a code of the group; unknown without one where too few codes can be read."""
    found = facts(moment, feature, window)
    if feature.group in united(feature, found):
        return 1.0
    return nothing(moment, feature, window) if readable(moment, feature, found) else None


def groups(moment: Moment, feature: Feature, window: Window) -> Value:
    """How many groups are recorded; unknown where too few codes can be read."""
    found = facts(moment, feature, window)
    if not readable(moment, feature, found):
        return None
    present = strongest(feature, united(feature, found))
    return float(len(present)) if present else nothing(moment, feature, window)


def index(moment: Moment, feature: Feature, window: Window) -> Value:
    """Sum of the weights of the groups recorded; unknown where too few codes can be read."""
    found = facts(moment, feature, window)
    if not readable(moment, feature, found):
        return None
    present = strongest(feature, united(feature, found))
    codes = grouping(feature.code_set)
    weights = codes.weights[feature.scheme]
    if not present:
        return nothing(moment, feature, window)
    points = sum(weights.get(group, 0.0) for group in codes.groups if group in present)
    return points / codes.divisor(feature.scheme)


def new(moment: Moment, feature: Feature, window: Window) -> Value:
    """0 where the group was recorded in the days before; else 1 where it is recorded in the window,
    if the days before could have told (a day of them observed, enough of their codes readable);
    else as a flag."""
    before = window.before(feature.earlier)
    past = facts(moment, feature, before)
    if feature.group in united(feature, past):
        return 0.0
    if feature.group in united(feature, facts(moment, feature, window)):
        return 1.0 if could_tell(moment, feature, before) else None
    return flag(moment, feature, window)


def new_groups(moment: Moment, feature: Feature, window: Window) -> Value:
    """How many groups are recorded that were not in the days before; unknown where too few codes of
    either can be read, or no day before was observed."""
    found = facts(moment, feature, window)
    if not readable(moment, feature, found):
        return None
    present = strongest(feature, united(feature, found))
    if not present:
        return nothing(moment, feature, window)
    before = window.before(feature.earlier)
    if not could_tell(moment, feature, before):
        return None
    return float(len(present - united(feature, facts(moment, feature, before))))


def could_tell(moment: Moment, feature: Feature, before: Window) -> bool:
    """Whether days say what was recorded in them: one was observed, and enough codes are read."""
    seen = moment.observed(feature, before) > 0
    return seen and readable(moment, feature, facts(moment, feature, before))


def readable_share(moment: Moment, feature: Feature, window: Window) -> Value:
    """Share of the codes that can be read; unknown without codes."""
    found = facts(moment, feature, window)
    read = sum(reads(feature.code_set, row) for row, _ in found)
    return read / len(found) if found else None
