"""The questions of the models, put to a History: who could be asked about, and what came of it.

The moments and labels are those that training would use. What is kept of them is counts by day, so
that a split in time can be tried afterwards. The model of admissions is asked as its definition
says: the first of a month, adults who are observed, an unplanned acute admission within 12 months.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.cohort import Span, index_moments
from features.definition import Definition, load_definition
from features.labels import LABELLED, labels
from features.observed import days
from features.quality.split import Division, Groups, Int64, divide
from features.recorded import asked_of
from features.spells import SpellRule, spells
from features.tables.buffers import whole
from features.tables.contract import Tables
from features.tables.history import History

ADULT = 18
UNREADABLE = "codes_unreadable"
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """A model's question.

    rows_of       tables whose completeness its outcome hangs on
    test_months   lengths of the test period that its shipped recipe tries, in turn
    happening     its outcome in words
    """

    name: str
    definition: Definition
    rows_of: tuple[str, ...]
    test_months: tuple[int, ...]
    happening: str

    @property
    def monthly(self) -> bool:
        return self.definition.monthly

    def of(self, history: History) -> Question:
        """The same of a History: what it never records is no evidence (`features/recorded.py`)."""
        return replace(self, definition=asked_of(history, self.definition))


def questions() -> tuple[Question, ...]:
    """The three models' questions."""
    readmission, complexity = load_definition("readmission"), load_definition("complexity")
    index = replace(complexity.index, least_age=ADULT)
    admission = replace(complexity, name="admission", index=index)
    return (
        Question("readmission", readmission, ("stay",), (12, 24, 36, 6, 3),
                 "an unplanned readmission within 30 days"),
        Question("admission", admission, ("stay",), (12, 6, 3, 1),
                 "an unplanned admission within 12 months"),
        Question("complexity", complexity, ("stay", "visit", "diagnosis"), (12, 6, 3, 1),
                 "high need in the next 12 months"),
    )  # fmt: skip


@dataclass
class Asked:
    """Answers to a question so far.

    labelled  (day of the index moment, value of the outcome, part of the person) -> moments
    left_out  reason -> possible moments without a label
    urgency   urgency -> acute spells
    """

    question: Question
    labelled: Counter[tuple[int, float, int]] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    urgency: Counter[str] = field(default_factory=Counter)

    def add(
        self, tables: Tables, spell: pa.Table, part: Int64, span: Span, last_known: datetime
    ) -> None:
        """Ask about the people of a bucket.

        spell  `spells_for` of the question;  part  `part_of` each person
        span   first and last day of the extract
        """
        definition = self.question.definition
        cohort = index_moments(tables, definition, span=span)
        outcome = labels(tables, cohort.moments, definition, last_known=last_known)
        value, status = _outcome(self.question, tables, spell, cohort.moments, outcome)
        known = status == LABELLED
        people = whole(tables["person"]["person_id"])
        whose = pc.index_in(cohort.moments["person_id"], value_set=people).to_numpy()
        day, what_for = days(cohort.moments["index_at"]), part[whose]
        rows = np.stack([day[known], value[known], what_for[known]], axis=1)
        found, counts = np.unique(rows, axis=0, return_counts=True)
        for (when, own, what), count in zip(found.tolist(), counts.tolist(), strict=True):
            self.labelled[int(when), own, int(what)] += count
        self.left_out.update(cohort.excluded)
        self.left_out.update(Counter(status[~known].tolist()))
        told = pc.value_counts(whole(spell["urgency"]))
        self.urgency.update({v["values"]: v["counts"] for v in told.to_pylist()})

    @property
    def moments(self) -> int:
        """Labelled moments."""
        return sum(self.labelled.values())

    @property
    def lost(self) -> int:
        """Possible moments without a label."""
        return sum(self.left_out.values())

    def division(self) -> Division | None:
        """The split that training would make of the labelled moments; None: there is none."""
        keys = np.array(sorted(self.labelled)).reshape(-1, 3)
        count = np.array([n for _, n in sorted(self.labelled.items())], np.int64)
        groups = Groups(keys[:, 0].astype(int), keys[:, 1], keys[:, 2].astype(int), count)
        definition = self.question.definition
        percentile = None if self.question.name == "admission" else definition.high_percentile
        return divide(groups, definition.horizon_days, self.question.test_months, percentile)


def spells_for(tables: Tables, asked: Sequence[Question]) -> list[pa.Table]:
    """The spells each question speaks of; those that two share are joined once."""
    made: dict[object, pa.Table] = {}
    for question in asked:
        rule, deciders = _joins(question)
        if (rule, deciders) not in made:
            made[rule, deciders] = spells(tables, rule, deciders=deciders)
    return [made[_joins(question)] for question in asked]


def _joins(question: Question) -> tuple[SpellRule, tuple[str, ...]]:
    definition = question.definition
    return SpellRule[definition.spells.upper()], tuple(definition.urgency)


def _outcome(
    question: Question, tables: Tables, spell: pa.Table, moments: pa.Table, outcome: pa.Table
) -> tuple[Values, npt.NDArray[np.object_]]:
    status = outcome["status"].to_numpy()
    if question.name != "admission":
        return pc.fill_null(outcome["value"], 0).to_numpy(), status
    status = np.where(status == UNREADABLE, LABELLED, status)
    return _admitted(question.definition, tables, spell, moments), status


def _admitted(definition: Definition, tables: Tables, spell: pa.Table, moments: pa.Table) -> Values:
    """1 where an acute spell not known to be planned begins inside the window, else 0."""
    spell = spell.filter(pc.not_equal(spell["urgency"], "planned"))
    people = whole(tables["person"]["person_id"])
    begun, asked = (
        np.asarray(pc.index_in(rows["person_id"], value_set=people).to_numpy(), np.int64) * WIDE
        for rows in (spell, moments)
    )
    begun = np.sort(begun + days(spell["admitted_at"]))
    asked = asked + days(moments["index_at"])
    first = np.searchsorted(begun, asked + definition.outcome.first_day)
    last = np.searchsorted(begun, asked + definition.outcome.last_day, "right")
    return (last > first).astype(np.float64)


WIDE = np.int64(1) << 32
"""Parts people from each other in one sorted list of (person, day)."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "open_stay": "the stay had not ended",
        "died_in_stay": "the stay ended in death",
        "left_against_advice": "the person left against advice",
        "day_case": "it was a day case",
        "known_dead": "the person was known to be dead",
        "not_observed": "the person was not observed",
        "not_born": "it lies before the birth",
        "birth_unknown": "the day of birth is unknown",
        "too_young": "the person was too young",
        "look_back_not_observed": "too little of the year before was observed",
        "horizon_not_observed": "the extract ends before the outcome could be known",
        "coverage_lost": "the time after was not observed to its end",
        "no_spell": "no stay belongs to it",
        UNREADABLE: "the codes that followed cannot be read",
        "cost_unknown": "costs are unknown",
        "bed_days_unknown": "bed-days are unknown",
    }
)
"""Why a possible moment gives no label (`features.cohort`, `features.labels`), in words."""
