"""People of an OMOP source: persons with their deaths, where they are registered, when observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from features.readers.omop import layout, words
from features.readers.omop.place import Place
from features.readers.omop.vocabulary import Named, Vocabulary, named_in, told
from features.readers.workshop import counted


@dataclass(frozen=True)
class People:
    """The tables of people as opened; None where the source has no such table."""

    person: ir.Table
    death: ir.Table | None
    location: ir.Table | None
    care_site: ir.Table | None
    provider: ir.Table | None
    observed: ir.Table | None
    payer: ir.Table | None

    @property
    def concepts(self) -> Named:
        """Columns that name concepts."""
        own = named_in("person", self.person)
        return own if self.provider is None else own | named_in("provider", self.provider)

    def deaths(self) -> ir.Table | None:
        """One row per person who died: the earliest day told."""
        if self.death is None:
            return None
        return self.death.group_by("person_id").agg(death_date=self.death.death_date.min())

    def last(self) -> date | None:
        """Last day anybody was observed."""
        if self.observed is None:
            return None
        last = self.observed.observation_period_end_date.max().to_pyarrow().as_py()
        return last if isinstance(last, date) else None


def opened(place: Place, person: ir.Table) -> People:
    return People(
        person,
        *(
            place.table(of)
            for of in (
                layout.DEATH, layout.LOCATION, layout.CARE_SITE, layout.PROVIDER,
                layout.OBSERVATION_PERIOD, layout.PAYER_PLAN_PERIOD,
            )
        ),
    )  # fmt: skip


def persons(people: People, vocabulary: Vocabulary) -> ir.Table:
    """A day or month of birth that is not told is the first: nobody is born after a fact of theirs.

    Sex, race and ethnicity are the words of their concepts, else those of the source.
    """
    rows, dead = people.person, people.deaths()
    sex = told(
        rows.gender_concept_id, vocabulary.words("person.gender_concept_id", words.sex), "string"
    )
    said = told(rows.gender_source_value.lower().strip(), words.SEX_WORDS, "string")
    race, ethnicity = (_group(rows, name, vocabulary) for name in ("race", "ethnicity"))
    made = rows.select(
        id=rows.person_id,
        person_id=rows.person_id.cast("string"),
        birth_date=_birth(rows),
        sex=sex.coalesce(said, ibis.literal("unknown")),
        ethnicity=(race + ", " + ethnicity).coalesce(race, ethnicity),
    )
    if dead is None:
        return made.drop("id")
    joined = made.left_join(dead, made.id == dead.person_id)
    return joined.select(
        "person_id", "birth_date", "sex", "ethnicity", "death_date",
        death_known=joined.death_date.cast("timestamp(6)"),
    )  # fmt: skip


def _birth(rows: ir.Table) -> ir.StringValue:
    """The day as text, which the contract reads: no calendar is asked here."""
    year, month, day = rows.year_of_birth, rows.month_of_birth, rows.day_of_birth
    whole = month.notnull() & day.notnull()
    parts = (_digits(year, 4), _digits(month.fill_null(1), 2), _digits(day.fill_null(1), 2))
    by_parts = parts[0] + "-" + parts[1] + "-" + parts[2]
    by_time = rows.birth_datetime.date().cast("string")
    return ibis.ifelse(whole, by_parts, by_time.coalesce(by_parts))


def _digits(number: ir.IntegerValue, width: int) -> ir.StringValue:
    text = number.cast("string")
    return ibis.ifelse(text.length() < width, text.lpad(width, "0"), text)


def _group(rows: ir.Table, name: str, vocabulary: Vocabulary) -> ir.StringValue:
    concept, said = rows[f"{name}_concept_id"], rows[f"{name}_source_value"]
    return told(
        concept, vocabulary.words(f"person.{name}_concept_id", words.ethnicity), "string"
    ).coalesce(ibis.ifelse(said.lower().isin(words.UNTOLD), ibis.null("string"), said))


def registrations(people: People) -> ir.Table | None:
    """One row per person with a practice or an area: the newest that the source knows.

    OMOP keeps no history of either, so the row begins with the person's first observed day, or
    where none is told, with the year of birth.
    """
    rows = people.person
    rows = rows.mutate(began=ibis.date(rows.year_of_birth.clip(1, 9999).cast("int32"), 1, 1))
    if people.observed is not None:
        first = people.observed.group_by("person_id").agg(
            began=people.observed.observation_period_start_date.min()
        )
        rows = rows.left_join(first, "person_id", rname="first_{name}")
        rows = rows.mutate(began=rows.first_began.coalesce(rows.began))
    rows = rows.mutate(practice_id=rows.care_site_id, locality=ibis.null("string"))
    if people.provider is not None:
        own = _single(people.provider, "provider_id").select(
            own_provider="provider_id", own_site="care_site_id"
        )
        rows = rows.left_join(own, rows.provider_id == own.own_provider)
        rows = rows.mutate(practice_id=rows.practice_id.coalesce(rows.own_site))
    if people.location is not None:
        areas = _single(people.location, "location_id")
        areas = areas.select(area="location_id", named=_area(areas))
        rows = rows.left_join(areas, rows.location_id == areas.area)
        rows = rows.mutate(locality=rows.named)
    placed = rows.filter(rows.practice_id.notnull() | rows.locality.notnull())
    return placed.select(
        "locality",
        person_id=placed.person_id.cast("string"),
        practice_id=placed.practice_id.cast("string"),
        from_at=placed.began.cast("timestamp(6)"),
        known_at=placed.began.cast("timestamp(6)"),
    )


def _area(rows: ir.Table) -> ir.StringValue:
    """State and county, no nearer: a History holds no addresses."""
    return (rows.state + "-" + rows.county).coalesce(rows.county, rows.state)


def _single(rows: ir.Table, key: str) -> ir.Table:
    """One row per key, the same in any order of rows."""
    return rows.group_by(key).agg(**{c: rows[c].min() for c in rows.columns if c != key})


def coverages(people: People, last: date | None) -> ir.Table | None:
    """Observation periods; for people without one, the spans of their plans, joined.

    A period that reaches the last observed day of the source goes on as far as it can tell.
    """
    found = []
    if people.observed is not None:
        rows = people.observed
        found.append(
            _periods(
                rows,
                rows.observation_period_start_date,
                rows.observation_period_end_date,
                "all",
                last,
            )
        )
    spans = unobserved(people)
    if spans is not None and counted(spans):
        joined = _joined(spans)
        found.append(_periods(joined, joined.began, joined.ended, "medical", last))
    return None if not found else found[0] if len(found) == 1 else found[0].union(found[1])


def unobserved(people: People) -> ir.Table | None:
    """Spans of plans of people who have no observation period."""
    spans = people.payer
    if spans is None:
        return None
    named = spans.select(
        "person_id",
        began=spans.payer_plan_period_start_date,
        ended=spans.payer_plan_period_end_date,
    )
    return named if people.observed is None else named.anti_join(people.observed, "person_id")


def _periods(
    rows: ir.Table, start: ir.DateValue, end: ir.DateValue, kind: str, last: date | None
) -> ir.Table:
    after = (end + ibis.interval(days=1)).cast("timestamp(6)")
    open_ended = ibis.literal(False) if last is None else end >= ibis.literal(last)
    return rows.select(
        person_id=rows.person_id.cast("string"),
        from_at=start.cast("timestamp(6)"),
        to_at=ibis.ifelse(open_ended, ibis.null("timestamp(6)"), after),
        known_at=start.cast("timestamp(6)"),
        kind=ibis.literal(kind),
    )


def _joined(spans: ir.Table) -> ir.Table:
    """Spans of one person that overlap or touch as one."""
    before = ibis.window(group_by="person_id", order_by=["began", "ended"], following=0)
    reached = spans.mutate(until=spans.ended.max().over(before))
    ordered = ibis.window(group_by="person_id", order_by=["began", "ended"])
    apart = reached.mutate(previous=reached.until.lag().over(ordered))
    gap = apart.previous.isnull() | (apart.began > apart.previous + ibis.interval(days=1))
    marked = apart.mutate(starts=gap.cast("int64"))
    numbered = marked.mutate(span=marked.starts.sum().over(before))
    return numbered.group_by("person_id", "span").agg(
        began=numbered.began.min(), ended=numbered.ended.max()
    )
