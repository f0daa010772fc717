"""What to train, as TOML: read, checked against its published schema, and refused where unknown.

A key that does not exist, a value out of its range and a feature that may not score are refused
with the file, the key and the cure. Nothing here touches data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from features import tomlfile
from features.catalogue import Catalogue, Feature, load_catalogue, with_extra
from features.errors import InputError, NotFoundError
from features.flat import FlatTable

SHIPPED = Path(__file__).parent / "recipes"
PAGE = "training/recipes/recipe.schema.json"
AUDIT_ONLY = ("ethnicity", "language", "religion")
"""Columns that are for audit alone: what may not be shown may not score."""
DEPRIVATION = "deprivation"
PARTS = ("train", "valid", "calibration", "test")


def _of_whole_rows(capacity: float) -> float:
    if capacity > 1 and capacity != int(capacity):
        raise ValueError("from 1 on it is a number of rows and must be whole")
    return capacity


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if not ends[0] <= ends[1]:
        raise ValueError("the first end must not be above the second")
    return ends


Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Capacity = Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(_of_whole_rows)]
Months = Annotated[int, Field(ge=1, le=600)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Features(_Part):
    choose: tuple[str, ...] = ()
    """Names, families or clinical domains of the catalogue; empty: all of it but area deprivation,
    which may score where why_deprivation says why."""
    without: tuple[str, ...] = ()
    """Names, families or domains to leave out again."""
    extra: tuple[str, ...] = ()
    """TOML files with features of your own, from the recipe's folder; all of them take part."""
    why_deprivation: str = ""
    """Why area deprivation may score here; without a reason it may not. Printed in the card."""


class Shares(_Part):
    train: Share = 0.55
    """People whose rows the model is fitted on."""
    valid: Share = 0.10
    """People whose rows stop the boosting."""
    calibration: Share = 0.15
    """People whose rows the calibrator is fitted on."""
    test: Share = 0.20
    """People who are never trained on, whatever the version."""

    @model_validator(mode="after")
    def _whole(self) -> Shares:
        if abs(self.train + self.valid + self.calibration + self.test - 1) > 1e-9:
            raise ValueError("the four shares must add up to 1")
        return self


class Fewest(_Part):
    train: Count = 30
    """Events, and rows without one, that the training rows must hold."""
    valid: Count = 5
    """The same of the rows that stop the boosting."""
    test: Count = 8
    """The same of the test rows."""


class Split(_Part):
    salt: Annotated[str, Field(min_length=1)]
    """Salt of sha256(salt, person_id), which places a person in one part for ever."""
    shares: Shares = Shares()
    """How people are divided."""
    test_months: Annotated[tuple[Months, ...], Field(min_length=1)] = (12, 6, 3, 1)
    """Lengths of the test period at the end, as preferred; the first that leaves enough is used."""
    fewest: Fewest = Fewest()
    """When there is too little to say anything."""


class LightGBM(_Part):
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Step of each tree."""
    num_leaves: Annotated[int, Field(ge=2, le=255)] = 15
    """Leaves of a tree."""
    leaf_share: Annotated[float, Field(gt=0, le=0.5)] = 0.002
    """Smallest leaf as a share of the training rows (never under `leaf_rows`)."""
    leaf_rows: Count = 20
    """Smallest leaf in rows."""
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the features each tree may use."""
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Share of the rows each tree is grown on."""
    lambda_l2: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    """Shrinkage of leaf values."""


class Model(_Part):
    kind: Literal["lightgbm"] = "lightgbm"
    """Kind of model that is served."""
    rounds: Annotated[int, Field(ge=1, le=5000)] = 400
    """Most trees."""
    patience: Count = 30
    """Trees without gain on the valid rows before it stops."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads; more help from some 100,000 rows on, and may change the model's last digits."""
    lightgbm: LightGBM = LightGBM()
    """Settings of LightGBM."""


class Calibration(_Part):
    kind: Literal["logistic"] = "logistic"
    """A linear map of the margin, so that contributions still add up."""
    fewest_events: Count = 1000
    """With fewer events to calibrate on, the slope is a guess: it is fitted out-of-fold instead."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Folds of people for that."""


class Evaluation(_Part):
    repeats: Annotated[int, Field(ge=0, le=20_000)] = 300
    """Bootstrap samples of people behind each interval."""
    capacity: Annotated[tuple[Capacity, ...], Field(min_length=1)] = (0.01, 0.05, 0.1)
    """k of the measures at capacity: under 1 a share of the rows, else a number of rows."""


class Gate(_Part):
    least_auroc: Annotated[float, Field(ge=0.5, le=1)] = 0.55
    """Lower bound the interval of the AUROC must clear."""
    slope: Annotated[tuple[float, float], AfterValidator(_rising)] = (0.75, 1.33)
    """Range that the interval of the calibration slope must touch."""
    beat: tuple[str, ...] = ()
    """Baselines the model must beat in AUROC by an interval that excludes 0, where computable."""


class Drift(_Part):
    months: Literal[3, 6, 12] = 6
    """Length of a calendar period."""
    p: Annotated[float, Field(gt=0, lt=1)] = 0.001
    """A trend of the event rate is told when its p-value is under this ..."""
    change: Annotated[float, Field(ge=0)] = 0.1
    """... and its fitted line moves by this share of the mean rate or more over the periods."""


class Recipe(_Part):
    """A recipe: all that a training run takes beside the History."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    """Name of the model in the registry."""
    definition: str = ""
    """Shipped definition or TOML file: index moments, outcome, horizon, censoring."""
    table: FlatTable | None = None
    """In place of a definition: a flat table, what its columns are, what is asked of its rows."""
    label: str = ""
    """What the definition's outcome measures, where it offers a choice (need, bed_days, cost)."""
    mode: Literal["adt", "claims"] = "adt"
    """adt: codes as they became known; claims: retrospective, and the card says so."""
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    """Seed of everything drawn at random."""
    every_months: Annotated[int, Field(ge=1, le=60)] | None = None
    """Monthly models: each person gives one month in so many (default: the definition's)."""
    features: Features = Features()
    """Which features of the catalogue take part."""
    split: Split
    """Which people and which times are for what."""
    model: Model = Model()
    """The model that is fitted."""
    calibration: Calibration = Calibration()
    """How its margin becomes a risk."""
    evaluation: Evaluation = Evaluation()
    """How it is evaluated."""
    baselines: tuple[str, ...]
    """What it is evaluated beside: logistic, and the scores of docs/reference/scores.md."""
    gate: Gate = Gate()
    """What it must show before it may go live."""
    drift: Drift = Drift()
    """When a change of the event rate over the years is told."""

    @model_validator(mode="after")
    def _asks_one(self) -> Recipe:
        if bool(self.definition) == (self.table is not None):
            raise ValueError("it names a definition, or describes a table: one of the two")
        for key in ("label", "every_months", "mode") if self.table else ():
            if key in self.model_fields_set:
                raise ValueError(f"{key} belongs to a definition; a table has [table.outcome]")
        return self

    def catalogue(self, path: Path | str | None = None, *, folder: Path = Path()) -> Catalogue:
        """The features that take part. Raises InputError where one may not score.

        path  the catalogue to choose from (None: the shipped one)
        folder  where the recipe lies, from which its extra files are named
        """
        shipped = load_catalogue(path)
        whole = with_extra(shipped, (folder / name for name in self.features.extra))
        return self.chosen(whole, own=whole.names[len(shipped) :])

    def chosen(self, whole: Catalogue, *, own: Sequence[str] = ()) -> Catalogue:
        """Those of `whole` that take part, and `own`. Raises InputError where one may not score."""
        chosen = (*self.features.choose, *own) if self.features.choose else self._unasked(whole)
        selected = whole.select(chosen, without=self.features.without)
        self._refuse_unscorable(selected)
        return selected

    def _unasked(self, catalogue: Catalogue) -> list[str]:
        """The features of a recipe that chooses none."""
        why = self._says_why
        return [f.name for f in catalogue if why or DEPRIVATION not in _about(f)]

    @property
    def _says_why(self) -> bool:
        return bool(self.features.why_deprivation.strip())

    def _refuse_unscorable(self, catalogue: Catalogue) -> None:
        for feature in catalogue:
            about = _about(feature)
            if about & set(AUDIT_ONLY):
                raise InputError(
                    f"feature {feature.name} reads what is for audit only and may not score",
                    where=f"recipe {self.name}, key features",
                    cure=f'add without = ["{feature.name}"]',
                )
            if DEPRIVATION in about and not self._says_why:
                raise InputError(
                    f"feature {feature.name} scores deprivation and the recipe does not say why",
                    where=f"recipe {self.name}, key features.why_deprivation",
                    cure="give the reason in words (the card will print it), or leave it out",
                )

    def to_json(self) -> dict[str, Any]:
        """Every key with its value, defaults too."""
        return self.model_dump(mode="json")


def _about(feature: Feature) -> set[str]:
    """Columns whose values decide a feature's."""
    return {feature.column, *(column for column, _ in feature.where)}


def load_recipe(name_or_path: str | Path) -> tuple[Recipe, str]:
    """A shipped recipe by name, or the TOML file at a path: the recipe and its text.

    Raises NotFoundError where there is none, InputError naming file and key where it is wrong.
    """
    raw, text = tomlfile.read_toml(find_recipe(name_or_path), "recipe")
    return recipe_of(raw, str(name_or_path)), text


def recipe_of(raw: dict[str, Any], where: str = "recipe") -> Recipe:
    """The recipe of parsed TOML. Raises InputError naming the first key at fault."""
    if not {"definition", "table"} & set(raw):
        raise InputError(
            "a key is missing in the recipe",
            where=f"{where}, key definition",
            cure="name a definition, or describe a flat table under [table]",
        )
    return tomlfile.held(Recipe, raw, "recipe", where, PAGE)


def schema_json() -> str:
    """The recipe's JSON Schema as `recipes/recipe.schema.json` holds it."""
    return tomlfile.schema_json(Recipe, "recipe")


def find_recipe(name_or_path: str | Path) -> Path:
    """The file of a recipe by name or path. Raises NotFoundError."""
    shipped = SHIPPED / f"{name_or_path}.toml"
    for path in (shipped, Path(name_or_path)):
        if path.is_file():
            return path
    names = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))
    raise NotFoundError(
        f"there is no recipe {name_or_path}",
        where=str(name_or_path),
        cure=f"give a TOML file, or one of the shipped recipes: {names}",
    )


if __name__ == "__main__":
    (SHIPPED / "recipe.schema.json").write_text(schema_json(), encoding="utf-8")
