"""Which of some windows a fact falls into by its age, beside what each window says of it."""

from __future__ import annotations

import pytest

from features.windows import inside, narrowest

pytestmark = pytest.mark.unit

holds = inside.py_func  # type: ignore[attr-defined]


@pytest.mark.parametrize("lengths", [[], [1], [7, 30, 31], [1, 2, 3, 365, 1095]])
def test_the_narrowest_is_the_first_that_holds_the_fact(lengths: list[int]) -> None:
    table = narrowest(lengths)
    assert len(table) == max(lengths, default=0) + 2
    for age, found in enumerate(table.tolist()):
        holding = [p for p, days in enumerate(lengths) if holds(-age, 0, days, 0, age == 0)]
        assert found == min(holding, default=len(lengths))


def test_what_is_older_than_every_window_is_in_none() -> None:
    assert narrowest([30, 90])[-1] == 2
