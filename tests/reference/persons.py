"""Facts of the person and of the index spell."""

from __future__ import annotations

from features.catalogue import Feature
from tests.reference.days import Window
from tests.reference.moment import Moment, Value
from tests.reference.planned import age_on


def fact(moment: Moment, feature: Feature, _window: Window) -> Value:
    """A fact by its column."""
    return FACTS[feature.column](moment)


def age(moment: Moment) -> Value:
    """Completed years on the index day."""
    return age_on(moment, moment.day)


def sex(moment: Moment) -> Value:
    """As recorded; "unknown" is unknown."""
    known: str = next((row["sex"] for row in moment.rows["person"]), "unknown")
    return None if known == "unknown" else known


def nights(moment: Moment) -> Value:
    """Nights of the index spell up to its end, or to the index day."""
    own = moment.index_spell
    spell = next((s for s in moment.spells if s.tied), None)
    if not own:
        return None
    return float(((own[0].end if spell is None else spell.end) - own[0].start).days)


def unplanned(moment: Moment) -> Value:
    """Whether the index spell is unplanned; unknown while undecided."""
    spell = next((s for s in moment.spells if s.tied), None)
    return None if spell is None else {"unplanned": 1.0, "planned": 0.0}.get(spell.urgency)


def went_to(moment: Moment) -> Value:
    """Where the index stay led to; unknown until it has ended."""
    stay = next((s for s in moment.stays if s.row["stay_id"] == moment.moment["stay_id"]), None)
    value: Value = stay.row["discharged_to"] if stay is not None and stay.ended else None
    return value


def joined(moment: Moment) -> Value:
    """Stays of the index spell."""
    return float(len(moment.index_spell)) if moment.index_spell else None


FACTS = {
    "age": age,
    "sex": sex,
    "moment": lambda moment: moment.moment["moment"],
    "nights": nights,
    "unplanned": unplanned,
    "discharged_to": went_to,
    "stays": joined,
}
