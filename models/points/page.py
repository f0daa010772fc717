"""The reference page of the published scores: `docs/reference/scores.md`."""

from __future__ import annotations

from features.catalogue import load_catalogue
from models.points.last_year import LAST
from models.points.register import SCORES
from models.points.score import MOST_NULL, PointScore

HEAD = f"""# Published scores

Generated from `models/points` and the catalogue; do not edit.

A recipe names them under `baselines`, and a model is compared with them on the same rows. Each gets
a logistic line on its points, fitted on the rows that made the model. A row with a null input has
no points: what is not known is never read as normal, none or zero. A score with an input that is
null on more than {MOST_NULL:.0%} of the rows is "not computable", and the answer names the input.

Not known to any History, and therefore left out: PARR-30's effect of the hospital (its codes are of
2008/09). Not published, and therefore read by Charlson's groups: PARR-30's own list of diagnoses.

Haemoglobin is read in g/dL (LOINC 718-7) and sodium in mmol/L or mEq/L (LOINC 2951-2); other units
and codes are not converted. Values of the day of discharge are tied to no stay and not in view. An
oncology service is known by the names and numbers in `features/definitions/catalogue/scores.toml`;
any other is read as another service.

Held to published cases, by inputs and by people drawn for them: LACE 400, HOSPITAL 320 in each of
its three forms, PARR-30 68 by inputs and 53 by people (15 have an emergency admission in the last
30 days and none in the last year), Charlson's index 140 (`tests/spec/test_points_published.py`,
`tests/spec/test_features_published.py`).
"""


def markdown() -> str:
    """The page: every score with its source and the features it counts from."""
    return HEAD + "".join(_section(name) for name in SCORES)


def _section(name: str) -> str:
    made = [SCORES[name](label) for label in LAST]
    sources = dict.fromkeys(score.source for score in made)
    lines = [f"\n## {name}\n", *(f"{source}.\n" for source in sources), _table(made)]
    return "\n".join(lines)


def _table(made: list[PointScore]) -> str:
    catalogue = load_catalogue()
    inputs = dict.fromkeys(one for score in made for one in score.inputs)
    rows = [f"| `{one}` | {catalogue[one].what} | {catalogue[one].null} |" for one in inputs]
    return "\n".join(["| input | is | null where |", "|---|---|---|", *rows, ""])
