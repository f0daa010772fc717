"""Entries of laboratory values, vital signs and assessments: codes, units and limits agree."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.catalogue import Feature, load_catalogue
from features.codes.systems import fits

pytestmark = pytest.mark.unit

VALUES = [f for f in load_catalogue() if f.table == "measurement" and dict(f.where)]
CODED = [f for f in VALUES if dict(f.where)["code_system"] == ("LOINC",) and f.anchor == "index"]
"""But those of the index spell, which are inputs of published scores, with the codes these name."""
LAST = {f.family.removesuffix("_last"): f for f in CODED if f.family.endswith("_last")}

WITHOUT_UNIT = {
    "inr", "mmse", "moca", "barthel", "timed_up_and_go", "morse", "braden", "phq9", "phq2", "gad7",
    "audit_c", "pain",
}  # fmt: skip
"""Ratios and scores, which have no other unit; seconds are seconds."""


def named(feature: Feature) -> str:
    """The value that a feature is of."""
    return next(name for name in sorted(LAST, key=len, reverse=True) if _of(feature, name))


def _of(feature: Feature, name: str) -> bool:
    return feature.name.startswith(f"{name}_")


def test_codes_are_written_as_loinc_codes() -> None:
    codes = sorted({code for feature in CODED for code in dict(feature.where)["code"]})
    assert len(codes) > 45
    assert fits("LOINC", pa.array(codes)).all()


def test_no_code_is_of_two_values() -> None:
    seen: dict[str, str] = {}
    for name, feature in LAST.items():
        for code in dict(feature.where)["code"]:
            assert seen.setdefault(code, name) == name


def test_about_thirty_values_and_ten_scores() -> None:
    assert len(LAST) == 40
    assert set(LAST) > WITHOUT_UNIT


@pytest.mark.parametrize("feature", CODED, ids=lambda feature: feature.name)
def test_what_is_measured_of_a_value_is_the_value_itself(feature: Feature) -> None:
    """Same codes, same units: an extreme can never be of other rows than the last value."""
    last = LAST[named(feature)]
    own, of = dict(feature.where), dict(last.where)
    assert own["code"] == of["code"]
    if feature.measure == "any":
        assert "unit" not in own
    else:
        assert own.get("unit") == of.get("unit")
        assert ("unit" in own) == (named(feature) not in WITHOUT_UNIT)
    if feature.measure not in ("any", "out_of_range"):
        assert feature.unit == last.unit


@pytest.mark.parametrize(
    "feature", [f for f in CODED if f.measure == "out_of_range"], ids=lambda f: f.name
)
def test_limits_are_said_in_words(feature: Feature) -> None:
    for end in (feature.low, feature.high):
        if end is not None:
            assert f"{end:g}" in feature.plain
            assert f"{end:g}" in feature.patient
