"""A recipe made ready: its definition, the features that score, and those its baselines need.

It refuses, before any data are read, a baseline that does not exist and one that does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.catalogue import Catalogue
from features.definition import Definition, load_definition
from features.recorded import as_recorded
from features.tables.history import History
from training.baselines import inputs_of, refuse_unfit, widened
from training.recipe import Recipe, load_recipe


@dataclass(frozen=True)
class Question:
    """What is to be trained.

    text       the recipe as it was written
    catalogue  features that score
    wide       those and what the baselines count from
    """

    recipe: Recipe
    text: str
    definition: Definition
    catalogue: Catalogue
    wide: Catalogue

    def about(self, history: History) -> Question:
        """The same of a History: what it never records is no evidence (`features/recorded.py`)."""
        definition, wide = as_recorded(history, self.definition, self.wide)
        catalogue = replace(wide, features=self.catalogue.features)
        return replace(self, definition=definition, catalogue=catalogue, wide=wide)


def ask(name_or_path: str) -> Question:
    """The question of a recipe. Raises InputError naming the key at fault."""
    recipe, text = load_recipe(name_or_path)
    definition = load_definition(
        recipe.definition, label=recipe.label or None, every_months=recipe.every_months
    )
    refuse_unfit(recipe.baselines, recipe.gate.beat, definition, name_or_path)
    catalogue = recipe.catalogue().joined_by(definition.spells, definition.urgency)
    wide = widened(catalogue, inputs_of(recipe.baselines, definition))
    return Question(recipe, text, definition, catalogue, wide)
