"""Rows of a History: its index moments, groups as they stood, event rate over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from features.catalogue import Catalogue
from features.definition import Definition
from features.tables.history import History
from training.drift import Trend, trend
from training.followed import WITHIN_DAYS, followed_stays
from training.groups import Groups, groups_of
from training.question import Question
from training.recipe import Drift
from training.rows import Progress, Rows, labelled_rows
from training.split import Bools


@dataclass(frozen=True)
class HistorySource:
    """A History and what is asked of it; wide: the features to compute."""

    history: History
    definition: Definition
    wide: Catalogue
    mode: str
    kind: str = "history"

    @classmethod
    def for_training(cls, question: Question, path: Path) -> tuple[Self, Question]:
        """The source and the question made ready for it."""
        history = History.open(path)
        ready = question.about(history)
        assert isinstance(ready.definition, Definition)
        return cls(history, ready.definition, ready.wide, ready.mode), ready

    @property
    def digest(self) -> str:
        return self.history.digest

    def told(self) -> Mapping[str, object]:
        manifest = self.history.manifest
        return {
            "source": manifest.source,
            "people": manifest.people,
            "first": manifest.first.isoformat(),
            "last": manifest.last.isoformat(),
        }

    def rows(self, progress: Progress) -> Rows:
        return labelled_rows(
            self.history, self.definition, self.wide, mode=self.mode, progress=progress
        )

    def groups(self, rows: Rows) -> Groups:
        return groups_of(self.history, rows.matrix.rows)

    def trends(self, rows: Rows, y: Bools, settings: Drift) -> Sequence[Trend]:
        """That of the outcome, and that of acute stays followed by another."""
        stays = followed_stays(self.history, self.definition)
        event = f"index moments with the outcome ({self.definition.label})"
        followed = f"acute stays followed by another within {WITHIN_DAYS} days"
        return (
            trend(y.astype(np.float64), rows.day, rows.person, of=event, settings=settings),
            trend(stays.y, stays.day, stays.person, of=followed, settings=settings),
        )

    def warnings(self) -> Sequence[Mapping[str, object]]:
        return ()
