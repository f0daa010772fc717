"""Each measure of the catalogue: small tables in, the value out, and what its null means.

The index is 2020-07-01, a month, unless a stay is being left.
"""

from __future__ import annotations

import pytest

from tests.drawn import people
from tests.measured import feature

pytestmark = pytest.mark.spec

UNSEEN = "person from until\n p1 1990-01-01 1990-02-01"


def stays(*lines: str) -> str:
    return "\n".join(("stay facility admitted discharged to method", *lines))


ADMISSIONS = stays(
    "a A 2019-07-01 2019-07-03 home emergency",  # begun a day before the window
    "b B 2019-07-05 2019-07-07 home emergency",
    "c A 2020-01-01 2020-01-11 home elective",
    "d A 2020-06-30 2020-07-01 nursing_facility emergency",
    "e A 2020-07-01 2020-07-02 home emergency",  # the index day
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("admissions_365d", 3.0),
        ("unplanned_admissions_365d", 2.0),
        ("unplanned_admissions_30d", 1.0),
        ("planned_admissions_365d", 1.0),
        ("bed_days_365d", 1.0 + 2.0 + 10.0 + 1.0),
        ("bed_days_90d", 1.0),
        ("days_since_discharge", 172.0),
        ("last_discharged_to", "home"),
    ],
)
def test_admissions(name: str, expected: object) -> None:
    assert feature(name, people(stay=ADMISSIONS)) == expected


COUNTS = (
    "admissions_365d", "unplanned_admissions_365d", "bed_days_365d", "emergency_visits_183d",
    "nursing_facility_days_365d", "home_health_stays_365d", "primary_care_visits_365d",
    "visits_365d", "providers_365d", "cost_365d", "charlson_chf_730d", "charlson_index_730d",
    "elixhauser_groups_365d", "van_walraven_730d", "lace_comorbidity_730d", "medicines_365d",
    "medicine_anticoagulant_180d", "social_needs_730d",
)  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_nothing_seen_is_zero_where_use_was_observed_and_unknown_elsewhere(name: str) -> None:
    assert feature(name, people()) == 0.0
    assert feature(name, people(coverage=UNSEEN)) is None


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("all", {"admission", "stay", "cost", "nursing", "visit", "medicines"}),
        ("medical", {"admission", "stay", "cost", "nursing", "visit"}),
        ("ambulatory", {"admission", "stay", "cost", "visit"}),  # no nursing facilities
        ("hospital", {"admission", "stay", "cost", "nursing"}),
        ("inpatient", {"admission"}),  # emergency visits are none of them
        ("pharmacy", {"medicines"}),
    ],
)
def test_each_kind_of_coverage_sees_its_own_use(kind: str, seen: set[str]) -> None:
    tables = people(coverage=f"person kind\n p1 {kind}")
    names = {
        "admission": "admissions_365d", "stay": "emergency_visits_365d", "cost": "cost_365d",
        "visit": "visits_365d", "medicines": "medicines_365d",
        "nursing": "nursing_facility_days_365d",
    }  # fmt: skip
    found = {what for what, name in names.items() if feature(name, tables) == 0.0}
    assert found == seen


@pytest.mark.parametrize(
    "name",
    ["days_since_discharge", "last_discharged_to", "days_since_visit", "usual_provider_share_365d",
     "haemoglobin_last_365d", "codes_readable_share_730d", "carer", "residence"],
)  # fmt: skip
def test_none_seen_is_null_for_a_last_one_or_a_share(name: str) -> None:
    assert feature(name, people()) is None


def test_a_choice_by_urgency_is_unknown_beside_an_undecided_admission() -> None:
    tables = people(
        stay=stays(
            "a A 2020-01-01 2020-01-05 home emergency", "b A 2020-03-01 2020-03-05 home unknown"
        )
    )
    assert feature("unplanned_admissions_365d", tables) is None
    assert feature("unplanned_admissions_90d", tables) == 0.0
    assert feature("admissions_365d", tables) == 2.0


def test_the_index_spell_is_described_and_counted_nowhere_else() -> None:
    tables = people(
        stay=stays(
            "a A 2020-05-01 2020-05-03 home emergency",
            "b B 2020-06-20 2020-06-22 acute emergency",
            "c A 2020-06-22 2020-07-01 home_health transfer",
        )
    )
    found = {
        name: feature(name, tables, stay="c")
        for name in ("index_nights", "index_unplanned", "index_stays", "index_discharged_to",
                     "admissions_365d", "bed_days_365d", "days_since_discharge", "moment")
    }  # fmt: skip
    assert found == {
        "index_nights": 11.0, "index_unplanned": 1.0, "index_stays": 2.0,
        "index_discharged_to": "home_health", "admissions_365d": 1.0, "bed_days_365d": 2.0,
        "days_since_discharge": 59.0, "moment": "discharge",
    }  # fmt: skip


def test_a_stay_of_the_index_day_parts_the_index_spell_though_it_is_not_in_view() -> None:
    """B is joined to A by its dates; C, at B's hospital for no known same condition, is a spell of
    its own. Without B between them, C's dates would join it to A."""
    tables = people(
        stay=stays(
            "a A 2020-06-28T08:00 2020-06-30T18:00 home elective",
            "b B 2020-07-01T02:00 2020-07-01T06:00 home emergency",
            "c B 2020-07-01T09:00 2020-07-01T15:00 home emergency",
        )
    )
    names = ("index_nights", "index_unplanned", "index_stays", "admissions_365d", "bed_days_365d")
    found = {name: feature(name, tables, at="2020-07-01T15:00", stay="c") for name in names}
    assert found == {
        "index_nights": 0.0, "index_unplanned": 1.0, "index_stays": 1.0,
        "admissions_365d": 1.0, "bed_days_365d": 2.0,
    }  # fmt: skip


def test_a_stay_that_was_not_left_gives_no_facts_of_an_index() -> None:
    names = ("index_nights", "index_unplanned", "index_stays", "index_discharged_to")
    assert [feature(name, people()) for name in names] == [None] * 4


def test_stays_joined_by_evidence_are_another_history() -> None:
    tables = people(
        stay=stays(
            "a A 2020-05-01 2020-05-03 home emergency", "b B 2020-05-03 2020-05-05 home emergency"
        )
    )
    assert feature("admissions_365d", tables) == 1.0
    assert feature("admissions_365d", tables, rule="evidence") == 2.0


def test_the_way_into_the_index_stay_is_no_earlier_emergency_visit() -> None:
    tables = people(
        stay="""
        stay  setting    admitted          discharged        method
        w     emergency  2020-06-20T10:00  2020-06-20T16:00  emergency
        x     emergency  2020-05-01T10:00  2020-05-01T16:00  emergency
        i     acute      2020-06-20T16:00  2020-07-01        emergency
        """
    )
    assert feature("emergency_visits_183d", tables, stay="i") == 1.0
    assert feature("emergency_visits_183d", tables) == 2.0


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ("2019-12-20", 0.0),  # 184 days before the admission
        ("2019-12-21", 1.0),  # 183 days before it, 194 before the discharge
        ("2020-06-19", 1.0),
        ("2020-06-22", 0.0),  # while in hospital
    ],
)
def test_visits_before_the_admission_are_counted_from_it(visit: str, expected: float) -> None:
    tables = people(
        stay=f"""
        stay  setting    admitted          discharged        method
        x     emergency  {visit}T10:00     {visit}T11:00     emergency
        i     acute      2020-06-21T16:00  2020-07-01        emergency
        """
    )
    name = "emergency_visits_before_admission_183d"
    assert feature(name, tables, stay="i") == expected
    assert feature(name, tables) is None, "no stay is being left"


def test_no_visit_before_the_admission_is_unknown_where_that_time_was_not_seen() -> None:
    tables = people(
        stay="stay admitted discharged\n i 2020-06-21 2020-07-01",
        coverage="from\n 2020-06-21",
    )
    assert feature("emergency_visits_before_admission_183d", tables, stay="i") is None
    assert feature("emergency_visits_183d", tables, stay="i") == 0.0


def test_days_in_a_nursing_facility_that_is_not_left_reach_to_the_index() -> None:
    tables = people(
        stay="stay setting facility admitted discharged\n n nursing_facility N 2020-06-21 -"
    )
    assert feature("nursing_facility_days_90d", tables) == 10.0
    assert feature("days_since_nursing_facility", tables) is None


VISITS = """
    at                setting       provider_id  cost
    2019-01-01        primary_care  x            10
    2020-01-01        primary_care  x            0.1
    2020-02-01        outpatient    y            0.2
    2020-06-30T23:00  primary_care  x            -
    2020-06-30        telehealth    -            0.3
    2020-07-01        primary_care  z            7
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("primary_care_visits_365d", 2.0),
        ("outpatient_visits_365d", 1.0),
        ("visits_365d", 4.0),
        ("visits_30d", 2.0),
        ("days_since_visit", 1.0),
        ("providers_365d", 2.0),
        ("usual_provider_share_365d", 2 / 3),
        ("cost_365d", 0.3 + 0.2 + 0.1),
    ],
)
def test_visits(name: str, expected: float) -> None:
    assert feature(name, people(visit=VISITS)) == expected


def test_visits_that_name_nobody_leave_clinicians_unknown() -> None:
    tables = people(visit="at provider_id\n 2020-06-01 -")
    assert feature("providers_365d", tables) is None
    assert feature("usual_provider_share_365d", tables) is None
    assert feature("visits_365d", tables) == 1.0


def test_costs_are_of_stays_visits_and_medicines_and_only_the_known_ones() -> None:
    stay = "admitted discharged cost coded_known\n 2020-06-01 2020-06-05 100 {}"
    visit = "at cost\n 2020-06-10 20"
    known = people(stay=stay.format("2020-06-30"), visit=visit)
    assert feature("cost_90d", known) == 120.0
    later = people(stay=stay.format("2020-07-02"), visit=visit)
    assert feature("cost_90d", later) == 20.0
    assert feature("cost_90d", later, mode="claims") == 120.0
    assert feature("cost_90d", people(stay=stay.format("2020-07-02"))) is None


CODES = """
    at          system     code   known
    2020-01-01  ICD-10-CM  I500   2020-01-01
    2020-02-01  ICD-10-CM  E119   2020-02-01
    2020-03-01  ICD-10-CM  E112   2020-03-01
    2020-04-01  ICD-10-CM  J449   2020-07-02
    2020-07-01  ICD-10-CM  B20    2020-07-01
    2018-06-01  ICD-10-CM  C349   2018-06-01
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("charlson_chf_730d", 1.0),
        ("charlson_cpd_730d", 0.0),  # told a day too late
        ("charlson_aids_730d", 0.0),  # of the index day
        ("charlson_canc_730d", 0.0),  # of before the window
        ("charlson_index_730d", 1.0 + 2.0),  # heart failure; diabetes with complications alone
        ("elixhauser_groups_730d", 2.0),  # diabetes with complications stands for both, as in need
        ("codes_readable_share_730d", 1.0),
    ],
)
def test_conditions(name: str, expected: float) -> None:
    assert feature(name, people(diagnosis=CODES)) == expected


def test_too_few_readable_codes_leave_all_but_a_yes_unknown() -> None:
    tables = people(
        diagnosis="""
        at          system     code
        2020-01-01  ICD-10-CM  I500
        2020-02-01  SNOMED     84114007
        2020-03-01  SNOMED     38341003
        """
    )
    assert feature("charlson_chf_730d", tables) == 1.0
    assert feature("charlson_cpd_730d", tables) is None
    assert feature("charlson_index_730d", tables) is None
    assert feature("elixhauser_groups_730d", tables) is None
    assert feature("codes_readable_share_730d", tables) == 1 / 3


CODED_STAY = {
    "stay": "stay admitted discharged coded_known\n i 2020-06-20 2020-07-01 {}",
    "diagnosis": "stay at code known\n i 2020-06-20 I500 {}",
}


@pytest.mark.parametrize(
    ("known", "mode", "expected"),
    [
        ("2020-07-01", "adt", 1.0),  # of the index stay, and known at its discharge
        ("2020-07-20", "adt", 0.0),  # coded weeks later
        ("2020-07-20", "claims", 1.0),  # retrospective
        ("2020-06-25", "adt", 1.0),
    ],
)
def test_codes_of_the_index_stay(known: str, mode: str, expected: float) -> None:
    tables = people(**{name: text.format(known) for name, text in CODED_STAY.items()})
    assert feature("charlson_chf_730d", tables, stay="i", mode=mode) == expected


def test_codes_of_an_open_stay_are_not_known_whatever_they_say() -> None:
    tables = people(
        stay="stay admitted discharged discharged_known\n i 2020-06-20 2020-06-25 2020-07-03",
        diagnosis="stay at code known\n i 2020-06-20 I500 2020-06-21",
    )
    for mode in ("adt", "claims"):
        assert feature("charlson_chf_730d", tables, mode=mode) == 0.0
    assert feature("bed_days_90d", tables) == 11.0  # still there, as far as anybody knows
