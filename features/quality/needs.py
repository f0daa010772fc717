"""What each model needs of a History, as a table of small functions: each says what it lacks.

A reason stops a model only where training or scoring would refuse, or would mean nothing; whatever
else is wrong is a warning. Words are for clinicians.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from features.observed import ADMISSIONS
from features.quality.asked import LEFT_OUT, Asked
from features.quality.checks.months import ramps_of
from features.quality.facts import Facts, Reason
from features.quality.finding import NOUNS, percent
from features.quality.limits import limit
from features.quality.months import EPOCH, month_name
from features.quality.scores import not_computable


def _observed(facts: Facts) -> Iterator[Reason]:
    if not facts.kinds:
        yield Reason(
            "Nothing says when people were observed, so nobody can be asked about: no use is then "
            "the same as use elsewhere. If the source sees all care of these people, load it with "
            "--observed.",
            stops=True,
        )
    elif not facts.kinds & set(ADMISSIONS):
        yield Reason("No coverage sees admissions to hospital (it is for medicines).", stops=True)
    elif not facts.kinds & {"all", "medical", "ambulatory"}:
        yield Reason(
            "Coverage is for hospital care alone: visits, and what is coded at them, are unknown "
            "rather than none, and the model goes without them."
        )


def _acute(facts: Facts) -> Iterator[Reason]:
    if not facts.totals.stays["setting", "acute"]:
        yield Reason(
            "There is no stay in an acute hospital.",
            stops=facts.asked.question.name != "complexity",
        )


def _coded(facts: Facts) -> Iterator[Reason]:
    rows = facts.totals.rows("diagnosis")
    needed = facts.asked.question.name == "complexity"
    if not rows:
        what = "need cannot be counted" if needed else "conditions are unknown to the model"
        yield Reason(f"There are no diagnoses: {what}.", needed)
        return
    unread = facts.unread
    if unread == rows:
        yield Reason("No diagnosis code can be read: conditions are unknown, never none.", needed)
    elif unread > limit("unreadable") * rows:
        yield Reason(
            f"{percent(unread / rows)} of the diagnosis codes cannot be read: conditions are "
            "known in part."
        )


def _span(facts: Facts) -> Iterator[Reason]:
    definition, totals = facts.asked.question.definition, facts.totals
    back = round(definition.index.look_back_days * definition.index.look_back_share)
    needed = back + definition.horizon_days + 1 + definition.run_out_days
    if totals.days < needed:
        yield Reason(
            f"The extract spans {totals.days:,} days and {needed:,} are needed: {back} to look "
            f"back on, {definition.horizon_days + 1} to follow up, {definition.run_out_days} until "
            "late facts have arrived.",
            stops=True,
        )


def _events(facts: Facts) -> Iterator[Reason]:
    asked, parts = facts.asked, facts.division
    happening = asked.question.happening
    if parts is None:
        yield Reason(f"None of {asked.lost:,} possible {facts.thing} can be followed up "
                     f"({_why_not(asked)})." if asked.lost else
                     f"There are no {facts.thing} to ask about.", stops=True)  # fmt: skip
        return
    found = (
        f"{parts.events:,} of {asked.moments:,} {facts.thing} that can be followed up had "
        f"{happening}; {parts.train[0]:,} would be learnt from and {parts.test[0]:,} tested on "
        f"({parts.test_from} to {parts.test_to})."
    )
    if not parts.enough:
        yield Reason(f"Too few outcomes, training refuses: {found}", stops=True)
        return
    yield Reason(found)
    lacking = [
        f"{limit(name):,.0f} to {what}"
        for name, what, held in (
            ("train_events", "learn from", min(parts.train)),
            ("test_events", "test on", min(parts.test)),
        )
        if held < limit(name)
    ]  # fmt: skip
    if lacking:
        yield Reason(
            f"That is few: about {' and '.join(lacking)} are advised, so expect an overfitted "
            "model and wide intervals."
        )


def _why_not(asked: Asked) -> str:
    return ", ".join(
        f"{LEFT_OUT.get(name, name)}: {count:,}" for name, count in asked.left_out.most_common(3)
    )


def _left_out(facts: Facts) -> Iterator[Reason]:
    asked = facts.asked
    lost, possible = asked.lost, asked.moments + asked.lost
    if facts.division and lost > limit("left_out") * possible:
        yield Reason(
            f"{percent(lost / possible)} of {possible:,} possible {facts.thing} cannot "
            f"be used ({_why_not(asked)})."
        )


def _ramps(facts: Facts) -> Iterator[Reason]:
    """Ramps and holes within the years that outcomes come from."""
    parts, totals = facts.division, facts.totals
    if parts is None:
        return
    until = parts.test_to + timedelta(days=facts.asked.question.definition.horizon_days)
    for table in facts.asked.question.rows_of:
        for ramp, months in ramps_of(totals, table):
            begins = EPOCH + timedelta(days=months[0].first)
            if ramp.kind == "up" or begins > until:
                continue
            where = "the test period" if _ends(months[-1].last) >= parts.test_from else "training"
            yield Reason(
                f"{NOUNS[table].capitalize()} of {month_name(months[0])} to "
                f"{month_name(months[-1])} are {percent(ramp.lost)} fewer than usual, inside "
                f"{where}: outcomes are missing there, and risks come out too low."
            )


def _ends(day: int) -> date:
    return EPOCH + timedelta(days=day)


def _late(facts: Facts) -> Iterator[Reason]:
    wait = facts.asked.question.definition.run_out_days
    for table in facts.asked.question.rows_of:
        late = [f for f in facts.findings if (f.code, f.table) == ("known_late", table)]
        if late:
            yield Reason(
                f"A tenth of {NOUNS[table]} is known later than the {wait} days waited for: the "
                "last outcomes are counted too early."
            )


def _urgency(facts: Facts) -> Iterator[Reason]:
    spells = facts.asked.urgency
    share = spells["undecided"] / max(sum(spells.values()), 1)
    if share > limit("undecided"):
        yield Reason(
            f"Whether an admission was planned cannot be said for {percent(share)} of them: they "
            "count as unplanned, and the report shows the other reading beside it."
        )


def _destination(facts: Facts) -> Iterator[Reason]:
    unknown = facts.stays("discharged_to", "unknown")
    if unknown > limit("destination"):
        yield Reason(
            f"Where the person went is unknown for {percent(unknown)} of acute stays: deaths in "
            "hospital and moves to nursing facilities cannot be told from going home."
        )
    if not facts.totals.rows("person") - facts.totals.nulls["person", "death_date"]:
        yield Reason("No death is known: people who died count as well, and stay on lists.")


def _age(facts: Facts) -> Iterator[Reason]:
    people, missing = facts.totals.rows("person"), facts.totals.nulls["person", "birth_date"]
    if missing == people:
        yield Reason("Nobody's birth is known, so nobody's age.", stops=True)
    elif missing > 0.01 * people:
        yield Reason(f"{percent(missing / people)} of people have no birth date and are left out.")


def _practice(facts: Facts) -> Iterator[Reason]:
    people = facts.totals.rows("person")
    missing = facts.count("practice_missing", "registration")
    if missing > limit("practice") * people:
        yield Reason(
            f"{missing:,} living people have no practice: they can be ranked, but not listed by it."
        )


Need = Callable[[Facts], Iterable[Reason]]

EVERY: tuple[Need, ...] = (
    _observed,
    _acute,
    _span,
    _age,
    _coded,
    _events,
    _left_out,
    _ramps,
    _late,
)
NEEDS: dict[str, tuple[Need, ...]] = {
    "readmission": (*EVERY, _urgency, _destination, not_computable),
    "admission": (*EVERY, _urgency, _destination, _practice),
    "complexity": (*EVERY, _practice),
}
"""Model -> what it needs."""
