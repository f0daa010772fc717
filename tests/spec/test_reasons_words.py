"""Reasons: what a person's own values and their contributions become in words.

Each case is a table of a person's features: the value, what it contributes, and the reasons below.
"""

from __future__ import annotations

import numpy as np
import pytest

from features.catalogue import load_catalogue
from features.matrix import Schema
from models.reasons import Reason, reasons_of
from tests.drawn import draw

pytestmark = pytest.mark.spec


def reasons(text: str, *, reveal: bool = False) -> tuple[Reason, ...]:
    drawn = {str(row["feature"]): row for row in draw(text)}
    catalogue = load_catalogue().select(list(drawn))
    schema = Schema.of(catalogue)
    rows = [drawn[name] for name in schema.names]
    values = [np.nan if row["value"] is None else float(str(row["value"])) for row in rows]
    pushes = [float(str(row["adds"])) for row in rows]
    found = reasons_of(catalogue, schema, np.array([pushes]), np.array([values]), reveal=reveal)
    return found[0]


def said(text: str, **how: bool) -> list[tuple[str, float, str]]:
    return [(r.domain, round(r.contribution, 6), r.text) for r in reasons(text, **how)]


def test_domains_stand_by_the_size_of_what_they_add():
    assert said("""
        feature                    value  adds
        admissions_365d            3      0.5
        age                        84     0.2
        emergency_visits_183d      0      -0.3
    """) == [
        ("use", 0.5, "3 earlier admissions in the last 12 months"),
        ("emergency", -0.3, "No earlier emergency department visits in the last 6 months"),
        ("age_sex", 0.2, "Age 84"),
    ]  # fmt: skip


def test_the_words_are_of_what_pushed_the_way_the_domain_went():
    """The bed-days pulled the other way: they are in the sum and not in the words."""
    assert said("""
        feature                    value  adds
        admissions_365d            3      0.5
        bed_days_365d              1      -0.3
    """) == [("use", 0.2, "3 earlier admissions in the last 12 months")]


def test_no_more_than_two_are_named_and_of_one_kind_only_the_stronger():
    """Not the admissions of two years, the same kind; nor the visits, the third."""
    assert said("""
        feature                    value  adds
        admissions_365d            3      0.5
        admissions_730d            4      0.4
        bed_days_365d              12     0.3
        visits_365d                20     0.2
    """) == [("use", 1.4, "3 earlier admissions in the last 12 months. "
              "12 earlier nights in hospital in the last 12 months")]  # fmt: skip


@pytest.mark.parametrize(("adds", "named"), [(0.125, True), (0.12, False)])
def test_the_second_is_named_if_it_is_worth_a_quarter_of_the_first(adds, named):
    [(_, _, text)] = said(f"""
        feature                    value  adds
        admissions_365d            3      0.5
        bed_days_365d              12     {adds}
    """)
    assert ("12 earlier nights" in text) is named


def test_two_lists_of_one_condition_name_it_once():
    assert said("""
        feature                    value  adds
        charlson_chf_730d          1      0.4
        elixhauser_chf_730d        1      0.3
        charlson_dementia_730d     1      0.2
    """) == [("conditions", 0.9, "Congestive heart failure recorded in the last 2 years. "
              "Dementia recorded in the last 2 years")]  # fmt: skip


def test_a_condition_is_told_once_whatever_code_set_or_window_says_it():
    assert said("""
        feature                    value  adds
        charlson_chf_730d          1      0.9
        gagne_chf_365d             1      0.8
        elixhauser_rf_730d         1      0.3
    """) == [("conditions", 2.0, "Congestive heart failure recorded in the last 2 years. "
              "Renal failure recorded in the last 2 years")]  # fmt: skip


def test_measured_values_are_a_reason_apart_from_conditions():
    assert said("""
        feature                    value  adds
        charlson_chf_730d          1      0.4
        sodium_last_365d           131    0.6
        weight_measured_365d       0      0.5
    """) == [
        ("measurements", 1.1,
         "Last sodium 131 mmol/L. Body weight not measured in the last 12 months"),
        ("conditions", 0.4, "Congestive heart failure recorded in the last 2 years"),
    ]  # fmt: skip


def test_a_count_of_groups_of_conditions_names_them_and_they_are_not_said_again():
    """A sensitive one stands last, where its place tells nothing of which it is."""
    assert said("""
        feature                    value  adds
        elixhauser_groups_730d     4      0.9
        elixhauser_rf_730d         1      0.5
        elixhauser_chf_730d        1      0
        elixhauser_cpd_730d        0      0
        elixhauser_aids_730d       1      0.4
        elixhauser_obes_730d       1      0
        charlson_dementia_730d     1      0.3
    """) == [
        ("conditions", 2.1, "4 groups of conditions recorded in the last 2 years: "
         "Congestive heart failure; Renal failure; Obesity; another recorded condition. "
         "Dementia recorded in the last 2 years")
    ]  # fmt: skip


def test_a_weaker_group_is_not_named_beside_its_stronger_one():
    assert said("""
        feature                    value  adds
        elixhauser_groups_730d     2      0.9
        elixhauser_diabc_730d      1      0
        elixhauser_diabunc_730d    1      0
        elixhauser_rf_730d         1      0
    """) == [
        ("conditions", 0.9, "2 groups of conditions recorded in the last 2 years: "
         "Diabetes, complicated; Renal failure")
    ]  # fmt: skip


def test_a_count_names_no_group_of_another_window_nor_when_there_is_none():
    assert said("""
        feature                    value  adds
        elixhauser_groups_365d     1      0.9
        elixhauser_rf_730d         1      0
    """) == [("conditions", 0.9, "1 group of conditions recorded in the last 12 months")]
    assert said("""
        feature                    value  adds
        elixhauser_groups_730d     0      -0.9
        elixhauser_rf_730d         0      0
    """) == [("conditions", -0.9, "No groups of conditions recorded in the last 2 years")]


def test_a_sensitive_condition_is_another_recorded_condition_and_its_sum_stays():
    sensitive = """
        feature                    value  adds
        charlson_aids_730d         1      0.4
        charlson_chf_730d          1      0.2
    """
    assert said(sensitive) == [
        ("conditions", 0.6, "Another recorded condition. "
         "Congestive heart failure recorded in the last 2 years")
    ]  # fmt: skip
    assert reasons(sensitive)[0].patient_text == (
        "Another condition in your records. "
        "Your records of the last 2 years mention: Congestive heart failure"
    )


def test_those_who_may_read_sensitive_conditions_read_them():
    [(domain, adds, text)] = said(
        """
        feature                    value  adds
        elixhauser_drug_730d       1      0.4
        """,
        reveal=True,
    )
    assert (domain, adds) == ("conditions", 0.4)
    assert text.startswith("Drug")


def test_two_sensitive_conditions_are_said_once():
    assert said("""
        feature                    value  adds
        elixhauser_drug_730d       1      0.4
        elixhauser_alcohol_730d    1      0.4
    """) == [("conditions", 0.8, "Another recorded condition")]


def test_the_absence_of_a_sensitive_condition_is_never_said():
    """It would tell of its presence wherever it is not said."""
    assert said("""
        feature                    value  adds
        charlson_aids_730d         0      -0.4
        charlson_chf_730d          0      -0.2
        elixhauser_drug_730d       -      -0.1
    """) == [("conditions", -0.7, "Congestive heart failure: not recorded in the last 2 years")]
    assert said("""
        feature                    value  adds
        charlson_aids_730d         0      -0.4
    """) == [("conditions", -0.4, "Conditions, taken together")]


def test_what_is_not_known_says_so_and_is_left_out_for_the_patient():
    [reason] = reasons("""
        feature                    value  adds
        haemoglobin_last_365d      -      0.4
        sodium_last_365d           131.5  0.3
    """)
    assert reason.text == (
        "Last haemoglobin of the last 12 months: not measured in 12 months. "
        "Last sodium 131.5 mmol/L"
    )
    assert reason.patient_text == "Your last sodium (blood salt) value was 131.5 mmol/L"


def test_a_patient_is_never_told_nothing():
    [reason] = reasons("""
        feature                    value  adds
        haemoglobin_last_365d      -      0.4
    """)
    assert reason.patient_text == "Other things in your records"


def test_care_can_change_what_is_named():
    found = {r.domain: r.modifiable for r in reasons("""
        feature                    value  adds
        primary_care_visits_365d   0      0.4
        age                        84     0.3
        medicines_90d              11     0.2
    """)}  # fmt: skip
    assert found == {"use": True, "age_sex": False, "medicines": True}


def test_what_lowers_the_risk_is_not_for_care_to_change():
    [reason] = reasons("""
        feature                    value  adds
        sodium_last_365d           141    -0.3
    """)
    assert not reason.modifiable


def test_what_adds_nothing_is_no_reason():
    assert said("""
        feature                    value  adds
        admissions_365d            3      0
        age                        84     0.1
    """) == [("age_sex", 0.1, "Age 84")]


def test_a_domain_whose_parts_cancel_is_kept_so_that_all_add_up():
    assert said("""
        feature                    value  adds
        admissions_365d            3      0.25
        bed_days_365d              0      -0.25
    """) == [("use", 0.0, "3 earlier admissions in the last 12 months")]
