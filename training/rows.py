"""The labelled index moments of a History, as numbers: what a model is fitted on or tested on.

Moments without a label are left out and counted by reason, beside those the cohort left out:
nothing vanishes silently. It refuses a History in which no moment has a label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.definition import Definition
from features.errors import InputError
from features.labels import LABELLED
from features.matrix import Matrix, build
from features.observed import days
from features.tables.history import History

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Rows:
    """Labelled index moments in canonical order.

    matrix       their features
    value        outcome as the definition measures it (readmission 0 or 1; need, bed-days, cost)
    alternative  the same under the other reading of undecided urgency
    undecided    the admission that decides is of undecided urgency
    excluded     moments left out, {"cohort": {reason: n}, "labels": {status: n}}
    deaths       rows with a death inside the window before the outcome (no event, kept); None: the
                 data do not say
    """

    matrix: Matrix
    value: Floats
    alternative: Floats
    undecided: Bools
    excluded: Mapping[str, Mapping[str, int]]
    deaths: int | None

    def __len__(self) -> int:
        return len(self.value)

    @property
    def person_id(self) -> pa.ChunkedArray:
        return self.matrix.rows.column("person_id")

    @property
    def person(self) -> Ints:
        """A number per person, shared by that person's rows."""
        coded = pc.dictionary_encode(self.person_id.combine_chunks())
        return np.asarray(coded.indices.to_numpy(), dtype=np.int64)

    @property
    def day(self) -> Ints:
        """Day of the index moment, days since 1970-01-01."""
        return days(self.matrix.rows.column("index_at")).astype(np.int64)

    def only(self, kept: Bools) -> Rows:
        """The rows where `kept`; what was excluded before stays counted."""
        return Rows(
            self.matrix.only(kept), self.value[kept], self.alternative[kept], self.undecided[kept],
            self.excluded, self.deaths,
        )  # fmt: skip


def labelled_rows(
    history: History,
    definition: Definition,
    catalogue: Catalogue,
    *,
    mode: str,
    progress: Progress,
) -> Rows:
    """Every labelled index moment of a History. Raises InputError where there is none."""
    matrix, labels = build(history, definition, catalogue, mode=mode, progress=progress)
    status = labels.column("status")
    excluded = {"cohort": dict(sorted(matrix.excluded.items())), "labels": _unlabelled(status)}
    kept = np.asarray(pc.equal(status, LABELLED).to_numpy(), dtype=np.bool_)
    if not kept.any():
        raise _none(history, excluded)
    labelled = labels.filter(pa.array(kept))
    return Rows(
        matrix.only(kept),
        value=_floats(labelled.column("value")),
        alternative=_floats(labelled.column("alternative")),
        undecided=np.asarray(labelled.column("undecided").to_numpy(), dtype=np.bool_),
        excluded=excluded,
        deaths=len(labelled) - labelled.column("competing_death_day").null_count,
    )


def _unlabelled(status: pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(status.combine_chunks())
    found = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return dict(sorted((name, n) for name, n in found if name != LABELLED))


def _none(history: History, excluded: Mapping[str, Mapping[str, int]]) -> InputError:
    why = ", ".join(f"{name} {n}" for part in excluded.values() for name, n in part.items())
    return InputError(
        f"no index moment of this History has a label: {why or 'there is none'}",
        where=str(history.path),
        cure="give a History of more people or more years",
    )


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)
