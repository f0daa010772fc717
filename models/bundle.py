"""A saved model as a folder of text: read by eye, checked by digest, never run as code.

`Bundle.save` writes the folder whole or not at all; two runs of one recipe on one History with one
seed give the same digest, and what differs between them (run id, times, versions) goes into
provenance.json, outside it. `Bundle.load` refuses a folder that is no bundle, another contract, and
a file that is missing or not the one that was saved.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import Catalogue
from features.catalogue.load import catalogue_of
from features.codes.crosswalks import SETTING
from features.definition import Definition
from features.errors import InputError
from features.flat import FlatTable, catalogue_of_table, categories_kept
from features.matrix import Matrix, Schema
from features.posed import Posed, posed_of
from models.bundle_files import DIGEST, PROVENANCE, digest_of, digest_text, read_checked
from models.calibration import Calibrator
from models.completeness import Completeness, completeness
from models.estimator import Floats
from models.gbm import Boosting, Numbers
from models.percentile import percentile
from models.reasons import Reason, reasons_of
from models.trained_on import TrainedOn

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of rows.

    risk           0 to 1; NaN: insufficient, too few inputs could be read
    percentile     share of the training population with a lower risk, 0 to 100; NaN as risk
    base           log-odds that a row's contributions are added to
    contributions  to the log-odds of the risk, (rows, columns); None: not asked for
    completeness   share of the inputs that could be read, and which could not
    """

    risk: Floats
    percentile: Floats
    base: float
    contributions: Floats | None
    completeness: Completeness

    def __len__(self) -> int:
        return len(self.risk)

    @property
    def share(self) -> Floats:
        return self.completeness.share

    @property
    def sufficient(self) -> Bools:
        return self.completeness.sufficient

    def missing(self, row: int) -> tuple[str, ...]:
        """Names of the inputs that could not be read for a row."""
        return self.completeness.missing(row)


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with all that a score needs.

    name         as the registry calls it; label: what is predicted; mode: adt, claims or table
    posed        the definition that a History answers, or the flat table whose rows do
    card         the model card (`models/card.py`)
    percentiles  101 risks of the training population (`models/percentile.py`)
    inputs       weight of each input in completeness; together 1 (`models/completeness.py`)
    high         value at or above which the outcome counts as high, frozen in training; None: the
                 outcome is an event itself
    seen         the people it was made of
    """

    name: str
    label: str
    boosting: Boosting
    calibrator: Calibrator
    catalogue: Catalogue
    posed: Posed
    schema: Schema
    mode: str
    recipe_text: str
    card: Mapping[str, Any]
    percentiles: Floats
    inputs: Mapping[str, float]
    high: float | None
    seen: TrainedOn

    @property
    def definition(self) -> Definition:
        """What is asked of a History. Raises InputError for a model of flat tables."""
        if isinstance(self.posed, Definition):
            return self.posed
        raise InputError(
            f"{self.name} scores rows of a flat table; nothing in a History answers it",
            where=f"model {self.name}",
            cure="use a model of Histories here; caseload evaluate takes this one with --table",
        )

    @property
    def table(self) -> FlatTable:
        """The flat table whose rows it scores. Raises InputError for a model of Histories."""
        if isinstance(self.posed, FlatTable):
            return self.posed
        raise InputError(
            f"{self.name} scores people of a History, not rows of a flat table",
            where=f"model {self.name}",
            cure="give --history",
        )

    def score(self, matrix: Matrix, *, explain: bool = True) -> Scores:
        """Scores of the matrix's rows.

        explain  False: without contributions, which cost far more than the risk itself
        Raises InputError for a matrix of other columns.
        """
        self._refuse_other(matrix.schema)
        own = matrix.choose(self._read)
        complete = completeness(self.inputs, own.X, own.schema)
        risk = np.where(complete.sufficient, self.risk(matrix.numbers), np.nan)
        carried = self._contributions(matrix.numbers)[:, :-1] if explain else None
        return Scores(risk, percentile(risk, self.percentiles), self.base, carried, complete)

    def risk(self, X: Numbers) -> Floats:
        """Calibrated risk of rows in the schema's columns, sufficient or not."""
        return self.calibrator.risk(self.boosting.margin(X))

    def reasons(self, matrix: Matrix, *, reveal: bool = False) -> list[tuple[Reason, ...]]:
        """Each row's reasons, strongest first: `base` + their sum = log-odds of the row's risk.

        reveal  sensitive conditions by their names, for the roles that may read them
        """
        self._refuse_other(matrix.schema)
        X = matrix.X
        return reasons_of(self.catalogue, self.schema, self._contributions(X), X, reveal=reveal)

    @cached_property
    def base(self) -> float:
        """Log-odds of the risk before anything is known of a person."""
        nobody = np.full((1, len(self.schema.names)), np.nan)
        return float(self._contributions(nobody)[0, -1])

    @cached_property
    def _read(self) -> Schema:
        """The columns that completeness goes by."""
        return self.schema.only(self.inputs)

    def _contributions(self, X: Numbers) -> Floats:
        return self.calibrator.contributions(self.boosting.contributions(X))

    def _refuse_other(self, schema: Schema) -> None:
        self.check_crosswalks(schema)
        if schema.hash != self.schema.hash:
            raise InputError(
                f"the matrix has other columns than {self.name} was trained on",
                where="matrix schema",
                cure="make the matrix with the model's own catalogue",
            )

    def check_crosswalks(self, schema: Schema) -> None:
        """Raises InputError where `schema` reads codes by other crosswalks than the model's."""
        if schema.crosswalks != self.schema.crosswalks:
            raise InputError(
                f"codes are read by other crosswalks than {self.name} was trained with",
                where=SETTING,
                cure="set it to the folder that was used in training, or train again",
            )

    def trained_on(self, person_ids: pa.Array | pa.ChunkedArray) -> Bools:
        """Whether each row's person may have been seen in training, shape (rows,).

        Sure for those it says no to; 1 in 100 of the others is a yes for nothing.
        """
        return self.seen.holds(person_ids)

    @property
    def digest(self) -> str:
        """sha256 over the files that describe the model."""
        return digest_of(self.files)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Text of each file under the digest, by name."""
        return {
            "model.txt": self.boosting.text,
            "calibrator.json": self.calibrator.to_json() + "\n",
            "recipe.toml": self.recipe_text,
            "definition.toml": self.posed.to_toml(),
            "catalogue.toml": self.catalogue.to_toml(),
            "schema.json": self.schema.to_json(),
            "card.json": _json({"scoring": self._scoring(), "card": self.card}),
            "trained_on.json": self.seen.to_json(),
        }

    def _scoring(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "mode": self.mode,
            "high": self.high,
            "inputs": dict(self.inputs),
            "percentiles": self.percentiles.tolist(),
        }

    def save(self, folder: Path, provenance: Mapping[str, Any]) -> None:
        """Write the bundle as a new folder, whole or not at all.

        provenance  run id, times, versions: what may differ between two runs of the same recipe
        Raises InputError where `folder` is there already.
        """
        folder = Path(folder)
        if folder.exists():
            raise InputError(
                "something is there already", where=str(folder), cure="give a new folder"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        outside = {DIGEST: digest_text(self.files), PROVENANCE: _json(provenance)}
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, text in {**self.files, **outside}.items():
                (scratch / name).write_text(text, encoding="utf-8", newline="\n")
            scratch.chmod(0o755)
            scratch.replace(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> Bundle:
        """The bundle in a folder, every file checked.

        Raises NotFoundError where there is no bundle, InputError where it is another contract's or
        a file is missing or changed.
        """
        texts = read_checked(Path(folder))
        stated = json.loads(texts["card.json"])
        scoring = stated["scoring"]
        schema = Schema.from_json(texts["schema.json"])
        posed = posed_of(texts["definition.toml"], "definition.toml")
        return cls(
            name=scoring["name"],
            label=scoring["label"],
            boosting=Boosting.from_text(texts["model.txt"], schema),
            calibrator=Calibrator.from_json(texts["calibrator.json"]),
            catalogue=_catalogue(posed, schema, texts["catalogue.toml"]),
            posed=posed,
            schema=schema,
            mode=scoring["mode"],
            recipe_text=texts["recipe.toml"],
            card=stated["card"],
            percentiles=np.array(scoring["percentiles"], dtype=np.float64),
            inputs=scoring["inputs"],
            high=scoring["high"],
            seen=TrainedOn.from_json(texts["trained_on.json"]),
        )


def _catalogue(posed: Posed, schema: Schema, text: str) -> Catalogue:
    """The features of a saved model; those of a table are made anew from its description."""
    if isinstance(posed, Definition):
        return catalogue_of(tomllib.loads(text), "catalogue.toml")
    frozen = {column.name: column.categories for column in schema.columns}
    whole = catalogue_of_table(posed, categories_kept(posed, frozen))
    return replace(whole, features=tuple(whole[name] for name in schema.names))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
