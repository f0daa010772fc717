"""Known answers of the arithmetic of places, acceptance and overfilling."""

from __future__ import annotations

import math

import pytest

from models.allocation import (
    Candidate,
    Caseload,
    allocate,
    apportion,
    bounded_offers,
    overfill_chance,
)

pytestmark = pytest.mark.unit


def nurse(name: str, *practices: str, places: int = 55, held: int = 0, **more: object) -> Caseload:
    return Caseload(name, frozenset(practices), places=places, held=held, **more)  # type: ignore[arg-type]


def people(practice: str, count: int) -> list[Candidate]:
    return [Candidate(practice)] * count


def expected(places: int, acceptance: float) -> int:
    one = [nurse("n", "p", places=places, acceptance=acceptance)]
    return allocate(people("p", 999), one, mode="expected").invited


def test_55_places_at_guided_care_acceptance_need_146_invitations() -> None:
    assert expected(55, 0.378) == 146


def test_an_exact_quotient_is_not_rounded_up_by_floating_point() -> None:
    assert expected(3, 0.1) == 30
    assert expected(21, 0.3) == 70


@pytest.mark.parametrize(("free", "offers"), [(0, 0), (1, 1), (5, 9), (20, 43), (55, 128)])
def test_bounded_offers_are_the_most_that_keep_the_chance_under_ten_percent(
    free: int, offers: int
) -> None:
    assert bounded_offers(free, 0.378) == offers
    assert overfill_chance(offers, free, 0.378) <= 0.10
    if free:
        assert overfill_chance(offers + 1, free, 0.378) > 0.10


def test_overfill_chance_is_the_binomial_tail() -> None:
    tail = sum(math.comb(9, k) * 0.378**k * 0.622 ** (9 - k) for k in range(6, 10))
    assert overfill_chance(9, 5, 0.378) == pytest.approx(tail, abs=1e-12)


def test_with_certain_acceptance_as_many_are_invited_as_there_are_places() -> None:
    assert bounded_offers(55, 1.0) == 55
    assert expected(55, 1.0) == 55


def test_apportioning_gives_the_largest_remainders_the_rest() -> None:
    assert apportion(53, [5, 5, 5, 5]) == [14, 13, 13, 13]
    assert apportion(10, [1, 2, 3]) == [2, 3, 5]
    assert apportion(7, [0, 0]) == [0, 0]


@pytest.mark.parametrize("free", [(5, 5, 5, 5), (20, 0, 0, 0), (11, 7, 1, 1)])
def test_twenty_places_need_53_invitations_however_they_are_split(free: tuple[int, ...]) -> None:
    nurses = [nurse(f"n{i}", "*", held=55 - places) for i, places in enumerate(free)]
    plan = allocate(people("p", 200), nurses, mode="expected")
    assert plan.invited == 53


def test_offers_go_in_order_to_the_nurse_of_the_practice() -> None:
    nurses = [nurse("a", "north", held=54), nurse("b", "south", held=54)]
    order = [Candidate(p) for p in ("south", "south", "north", "east", "north")]
    assert allocate(order, nurses).nurse == ("b", None, "a", None, None)


def test_open_offers_count_and_a_full_nurse_invites_nobody() -> None:
    nurses = [nurse("a", "p", held=50, open=6), nurse("b", "q", held=60)]
    plan = allocate(people("p", 20) + people("q", 20), nurses)
    assert dict(plan.invites) == {"a": 3, "b": 0}
    assert plan.overfill == pytest.approx(overfill_chance(9, 5, 0.378))


def test_a_nurse_who_speaks_the_language_goes_first() -> None:
    nurses = [nurse("a", "*"), nurse("b", "*", held=50, languages=frozenset({"es"}))]
    assert allocate([Candidate("p", language="es")], nurses).nurse == ("b",)
    assert allocate([Candidate("p", language="en")], nurses).nurse == ("a",)


def test_localities_limit_a_nurse() -> None:
    nurses = [nurse("a", "*", localities=frozenset({"coast"}))]
    assert allocate([Candidate("p", "hill"), Candidate("p", "coast")], nurses).nurse == (None, "a")


def test_nobody_to_invite_has_no_chance_of_overfilling() -> None:
    plan = allocate([], [nurse("a", "p")])
    assert (plan.invited, plan.overfill) == (0, 0.0)
