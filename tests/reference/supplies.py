"""Medicines in hand: a supply holds from the day it was given for as many days as it lasts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from features.catalogue import Feature
from tests.reference.choose import facts
from tests.reference.codes import in_group
from tests.reference.days import Window, days
from tests.reference.moment import Moment, Value


def in_hand(moment: Moment, feature: Feature, window: Window) -> set[date]:
    """Days of the window with a supply in hand, supplies given before it included.

    Supplies that overlap are not put end to end. One that lasts no known days covers none.
    """
    held: set[date] = set()
    since_ever = Window(date.min, window.end)
    for row, on in facts(moment, feature, since_ever):
        if in_group(feature, row) and (row[feature.column] or 0) > 0:
            held |= days(on, on + timedelta(days=row[feature.column])) & window.days
    return held


def covered_share(moment: Moment, feature: Feature, window: Window) -> Value:
    """Share of days with a supply in hand, of those from the first such day to the window's end;
    unknown without one."""
    held = in_hand(moment, feature, window)
    return len(held) / (window.end - min(held)).days if held else None


def longest_gap(moment: Moment, feature: Feature, window: Window) -> Value:
    """Longest run of days without a supply after the first day with one, to the window's end;
    unknown without one."""
    held = in_hand(moment, feature, window)
    if not held:
        return None
    turns = pairwise([*sorted(held), window.end])
    return float(max((after - on).days - 1 for on, after in turns))
