"""Laws of allocation that hold for any nurses and any people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.allocation import MODES, Candidate, Caseload, allocate, bounded_offers, overfill_chance

pytestmark = pytest.mark.property

PRACTICES = ("p", "q", "r")
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.sampled_from((*PRACTICES, "")),
        st.sampled_from(("", "coast")),
        st.sampled_from(("", "es")),
    ),
    max_size=60,
)
CASELOADS = st.lists(
    st.builds(
        Caseload,
        nurse_id=st.integers(0, 99).map(str),
        practices=st.sets(st.sampled_from((*PRACTICES, "*")), min_size=1).map(frozenset),
        places=st.integers(0, 12),
        held=st.integers(0, 14),
        open=st.integers(0, 5),
        localities=st.sampled_from((frozenset(), frozenset({"coast"}))),
        languages=st.sampled_from((frozenset(), frozenset({"es"}))),
        acceptance=st.sampled_from((0.2, 0.378, 1.0)),
    ),
    max_size=4,
    unique_by=lambda caseload: caseload.nurse_id,
)


@given(CANDIDATES, CASELOADS, st.sampled_from(sorted(MODES)))
def test_everyone_invited_is_served_and_nobody_overtaken_by_someone_alike(
    candidates: list[Candidate], caseloads: list[Caseload], mode: str
) -> None:
    plan = allocate(candidates, caseloads, mode=mode)
    by_name = {c.nurse_id: c for c in caseloads}
    waiting = set()
    for candidate, nurse in zip(candidates, plan.nurse, strict=True):
        if nurse is None:
            waiting.add(candidate)
            continue
        assert by_name[nurse].serves(candidate.practice, candidate.locality)
        assert candidate not in waiting, "someone alike and earlier was passed over"


@given(CANDIDATES, CASELOADS)
def test_new_offers_never_carry_a_nurse_beyond_the_bound(
    candidates: list[Candidate], caseloads: list[Caseload]
) -> None:
    plan = allocate(candidates, caseloads)
    for c in caseloads:
        if plan.invites[c.nurse_id]:
            assert overfill_chance(c.open + plan.invites[c.nurse_id], c.free, c.acceptance) <= 0.10


@given(CANDIDATES, CASELOADS, st.randoms(use_true_random=False))
def test_the_order_of_nurses_changes_nothing(
    candidates: list[Candidate], caseloads: list[Caseload], random: object
) -> None:
    shuffled = list(caseloads)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(candidates, caseloads) == allocate(candidates, shuffled)


@given(st.integers(0, 80), st.floats(0.05, 1.0))
def test_one_more_place_never_means_fewer_offers(free: int, acceptance: float) -> None:
    assert bounded_offers(free, acceptance) <= bounded_offers(free + 1, acceptance)
