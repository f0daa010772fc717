"""pandas, polars and DuckDB as outside oracles: 250 features of a population, cell by cell."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from benchmarks.shared.asked import Floats, Shared, shared
from benchmarks.shared.engines import PEERS, differing, refuse_unequal, sums, whole
from benchmarks.shared.people import monthly, numbered, population
from features.tables.history import History

pytestmark = pytest.mark.integration

PEOPLE = 300


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return population(tmp_path_factory.mktemp("peers"), PEOPLE)


@pytest.fixture(scope="module")
def listed(history: History) -> Shared:
    return shared(history.path)


def answers(name: str, history: History, dates: int, listed: Shared) -> Floats:
    features = import_module(f"benchmarks.shared.{name.lower()}_peer").features
    found: Floats = features(history.path, numbered(history), monthly(dates), listed)
    return found


@pytest.mark.parametrize("dates", [1, 12])
def test_every_engine_gives_every_cell_alike(history: History, listed: Shared, dates: int) -> None:
    ours = whole(history, monthly(dates))
    assert ours.shape == (250, PEOPLE * dates)
    assert np.nanmax(ours, axis=1).astype(bool).mean() > 0.9, "too few features say anything"
    for name in PEERS:
        theirs = answers(name, history, dates, listed)
        assert differing(ours, theirs, listed.names) == [], name


def test_one_wrong_cell_is_told_by_column_at_either_size(history: History, listed: Shared) -> None:
    ours = whole(history, monthly(1))
    for wrong in (1.0, np.nan):
        theirs = ours.copy()
        place = int(np.flatnonzero(ours[7] == 0)[0])
        theirs[7, place] = wrong
        assert differing(ours, theirs, listed.names) == [listed.names[7]]
        with pytest.raises(ValueError, match=listed.names[7]):
            refuse_unequal("another", sums(ours), sums(theirs), listed.names)


def test_two_cells_exchanged_are_told_from_sums_too(history: History, listed: Shared) -> None:
    ours = whole(history, monthly(1))
    theirs = ours.copy()
    low, high = int(ours[7].argmin()), int(ours[7].argmax())
    theirs[7, [low, high]] = ours[7, [high, low]]
    with pytest.raises(ValueError, match=listed.names[7]):
        refuse_unequal("another", sums(ours), sums(theirs), listed.names)
