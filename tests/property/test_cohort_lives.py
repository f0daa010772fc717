"""Reasons of age agree with a plain calendar, on birthdays and on the days around them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.cohort.lives import against, lives_of
from features.definition import Index
from features.observed import periods_of
from features.tables.memory import tables_of

pytestmark = pytest.mark.property

EPOCH = date(1970, 1, 1)


def completed(birth: date, on: date) -> int:
    """Years of life completed; who is born on 29 February has a birthday on 1 March otherwise."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


@given(
    birth=st.dates(date(1890, 1, 1), date(2020, 12, 31)),
    years=st.integers(0, 100),
    around=st.integers(-2, 2),
    least=st.sampled_from([0, 1, 18, 65]),
)
@example(birth=date(2000, 2, 29), years=18, around=-1, least=18)
@example(birth=date(2000, 2, 29), years=18, around=0, least=18)
@example(birth=date(1900, 3, 1), years=65, around=-1, least=65)
def test_too_young_is_fewer_completed_years(
    birth: date, years: int, around: int, least: int
) -> None:
    after = date(birth.year + years, birth.month, 1) + timedelta(days=birth.day - 1)
    on = after + timedelta(days=around)
    tables = tables_of({"person": [{"person_id": "a", "birth_date": birth, "sex": "female"}]})
    lives = lives_of(tables["person"])
    day = np.array([(on - EPOCH).days], np.int32)
    covered = periods_of(tables["coverage"], pa.array(["a"]))
    reasons = against(Index("month", least), lives, covered, np.zeros(1, np.int64), day)
    first = next((name for name, holds in reasons if holds[0]), None)
    young = "too_young" if completed(birth, on) < least else None
    assert first == ("not_born" if birth > on else young)
