"""Hospital Frailty Risk Score: coded rows of people in, points and bands out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from features.codes.frailty import Frailty, frailty, tenths

pytestmark = pytest.mark.spec


def scores(*owners: str, system: str = "ICD-10") -> Frailty:
    """Scores of people drawn as texts of codes, `SYSTEM:CODE` where it is another."""
    rows = [(number, word) for number, text in enumerate(owners) for word in text.split()]
    systems = [word.split(":")[0] if ":" in word else system for _, word in rows]
    return frailty(
        np.array([number for number, _ in rows], np.int64),
        len(owners),
        pa.array(systems, pa.string()),
        pa.array([word.split(":")[-1] for _, word in rows], pa.string()),
    )


def test_the_list_is_the_published_one() -> None:
    assert len(tenths()) == 109
    assert sum(tenths().values()) == 1_732
    assert (tenths()["F00"], tenths()["S06"]) == (71, 24)


def test_a_code_counts_once_by_its_first_three_characters() -> None:
    once, often = scores("F009", "F009 F000 F00"), 7.1
    assert once.points.tolist() == [often, often]


def test_points_of_several_codes_are_exact() -> None:
    # 3.2 + 3.2 + 3.2: a sum of floats would say 9.600000000000001
    assert scores("F050 N390 S000").points.tolist() == [9.6]


@pytest.mark.parametrize(
    ("codes", "points", "band"),
    [("", 0.0, "low"), ("I500", 0.0, "low"), ("Z999", 0.8, "low"), ("F000", 7.1, "intermediate")],
)
def test_bands(codes: str, points: float, band: str) -> None:
    found = scores(codes)
    assert found.points.tolist() == [points]
    assert found.bands.to_pylist() == [band]


def test_both_borders_are_intermediate() -> None:
    found = Frailty(np.array([4.9, 5.0, 15.0, 15.1, np.nan]), np.zeros(5, np.int64))
    assert found.bands.to_pylist() == ["low", "intermediate", "intermediate", "high", None]


def test_codes_that_cannot_be_read_are_not_no_frailty() -> None:
    found = scores("ICD-9-CM:2900 SNOMED:1", "ICD-9-CM:2900 F000", "I500", "")
    assert np.isnan(found.points[0])
    assert found.points[1:].tolist() == [7.1, 0.0, 0.0]
    assert found.unread.tolist() == [2, 1, 0, 0]
