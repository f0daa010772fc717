"""A recipe made ready: what it asks, the features that score, and those its baselines need.

It refuses, before any data are read, a baseline that does not exist and one that does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.catalogue import Catalogue
from features.definition import Definition, load_definition
from features.flat import FlatRows, FlatTable, catalogue_of_table
from features.posed import Posed
from features.recorded import as_recorded
from features.tables.history import History
from training.baselines import inputs_of, refuse_unfit, widened
from training.recipe import Recipe, find_recipe, load_recipe

TABLE = "table"


@dataclass(frozen=True)
class Question:
    """What is to be trained.

    text        the recipe as it was written
    definition  of a History, or the description of a flat table
    catalogue   features that score
    wide        those and what the baselines count from
    """

    recipe: Recipe
    text: str
    definition: Posed
    catalogue: Catalogue
    wide: Catalogue

    @property
    def mode(self) -> str:
        """How times are read: adt, claims, or table, whose columns are taken as they are."""
        return TABLE if isinstance(self.definition, FlatTable) else self.recipe.mode

    @property
    def timed(self) -> bool:
        """Whether index moments have a day, so that rows can be divided by time."""
        return isinstance(self.definition, Definition) or bool(self.definition.time)

    @property
    def undecided(self) -> str:
        """How an admission of undecided urgency is read; "": nothing hangs on one."""
        asked = self.definition
        return asked.outcome.undecided if isinstance(asked, Definition) else ""

    def about(self, history: History) -> Question:
        """The same of a History: what it never records is no evidence (`features/recorded.py`)."""
        assert isinstance(self.definition, Definition), "asks of a table"
        definition, wide = as_recorded(history, self.definition, self.wide)
        catalogue = replace(wide, features=self.catalogue.features)
        return replace(self, definition=definition, catalogue=catalogue, wide=wide)

    def about_table(self, table: FlatTable, rows: FlatRows) -> Question:
        """The same of a table that was read: its columns are known now."""
        chosen = self.recipe.chosen(rows.catalogue)
        return replace(self, definition=table, catalogue=chosen, wide=rows.catalogue)


def ask(name_or_path: str) -> Question:
    """The question of a recipe. Raises InputError naming the key at fault."""
    recipe, text = load_recipe(name_or_path)
    posed = recipe.table or load_definition(
        recipe.definition, label=recipe.label or None, every_months=recipe.every_months
    )
    refuse_unfit(recipe.baselines, recipe.gate.beat, posed, name_or_path)
    if isinstance(posed, FlatTable):
        declared = catalogue_of_table(posed, {})
        return Question(recipe, text, posed, declared, declared)
    chosen = recipe.catalogue(folder=find_recipe(name_or_path).parent)
    catalogue = chosen.joined_by(posed.spells, posed.urgency)
    wide = widened(catalogue, inputs_of(recipe.baselines, posed))
    return Question(recipe, text, posed, catalogue, wide)
