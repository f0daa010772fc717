"""Who saw the person, and where: continuity and fragmentation. The index is 2020-07-01."""

from __future__ import annotations

import pytest

from features.tables.contract import Tables
from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec


def seen_by(names: str) -> Tables:
    """A visit a day to each of these clinicians in turn; a dot is nobody that is named."""
    rows = [
        f"2020-06-{day:02} {'-' if name == '.' else name}"
        for day, name in enumerate(names, start=1)
    ]
    return people(visit="\n".join(("at provider_id", *rows)))


@pytest.mark.parametrize(
    ("names", "bice_boxerman", "same", "usual", "switches"),
    [
        # Bice and Boxerman (Med Care 1977;15:347-349): all with one 1, each with another 0.
        ("aaaa", 1.0, 1.0, 1.0, 0.0),
        ("abcd", 0.0, 0.0, 0.25, 3.0),
        # by hand: n = 4, 2, 1 and N = 7: (16 + 4 + 1 - 7) / (7 x 6) = 14 / 42
        ("aabacab", 14 / 42, 1 / 6, 4 / 7, 5.0),
        # the same visits in another order: only what looks at neighbours differs
        ("aaaabbc", 14 / 42, 4 / 6, 4 / 7, 2.0),
        # n = 3, 2 and N = 5: (9 + 4 - 5) / (5 x 4); the visits to nobody named are passed over
        ("a.b.aa..b", 8 / 20, 1 / 4, 3 / 5, 3.0),
        ("ab", 0.0, 0.0, 0.5, 1.0),
        ("a", None, None, 1.0, 0.0),  # fewer than two
        ("a.", None, None, 1.0, 0.0),
        ("..", None, None, None, None),  # nobody is named
        ("", None, None, None, 0.0),  # no visit, observed
    ],
)
def test_continuity(
    names: str, bice_boxerman: object, same: object, usual: object, switches: object
) -> None:
    tables = seen_by(names)
    measures = ("bice_boxerman", "same_share", "top_share", "switches")
    visit = {"table": "visit", "column": "provider_id", "windows": [365]}
    found = [ask(tables, measure=measure, **visit) for measure in measures]
    assert found == [bice_boxerman, same, usual, switches]


def test_only_visits_of_the_window_and_the_filter_count() -> None:
    tables = people(
        visit="""
        at          provider_id  setting
        2020-01-01  x            primary_care
        2020-05-01  y            primary_care
        2020-05-02  z            outpatient
        2020-06-20  y            primary_care
        """
    )
    entry = {"table": "visit", "column": "provider_id", "measure": "switches"}
    assert ask(tables, windows=[365], **entry) == 3.0
    assert ask(tables, windows=[90], **entry) == 2.0
    primary = {"setting": ["primary_care"]}
    assert ask(tables, windows=[90], where=primary, **entry) == 0.0
    assert ask(tables, windows=[[365, 90]], where=primary, **entry) == 0.0


def test_switches_where_nothing_was_observed_are_unknown() -> None:
    tables = people(coverage="from until\n 2019-01-01 2019-02-01")
    entry = {"table": "visit", "column": "provider_id", "measure": "switches", "windows": [365]}
    assert ask(tables, **entry) is None


STAYS = """
    stay  setting           facility  admitted    discharged
    a     acute             A         2020-01-01  2020-01-05
    b     nursing_facility  N         2020-01-05  2020-02-05
    c     acute             A         2020-03-01  2020-03-05
    d     acute             -         2020-04-01  2020-04-05
    e     acute             B         2020-06-20  2020-07-01
"""


def test_moves_between_facilities() -> None:
    tables = people(stay=STAYS)
    moves = {"table": "stay", "column": "facility_id", "windows": [365]}
    assert ask(tables, measure="switches", **moves) == 3.0, "A, N, A, B: one place is not known"
    assert ask(tables, measure="distinct", **moves) == 3.0
    assert ask(tables, stay="e", measure="switches", **moves) == 2.0, "the index spell is apart"
    assert ask(tables, stay="e", measure="distinct", **moves) == 2.0
    acute = {"where": {"setting": ["acute"]}}
    assert ask(tables, stay="e", measure="switches", **moves, **acute) == 0.0
    unnamed = people(stay="facility admitted discharged\n - 2020-04-01 2020-04-05")
    assert ask(unnamed, measure="switches", **moves) is None
    assert ask(unnamed, measure="distinct", **moves) is None
    assert ask(people(), measure="switches", **moves) == 0.0
