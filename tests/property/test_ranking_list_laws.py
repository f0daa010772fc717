"""Laws of a list that hold for any people, whatever is known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.choice import choose
from serving.rules import Rules
from serving.screen import Screened

pytestmark = pytest.mark.property

AS_OF = datetime.fromisoformat("2025-01-01")
TIMES = [datetime.fromisoformat(day) for day in ("2020-01-01", "2024-09-01", "2024-12-20")]
PEOPLE = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from((64.0, 65.0, 66.0, 90.0))),
        st.one_of(st.none(), st.sampled_from((0.1, 0.2, 0.3)), st.floats(0, 1)),
        st.booleans(),
        st.sampled_from((None, "north", "south")),
    ),
    min_size=1,
    max_size=40,
)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 39), st.sampled_from(("offered", "declined", "held", "left")),
        st.sampled_from(TIMES),
    ),
    max_size=12,
)  # fmt: skip
RULES = st.builds(
    Rules, top_share=st.sampled_from((0.25, 0.5, 1.0)), least_age=st.sampled_from((0, 65))
)


@st.composite
def populations(draw: st.DrawFn) -> Screened:
    people = draw(PEOPLE)
    age, risk, died, practice = (list(column) for column in zip(*people, strict=True))
    events = [event for event in draw(EVENTS) if event[0] < len(people)]
    return Screened(
        pa.table(
            {
                "person_id": pa.array([f"p{i:02}" for i in range(len(people))]),
                "age": pa.array(age, pa.float64()),
                "language": pa.nulls(len(people), pa.string()),
                "practice_id": pa.array(practice, pa.string()),
                "locality": pa.nulls(len(people), pa.string()),
                "risk": pa.array(risk, pa.float64()),
                "died": pa.array(died),
            }
        ),
        pa.table(
            {
                "person_id": pa.array([f"p{i:02}" for i, _, _ in events], pa.string()),
                "nurse_id": pa.nulls(len(events), pa.string()),
                "state": pa.array([state for _, state, _ in events], pa.string()),
                "at": pa.array([at for _, _, at in events], pa.timestamp("us")),
                "practice_id": pa.nulls(len(events), pa.string()),
            }
        ),
        frozenset(),
    )


def ids(screened: Screened, rules: Rules) -> list[str]:
    found: list[str] = choose(screened, rules, AS_OF).people.column("person_id").to_pylist()
    return found


@given(populations(), RULES)
def test_nobody_dead_or_placed_is_listed_and_nobody_twice(people: Screened, rules: Rules) -> None:
    listed = ids(people, rules)
    rows = {row["person_id"]: row for row in people.people.to_pylist()}
    held = {row["person_id"] for row in people.events.to_pylist() if row["state"] == "held"}
    assert len(set(listed)) == len(listed)
    assert not any(rows[person]["died"] for person in listed)
    assert not held & set(listed)


@given(populations(), RULES)
def test_ranked_people_are_of_age_at_or_above_the_cut_and_in_order(
    people: Screened, rules: Rules
) -> None:
    choice = choose(people, rules, AS_OF)
    ranked = choice.people.slice(0, choice.ranked).to_pylist()
    keys = [(-row["risk"], row["person_id"]) for row in ranked]
    assert keys == sorted(keys)
    for row in ranked:
        assert row["age"] >= rules.least_age
        assert row["risk"] >= choice.cut.value


@given(populations(), RULES)
def test_someone_who_may_be_eligible_is_never_left_out_for_lack_of_data(
    people: Screened, rules: Rules
) -> None:
    choice = choose(people, rules, AS_OF)
    review = set(choice.people.slice(choice.ranked).column("person_id").to_pylist())
    held = {row["person_id"] for row in people.events.to_pylist() if row["state"] == "held"}
    for row in people.people.to_pylist():
        young = row["age"] is not None and row["age"] < rules.least_age
        if row["risk"] is None and not (young or row["died"] or row["person_id"] in held):
            assert row["person_id"] in review


@given(populations(), RULES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(people: Screened, rules: Rules, random: object) -> None:
    order = list(range(people.people.num_rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = replace(people, people=people.people.take(pa.array(order)))
    assert choose(shuffled, rules, AS_OF).flags == choose(people, rules, AS_OF).flags
    assert ids(shuffled, rules) == ids(people, rules)


@given(populations(), RULES, st.integers(0, 39))
def test_a_death_that_arrives_takes_away_one_person_and_moves_nobody_else(
    people: Screened, rules: Rules, who: int
) -> None:
    who %= people.people.num_rows
    died = np.asarray(people.people.column("died").to_numpy(zero_copy_only=False)).copy()
    died[who] = True
    place = people.people.column_names.index("died")
    after = replace(people, people=people.people.set_column(place, "died", pa.array(died)))
    gone = people.people.column("person_id")[who].as_py()
    assert ids(after, rules) == [person for person in ids(people, rules) if person != gone]


@given(populations(), st.sampled_from((0.25, 0.5)))
def test_a_larger_share_keeps_everyone_who_was_eligible(people: Screened, share: float) -> None:
    fewer = choose(people, Rules(top_share=share), AS_OF)
    more = choose(people, Rules(top_share=2 * share), AS_OF)
    kept = fewer.people.slice(0, fewer.ranked).column("person_id")
    among = more.people.slice(0, more.ranked).column("person_id")
    assert pc.all(pc.is_in(kept, value_set=among.combine_chunks())).as_py() is not False
