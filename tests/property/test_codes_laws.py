"""Laws of writing codes: once is enough, and nothing that was told apart by its system is lost."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.codes.distinct import by_pair
from features.codes.systems import SYSTEMS, fits, normal, normal_pairs

pytestmark = pytest.mark.property

CODES = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.text("ABDEVX0123456789.-† *", max_size=9),
    st.from_regex(r"[A-Za-z][0-9]{2}\.?[0-9X]{0,2}[ -]?[DA*†]?", fullmatch=True),
    st.from_regex(r"[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}", fullmatch=True),
)
NAMES = st.sampled_from([*SYSTEMS, "OTHER"])
PAIRS = st.lists(st.tuples(NAMES, CODES), max_size=12)


@given(PAIRS)
@settings(max_examples=200)
def test_writing_a_code_again_changes_nothing(pairs: list[tuple[str, str | None]]) -> None:
    systems = pa.array([system for system, _ in pairs], pa.string())
    once = normal_pairs(systems, pa.array([code for _, code in pairs], pa.string()))
    assert normal_pairs(systems, once).equals(once)


@given(PAIRS)
@settings(max_examples=100)
def test_a_column_is_its_codes_one_by_one(pairs: list[tuple[str, str | None]]) -> None:
    systems = pa.array([system for system, _ in pairs], pa.string())
    found = normal_pairs(systems, pa.array([code for _, code in pairs], pa.string())).to_pylist()
    alone = [normal(system, pa.array([code], pa.string()))[0].as_py() for system, code in pairs]
    assert found == alone


@given(NAMES, CODES)
@settings(max_examples=300)
def test_only_what_then_fits_is_rewritten(system: str, code: str | None) -> None:
    given = pa.array([code], pa.string())
    found = normal(system, given)
    kept = normal("OTHER", given)
    assert found.equals(kept) or fits(system, found).all()


@given(PAIRS)
@settings(max_examples=100)
def test_an_answer_is_looked_up_for_each_row(pairs: list[tuple[str, str | None]]) -> None:
    """The codes themselves as the answer, with nulls on either side."""
    systems = [None if code == "" else system for system, code in pairs]
    codes = [code for _, code in pairs]

    def answer(system: str, found: pa.Array) -> pa.Array:
        return pa.array([f"{system}/{code}" for code in found.to_pylist()], pa.string())

    looked_up = by_pair(pa.array(systems, pa.string()), pa.array(codes, pa.string()), answer)
    assert looked_up.to_pylist() == [
        None if system is None or code is None else f"{system}/{code}"
        for system, code in zip(systems, codes, strict=True)
    ]
