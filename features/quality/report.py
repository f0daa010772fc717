"""Everything that `caseload check` found of a History, and how it is found.

Buckets are read one at a time and forgotten; nothing of a person is kept. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.quality.asked import Asked, questions, spells_for
from features.quality.checked import Checking
from features.quality.facts import Facts, Reason
from features.quality.finding import Finding
from features.quality.months import months_of
from features.quality.needs import NEEDS
from features.quality.split import part_of
from features.quality.totals import KNOWN, Totals
from features.quality.view import EVENTS, View
from features.tables.history import History
from features.tables.schema import TABLES

Progress = Callable[[str, float | None], None]


def _sentence(reason: Reason) -> str:
    return reason.text[:1].upper() + reason.text[1:]


@dataclass(frozen=True)
class Verdict:
    """Whether a History can support a model, and why: what stops it first, then the rest."""

    can: bool
    why: tuple[str, ...]

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> Verdict:
        stops = [_sentence(reason) for reason in reasons if reason.stops]
        rest = [_sentence(reason) for reason in reasons if not reason.stops]
        return cls(not stops, (*stops, *rest))


@dataclass(frozen=True)
class Report:
    """verdicts by model, findings in the order of the checks, and the sums behind them."""

    verdicts: Mapping[str, Verdict]
    findings: Sequence[Finding]
    totals: Totals

    def to_json(self) -> dict[str, object]:
        """The `check` answer: verdicts and findings of the contract, then figures of the History.

        history       source, people, span, precision and delays as the manifest has them
        tables        table -> rows, and share null of each column that may be null
        months        table -> rows by month, from `months_from` on
        known_after   table -> column -> days until half and until nine in ten rows are known
        diagnoses     {"mean", "median"} number tied to an acute stay that has ended
        """
        manifest, totals = self.totals.manifest, self.totals
        months = months_of(totals)
        return {
            "verdicts": {n: {"can": v.can, "why": list(v.why)} for n, v in self.verdicts.items()},
            "findings": [finding.to_json() for finding in self.findings],
            "history": {
                "source": manifest.source, "people": manifest.people,
                "first": manifest.first.isoformat(), "last": manifest.last.isoformat(),
                "last_known": manifest.last_known.isoformat(),
                "precision": dict(manifest.precision), "delays": dict(manifest.delays),
            },
            "tables": {name: self._table(name) for name in TABLES},
            "months_from": f"{months[0].start:%Y-%m}",
            "months": {
                name: [int(totals.by_day[name][m.place(totals)].sum()) for m in months]
                for name in EVENTS
            },
            "known_after": {name: self._delays(name) for name in KNOWN if totals.rows(name)},
            "diagnoses": self._diagnoses(),
            "programme": dict(sorted(totals.events.items())),
        }  # fmt: skip

    def _table(self, name: str) -> dict[str, object]:
        rows = self.totals.rows(name)
        null = {
            column.name: round(self.totals.nulls[name, column.name] / rows, 4)
            for column in TABLES[name].columns
            if column.nullable and rows
        }
        return {"rows": rows, "null": null}

    def _delays(self, name: str) -> dict[str, object]:
        quantile = self.totals.quantile
        return {
            known: {"half": quantile(name, known, 0.5), "most": quantile(name, known, 0.9)}
            for _, known in KNOWN[name]
        }

    def _diagnoses(self) -> dict[str, float | None]:
        """Of acute stays that have ended; null where there is none."""
        tied = self.totals.tied
        stays = sum(tied.values())
        if not stays:
            return {"mean": None, "median": None}
        half, seen = 0, 0
        for number in sorted(tied):
            half, seen = number, seen + tied[number]
            if seen * 2 >= stays:
                break
        return {"mean": round(sum(n * k for n, k in tied.items()) / stays, 2), "median": half}


def check_history(history: History, progress: Progress | None = None) -> Report:
    """Read a History once and say what is in it, what is wrong, and what it supports."""
    manifest = history.manifest
    totals, asked = Totals(manifest), [Asked(question.of(history)) for question in questions()]
    checking = Checking(totals)
    for number in range(history.buckets):
        tables = history.bucket(number)
        checking.add(View(tables, manifest))
        joined = spells_for(tables, [one.question for one in asked])
        part = part_of(tables["person"]["person_id"])
        for one, spell in zip(asked, joined, strict=True):
            one.add(tables, spell, part, (manifest.first, manifest.last), manifest.last_known)
        if progress:
            progress("checking", (number + 1) / history.buckets)
    findings = checking.findings()
    verdicts = {one.question.name: _verdict(Facts.of(totals, findings, one)) for one in asked}
    return Report(verdicts, findings, totals)


def _verdict(facts: Facts) -> Verdict:
    needs = NEEDS[facts.asked.question.name]
    return Verdict.of([reason for need in needs for reason in need(facts)])
