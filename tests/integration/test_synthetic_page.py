"""The page on the synthetic population says what the code does, and what it says is plausible."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.synthetic import generate
from features.synthetic.conditions import read_rows
from features.synthetic.figures import figures
from features.synthetic.page import FIGURES_OF, figures_markdown, keys_markdown, written
from features.tables.history import History
from tests.command import ROOT

pytestmark = pytest.mark.integration

PAGE = ROOT / "docs" / "explanation" / "synthetic-population.md"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The figures of the population that the page speaks of."""
    out = tmp_path_factory.mktemp("page") / "h"
    generate(out, **FIGURES_OF)
    return figures(History.open(out))


def cells(markdown: str) -> list[list[str]]:
    lines = markdown.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def between(name: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- /{name} -->")[0]


def test_the_page_has_every_key_as_the_default_scenario_has_it() -> None:
    assert between("keys") == keys_markdown()
    assert "|  |" not in keys_markdown(), "every key says what it is"


def test_the_pages_figures_are_those_of_the_generator(found: dict[str, float]) -> None:
    page, made = cells(between("figures")), cells(figures_markdown(found))
    assert [row[0] for row in page] == [row[0] for row in made]
    assert [row[2:] for row in page] == [row[2:] for row in made]
    for (name, said, *_), (_, own, *_) in zip(page, made, strict=True):
        assert float(said) == pytest.approx(float(own), rel=0.02, abs=0.002), name


def test_every_figure_lies_near_a_published_one(found: dict[str, float]) -> None:
    for row in read_rows("published.csv"):
        ratio = found[row["figure"]] / float(row["published"])
        assert 0.65 < ratio < 1.5, f"{row['figure']}: {ratio:.2f} of what was published"
        assert row["source"]


def test_what_stands_between_the_marks_is_replaced_and_the_rest_is_kept(tmp_path: Path) -> None:
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    once = written(page, "x", "new\nlines")
    assert once == "a\n<!-- x -->\nnew\nlines\n<!-- /x -->\nb\n"
    assert written(once, "x", "new\nlines") == once
