"""Stays of a MEDS data set: admissions paired with discharges, and facts tied to them.

Where rows carry a `hadm_id`, it pairs and ties. Else order in time does: the discharge of an
admission is the next event of its setting, if that is a discharge. At one instant the discharge
comes first where the person is in hospital, else the admission does, so that a transfer and a stay
of no length are both read rightly. A discharge with no admission before it is left out and counted.

Without a `hadm_id` a fact belongs to the stay that ends at its very time (producers time codes at
discharge), else to an acute stay it lies within or that has its day (producers time a procedure at
midnight, which may lie before the admission), else to such a stay of another setting.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.workshop import Workshop

PERSON_SETTING = ["subject_id", "setting", "key"]


def paired(workshop: Workshop, moves: ir.Table) -> tuple[ir.Table, int]:
    """Stays, and how many discharges have no admission.

    A stay has subject_id, stay_id, setting, admitted, discharged, and method, came and went in the
    words of the source.

    moves  subject_id, time, setting, key (hadm_id that tells the stay, or null), discharge (flag),
           first and second (words); equal rows once
    """
    ordered = _in_order(workshop.kept("meds_moves", moves.distinct(), []))
    stay = ibis.window(group_by=PERSON_SETTING, order_by=["step", "order", "first", "second"])
    told = ordered.mutate(
        ends=ordered.discharge.lead().over(stay).fill_null(False),
        until=ordered.time.lead().over(stay),
        went=ordered.first.lead().over(stay),
        begun=(~ordered.discharge).lag().over(stay).fill_null(False),
    )
    told = workshop.kept("meds_told", told, [])
    admitted = told.filter(~told.discharge)
    lone = int(told.filter(told.discharge & ~told.begun).count().to_pyarrow().as_py())
    line = ibis.window(group_by=PERSON_SETTING, order_by=["time", "first", "second"])
    admitted = admitted.mutate(number=ibis.row_number().over(line) + 1)
    stays = admitted.select(
        "subject_id", "setting",
        stay_id=admitted.key.coalesce(admitted.setting + "-" + admitted.number.cast("string")),
        admitted=admitted.time,
        discharged=ibis.ifelse(admitted.ends, admitted.until, None),
        method=admitted.first,
        came=admitted.second,
        went=ibis.ifelse(admitted.ends, admitted.went, None),
    )  # fmt: skip
    return workshop.kept("meds_stays", stays, []), lone


def _in_order(moves: ir.Table) -> ir.Table:
    """The moves with their `step` and, within it, `order`.

    A person is in hospital before an instant if the last instant with admissions alone, or
    discharges alone, had admissions: an instant with both changes nothing.
    """
    at = moves.group_by(*PERSON_SETTING, "time").agg(
        ins=(~moves.discharge).any(), outs=moves.discharge.any()
    )
    line = ibis.window(group_by=PERSON_SETTING, order_by="time")
    at = at.mutate(number=ibis.row_number().over(line))
    odd_if_in = at.number * 2 + at.ins.cast("int64")
    at = at.mutate(mark=ibis.ifelse(at.ins & at.outs, None, odd_if_in))
    at = at.mutate(latest=at.mark.cummax(group_by=PERSON_SETTING, order_by="time"))
    at = at.mutate(inside=(at.latest.lag().over(line) % 2 == 1).fill_null(False))
    inside = at.select(*PERSON_SETTING, "time", "inside")
    rows = moves.left_join(
        inside,
        [
            moves.subject_id.identical_to(inside.subject_id),
            moves.setting.identical_to(inside.setting),
            moves.key.identical_to(inside.key),
            moves.time.identical_to(inside.time),
        ],
    ).select(moves, inside=inside.inside)
    known = rows.key.notnull()
    return rows.mutate(
        step=ibis.ifelse(known, None, rows.time),
        order=ibis.cases((~rows.discharge, 1), (rows.inside & ~known, 0), else_=2),
    )


def tied(facts: ir.Table, stays: ir.Table, by_id: bool) -> ir.Table:
    """The facts with stay_id, and the stay's admitted, discharged and coded; null where in none.

    facts  subject_id, time, hadm_id, fact (a number of each row) and others
    """
    ends = stays.select(
        "subject_id", "stay_id", "setting", "admitted", "discharged",
        coded=stays.discharged + ibis.interval(days=CODED_AFTER),
    )  # fmt: skip
    if by_id:
        found = facts.left_join(
            ends, [facts.subject_id == ends.subject_id, facts.hadm_id == ends.stay_id]
        )
        return found.select(facts, "stay_id", "admitted", "discharged", "coded")
    best = _best(facts, ends)
    found = facts.left_join(best, "fact")
    return found.select(facts, "stay_id", "admitted", "discharged", "coded")


FAR = "9999-01-01"


def _best(facts: ir.Table, stays: ir.Table) -> ir.Table:
    """The stay of each fact that lies on a day of one. A stay not known to have ended goes on; a
    visit to an emergency department does not outlast its day."""
    day = stays.admitted.date()
    end = ibis.ifelse(stays.setting == "emergency", day, ibis.literal(FAR).cast("date"))
    stays = stays.mutate(day=day, end=stays.discharged.date().coalesce(end))
    near = facts.select("fact", "subject_id", "time").inner_join(stays, "subject_id")
    on = near.time.date()
    near = near.filter((on >= near.day) & (on <= near.end))
    within = (near.time >= near.admitted) & (near.time <= near.discharged).fill_null(True)
    rank = ibis.cases((near.time == near.discharged, 0), (near.setting == "acute", 1), else_=2)
    near = near.mutate(rank=rank, day_alone=~within)
    order = ["rank", "day_alone", near.admitted.desc(), "stay_id"]
    near = near.mutate(choice=ibis.row_number().over(ibis.window(group_by="fact", order_by=order)))
    return near.filter(near.choice == 0).select(
        "fact", "stay_id", "admitted", "discharged", "coded"
    )
