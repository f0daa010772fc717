"""A matrix is the same whichever way a bucket is read: whole, or only the columns the program
needs with their texts as numbers (as where no outcome is asked for)."""

from __future__ import annotations

import pytest

from features.carriers.local import part_of
from features.carriers.part import Asked
from features.catalogue import load_catalogue
from features.definition import FOLDER, load_definition
from features.kernel import compile_catalogue, needs
from features.synthetic import generate
from features.tables.history import History
from features.tables.schema import TABLES

pytestmark = pytest.mark.integration

DEFINITIONS = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("population") / "history"
    generate(folder, people=800, seed=23, years=4)
    return History.open(folder)


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("mode", ["adt", "claims"])
def test_whole_and_by_the_columns_needed(name: str, mode: str, history: History) -> None:
    definition, catalogue = load_definition(name), load_catalogue()
    whole, needed = (
        Asked(definition, catalogue, mode, with_labels).about(history)
        for with_labels in (True, False)
    )
    for bucket in range(history.buckets):
        one, other = part_of(history, whole, bucket), part_of(history, needed, bucket)
        assert len(one.moments) > 50
        assert [c.tobytes() for c in other.columns] == [c.tobytes() for c in one.columns]
        assert other.moments.equals(one.moments)
        assert other.excluded == one.excluded
        assert (len(one.labels), other.labels.num_columns) == (len(one.moments), 0)


def test_columns_are_left_out_only_where_nothing_reads_them(history: History) -> None:
    """The shipped catalogue reads fewer columns than there are, and those as they stand."""
    wanted = needs(compile_catalogue(load_catalogue()))
    some, whole = history.columns(0, wanted), history.bucket(0)
    assert sum(map(len, wanted.values())) < sum(len(table.columns) for table in TABLES.values())
    for table, columns in wanted.items():
        assert some[table].equals(whole[table].select(columns))
