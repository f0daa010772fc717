"""Which rows, stays and spells a feature looks at: its filter, its window, and what is unknown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TypeAlias

from features.catalogue import Feature
from tests.reference.days import Window, window_before
from tests.reference.moment import Moment, Row, Value
from tests.reference.planned import sensitive
from tests.reference.spells import Spell, Stay

Period: TypeAlias = Stay | Spell

PERIODS = ("spell", "stay")


def window_of(moment: Moment, feature: Feature) -> Window | None:
    """The days a feature looks at. None: they hang on an index spell, and none is in view.

    index      up to the index day, with the facts of the index spell where nothing parts them
    admission  up to the first day of the index spell
    spell      the facts of the index spell, of tables without stays those since its first day
    """
    if feature.anchor == "index":
        return window_before(moment.day, feature.window or 0, feature.until)
    if not moment.index_spell:
        return None
    admitted = moment.index_spell[0].start
    if feature.anchor == "admission":
        return window_before(admitted, feature.window or 0, feature.until)
    if feature.table in ("stay", "diagnosis", "procedure"):
        return Window(moment.day, moment.day, tied=True)
    return Window(admitted, moment.day)


def known(value: Any) -> bool:
    """Whether there is a value: NaN is none."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def nothing(moment: Moment, feature: Feature, window: Window) -> Value:
    """No row: zero where that can be said, else unknown.

    It can where a day of the same window was observed. Of the index spell: where a day of it was
    (its first day at least is asked for), and of its codes once all its stays count as coded; of
    its stays always.
    """
    if feature.anchor == "spell":
        if feature.table == "stay":
            return 0.0
        first = moment.index_spell[0].start
        window = Window(first, max(moment.day, first + timedelta(days=1)))
        coded = all(map(moment.is_coded, moment.index_spell))
        if feature.table in ("diagnosis", "procedure") and not coded:
            return None
    return 0.0 if moment.observed(feature, window) else None


# ------------------------------------------------------------ facts of one day


def facts(
    moment: Moment, feature: Feature, window: Window, table: str | None = None
) -> list[tuple[Row, date]]:
    """Rows in view, in the window and met by the filter, with their days, in order."""
    found = moment.facts(table or feature.table, window)
    return [(row, on) for row, on in found if meets(feature, row)]


def meets(feature: Feature, row: Row) -> bool:
    """Whether a row is of the accepted values in every column that the filter asks of."""
    return all(said(row, column) in words for column, words in feature.where)


def said(row: Row, column: str) -> object:
    """What a row says to a filter. The first position is principal, any other is not, none is
    neither."""
    if column != "position":
        return row[column]
    return None if row[column] is None else ("principal" if row[column] == 1 else "other")


# ------------------------------------------------------------ stays and spells


def begun(moment: Moment, feature: Feature, window: Window) -> list[Period]:
    """Periods chosen for certain that began in the window; of the index spell, its own stays."""
    if feature.anchor == "spell":
        return [s for s in moment.index_spell if choice(moment, feature, s)]
    return [p for p in chosen(moment, feature) if p.start in window]


def ended(moment: Moment, feature: Feature, window: Window) -> list[Period]:
    """Periods chosen for certain that ended in the window; open ones have not."""
    if feature.anchor == "spell":
        return begun(moment, feature, window)
    return [p for p in chosen(moment, feature) if p.left in window]


def chosen(moment: Moment, feature: Feature, table: str | None = None) -> Iterator[Period]:
    """Earlier periods chosen for certain, in order of admission."""
    return (p for p in earlier(moment, table or feature.table) if choice(moment, feature, p))


def undecided(moment: Moment, feature: Feature, window: Window) -> bool:
    """Whether a period that began in the window, or a stay of the index spell where that is asked
    of, may or may not be chosen."""
    if feature.anchor == "spell":
        return any(choice(moment, feature, s) is None for s in moment.index_spell)
    found = (p for p in earlier(moment, feature.table) if p.start in window)
    return any(choice(moment, feature, p) is None for p in found)


def earlier(moment: Moment, table: str) -> Iterator[Period]:
    """Spells but the index spell; or stays, but those of it and of the way into it."""
    if table == "spell":
        yield from (spell for spell in moment.spells if not spell.tied)
    else:
        yield from (stay for stay in moment.stays if stay.earlier)


def choice(moment: Moment, feature: Feature, period: Period) -> bool | None:
    """Whether a period is met by the filter: no if any part of it says no, else unknown if any part
    is unknown."""
    parts = [answer(moment, period, column, words) for column, words in feature.where]
    if feature.within is not None:
        parts.append(returned(period, feature.within))
    return False if False in parts else (None if None in parts else True)


def answer(moment: Moment, period: Period, column: str, words: tuple[str, ...]) -> bool | None:
    """What a period says to one column of a filter.

    A spell is what its first stay was, and went where its last stay went. Where a period went is
    nowhere yet before it ended; which team discharged it is unknown before that, or if none is
    named.
    """
    if column == "urgency" and isinstance(period, Spell):
        unclear = period.urgency == "undecided" and period.urgency not in words
        return None if unclear else period.urgency in words
    if column == "sensitive" and isinstance(period, Spell):
        return sensitive(moment, period.stays[0], words)
    if column == "discharged_to":
        return period.last.ended and period.last.row[column] in words
    if column == "specialty":
        told = period.last.ended and period.last.row[column] is not None
        return period.last.row[column] in words if told else None
    return period.first[column] in words


def returned(period: Period, within: int) -> bool:
    """Whether a spell began at most so many days after the end of the spell before it, which must
    be known to have ended. The first spell is no return."""
    before = period.after if isinstance(period, Spell) else None
    if before is None or before.open:
        return False
    return period.start <= before.end + timedelta(days=within)
