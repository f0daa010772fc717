"""Measures of who and where: providers, facilities, specialties and codes by their names."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from features.catalogue import Feature
from tests.reference.choose import PERIODS, begun, facts, nothing
from tests.reference.codes import in_group, readable
from tests.reference.days import Window
from tests.reference.moment import Moment, Row, Value


def names(moment: Moment, feature: Feature, window: Window) -> list[object]:
    """The name each row has, None where it is unknown, in order; a code with its system."""
    if feature.table in PERIODS:
        rows = [period.first for period in begun(moment, feature, window)]
    else:
        rows = [row for row, _ in facts(moment, feature, window) if in_group(feature, row)]
    return [name(row, feature.column) for row in rows]


def name(row: Row, column: str) -> object:
    return (row["code_system"], row["code"]) if column == "code" else row[column]


def told(moment: Moment, feature: Feature, window: Window) -> list[object]:
    """The known ones."""
    return [each for each in names(moment, feature, window) if each is not None]


def distinct(moment: Moment, feature: Feature, window: Window) -> Value:
    """How many different names; unknown with rows of which none has one, and with codes in the
    window of which too few can be read."""
    if feature.code_set:
        rows = facts(moment, feature, window)
        if not readable(moment, feature, rows):
            return None
    elif names(moment, feature, window) and not told(moment, feature, window):
        return None
    found = set(told(moment, feature, window))
    return float(len(found)) if found else nothing(moment, feature, window)


def top_share(moment: Moment, feature: Feature, window: Window) -> Value:
    """Share of the rows with a known name that have the most frequent one."""
    found = Counter(told(moment, feature, window))
    return max(found.values()) / sum(found.values()) if found else None


def bice_boxerman(moment: Moment, feature: Feature, window: Window) -> Value:
    """The chance that two of the rows with a known name, picked without putting back, have the same
    (Bice and Boxerman 1977); unknown with fewer than two of them."""
    found = Counter(told(moment, feature, window))
    rows = sum(found.values())
    if rows < 2:
        return None
    return (sum(n * n for n in found.values()) - rows) / (rows * (rows - 1))


def same_share(moment: Moment, feature: Feature, window: Window) -> Value:
    """Share of neighbours, among rows with a known name, that have the same; unknown without a
    pair of them."""
    pairs = list(pairwise(told(moment, feature, window)))
    return sum(one == next_ for one, next_ in pairs) / len(pairs) if pairs else None


def switches(moment: Moment, feature: Feature, window: Window) -> Value:
    """How often a row with a known name has another than the one before; unknown with rows of which
    none has one."""
    if not names(moment, feature, window):
        return nothing(moment, feature, window)
    found = told(moment, feature, window)
    return float(sum(one != next_ for one, next_ in pairwise(found))) if found else None
