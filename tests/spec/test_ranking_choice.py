"""Who is on a list, in which order, with which flags: a drawn population in, a list out."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from serving.choice import Choice, choose
from serving.rules import Rules
from serving.screen import Screened
from tests.drawn import draw

pytestmark = pytest.mark.spec

AS_OF = datetime.fromisoformat("2025-01-01")
PEOPLE = pa.schema(
    [
        ("person_id", pa.string()),
        ("age", pa.float64()),
        ("language", pa.string()),
        ("practice_id", pa.string()),
        ("locality", pa.string()),
        ("risk", pa.float64()),
        ("died", pa.bool_()),
    ]
)
EVENTS = pa.schema(
    [
        ("person_id", pa.string()),
        ("nurse_id", pa.string()),
        ("state", pa.string()),
        ("at", pa.timestamp("us")),
        ("practice_id", pa.string()),
    ]
)


def screened(people: str, events: str = "") -> Screened:
    rows = [
        {"practice_id": "north"} | row | {"died": row.get("died") == "yes"} for row in draw(people)
    ]
    happened = [row | {"at": datetime.fromisoformat(str(row["at"]))} for row in draw(events)]
    return Screened(
        pa.Table.from_pylist(rows, PEOPLE), pa.Table.from_pylist(happened, EVENTS), frozenset()
    )


def listed(choice: Choice) -> list[str]:
    """Each row as `person rank flags`."""
    return [
        " ".join([person, str(place + 1) if place < choice.ranked else "review", *flags])
        for place, (person, flags) in enumerate(
            zip(choice.people.column("person_id").to_pylist(), choice.flags, strict=True)
        )
    ]


def test_people_of_age_in_the_top_quarter_are_ranked_by_risk() -> None:
    choice = choose(
        screened(
            """
            person  age  risk
            a       70   0.30
            b       64   0.99
            c       65   0.80
            d       90   0.90
            e       70   0.10
            f       70   0.20
            g       70   0.15
            h       70   0.10
            i       70   0.05
            """
        ),
        Rules(),
        AS_OF,
    )
    assert listed(choice) == ["d 1", "c 2"]
    assert (choice.cut.value, choice.cut.count, choice.eligible) == (0.80, 8, 2)


def test_equal_risks_stand_in_order_of_person_and_share_the_cut() -> None:
    choice = choose(
        screened(
            """
            person  age  risk
            z       70   0.5
            b       70   0.5
            a       70   0.5
            c       70   0.1
            """
        ),
        Rules(),
        AS_OF,
    )
    assert listed(choice) == ["a 1", "b 2", "z 3"]


def test_who_has_died_since_is_not_listed_and_nobody_moves_over_the_cut() -> None:
    choice = choose(
        screened(
            """
            person  age  risk  died
            a       70   0.9   yes
            b       70   0.8   no
            c       70   0.7   no
            d       70   0.6   no
            e       70   0.5   no
            f       70   0.4   no
            g       70   0.3   no
            h       70   -     yes
            """
        ),
        Rules(),
        AS_OF,
    )
    assert listed(choice) == ["b 1"]
    assert (choice.cut.value, choice.cut.count, choice.eligible) == (0.8, 7, 1)


def test_who_holds_a_place_is_not_listed_and_who_left_is() -> None:
    choice = choose(
        screened(
            """
            person  age  risk
            a       70   0.9
            b       70   0.8
            c       70   -
            """,
            """
            person  state  at
            a       held   2020-01-01
            b       left   2024-12-01
            c       held   2024-12-01
            """,
        ),
        Rules(top_share=1.0),
        AS_OF,
    )
    assert listed(choice) == ["b 1"]
    assert choice.eligible == 2, "someone who holds a place is eligible all the same"


def test_an_open_offer_and_a_late_refusal_are_flagged_and_not_invited() -> None:
    choice = choose(
        screened(
            """
            person  age  risk
            a       70   0.9
            b       70   0.8
            c       70   0.7
            d       70   0.6
            e       70   0.5
            """,
            """
            person  state     at
            a       offered   2024-11-03
            b       offered   2024-11-02
            c       declined  2024-07-06
            d       declined  2024-07-05
            """,
        ),
        Rules(top_share=1.0, offer_days=60, declined_days=180),
        AS_OF,
    )
    assert listed(choice) == ["a 1 offer_open", "b 2", "c 3 declined", "d 4", "e 5"]
    assert choice.may_invite == [1, 3, 4]


def test_people_without_a_score_or_an_age_come_last_for_review() -> None:
    choice = choose(
        screened(
            """
            person  age  risk  practice_id
            a       70   0.9   -
            b       70   -     -
            c       -    0.95  north
            d       -    0.2   north
            e       -    -     north
            f       40   -     north
            g       70   0.4   north
            h       70   0.3   north
            """
        ),
        Rules(top_share=0.5),
        AS_OF,
    )
    assert listed(choice) == [
        "a 1 no_practice",
        "g 2",
        "c review age_unknown",
        "b review insufficient no_practice",
        "e review insufficient age_unknown",
    ]
    assert (choice.cut.value, choice.cut.count) == (0.4, 3)


def test_without_anyone_of_age_only_the_unscored_are_listed() -> None:
    choice = choose(
        screened(
            """
            person  age  risk
            a       40   0.9
            b       -    0.9
            c       -    -
            """
        ),
        Rules(),
        AS_OF,
    )
    assert listed(choice) == ["c review insufficient age_unknown"]
    assert (choice.cut.value, choice.cut.count, choice.eligible) == (None, 0, 0)
