"""The one scoring path: tables of people, a moment and a model to risks with their reasons.

The command, HTTP, the page and the list all score here, so that one person and a population get the
same bits. It refuses a model that is not served; someone a model has no moment for is told apart
from a low risk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import numpy as np

from features.cohort import moments_at
from features.errors import NotFoundError
from features.matrix import Matrix, Schema, of_tables
from features.tables.contract import Tables
from models.bundle import Bundle, Scores
from models.reasons import Reason
from serving.result import INSUFFICIENT, SCORED, Result
from serving.worklist.domain import Why

NO_MOMENT: Mapping[str, str] = {
    "month": "coverage on that day",
    "discharge": "an acute discharge known in the last 30 days",
    "nursing_discharge": "a discharge home from a nursing facility known in the last 30 days",
}
"""What is missing where there is no moment to score, by the moments a question asks about."""


@dataclass(frozen=True)
class Served:
    """A model with the name and version that answers give for it."""

    name: str
    version: str
    bundle: Bundle


@dataclass(frozen=True)
class Scored:
    """Index moments of some people with their scores by one model, row by row."""

    served: Served
    matrix: Matrix
    scores: Scores


def score(served: Served, tables: Tables, as_of: datetime) -> Scored:
    """The moments that `tables` have as known at `as_of`, scored."""
    bundle = served.bundle
    moments = moments_at(tables, as_of, bundle.definition)
    matrix = of_tables(tables, moments, bundle.catalogue, mode=bundle.mode)
    return Scored(served, matrix, bundle.score(matrix, explain=False))


def results(scored: Scored) -> list[Result]:
    """Every row of `scored` with its reasons, in order."""
    told = scored.served.bundle.reasons(scored.matrix)
    moments = scored.matrix.rows.column("index_at").to_pylist()
    return [
        _result(scored, row, at, reasons)
        for row, (at, reasons) in enumerate(zip(moments, told, strict=True))
    ]


class Scorer:
    """The models that are served, by name.

    Raises InputError where the crosswalks that are set are not those a model was trained with, so
    that a service does not start with them.
    """

    def __init__(self, served: Iterable[Served]) -> None:
        self._served = MappingProxyType({one.name: one for one in served})
        for one in self._served.values():
            one.bundle.check_crosswalks(Schema.of(one.bundle.catalogue))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._served)

    def served(self, name: str) -> Served:
        """The model of that name, also as `name@champion` or `name@version` where that is the one.

        Raises NotFoundError.
        """
        stem, _, which = name.partition("@")
        found = self._served.get(stem)
        if found is None or which not in ("", "champion", found.version):
            raise NotFoundError(
                "this model is not served", where="models", cure=f"use {', '.join(self.names)}"
            )
        return found

    def label(self, model: str) -> str:
        """What a model predicts; of one that is not served we know no more than its name."""
        found = self._served.get(model)
        return model if found is None else found.bundle.label

    def words(self, model: str) -> Mapping[str, str]:
        """What each input of a model is called for a reader, by name; an unknown model has none."""
        found = self._served.get(model)
        return {} if found is None else {f.name: f.what for f in found.bundle.catalogue}

    def assess(self, tables: Tables, as_of: datetime, models: Collection[str] = ()) -> list[Result]:
        """The one person of `tables` by each of `models` (empty: all), as known at `as_of`.

        Raises NotFoundError for a model that is not served.
        """
        asked = [self.served(name) for name in dict.fromkeys(models or self.names)]
        return [_assess(served, tables, as_of) for served in asked]


def _assess(served: Served, tables: Tables, as_of: datetime) -> Result:
    found = results(score(served, tables, as_of))
    return found[-1] if found else _without_moment(served)


def _without_moment(served: Served) -> Result:
    missing = (NO_MOMENT[served.bundle.definition.index.moments],)
    return Result(
        served.name, served.version, None, INSUFFICIENT, None, None, None, (), 0.0, missing
    )


def _result(scored: Scored, row: int, at: datetime, reasons: Sequence[Reason]) -> Result:
    served, scores = scored.served, scored.scores
    risk = float(scores.risk[row])
    known = not np.isnan(risk)
    return Result(
        model=served.name,
        version=served.version,
        index_at=at,
        status=SCORED if known else INSUFFICIENT,
        risk=risk if known else None,
        percentile=float(scores.percentile[row]) if known else None,
        base=float(scores.base) if known else None,
        reasons=tuple(Why(**vars(reason)) for reason in reasons) if known else (),
        share=float(scores.share[row]),
        missing=scores.missing(row),
    )
