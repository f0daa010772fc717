"""Every feature of the shipped catalogue in words: none, one, several, and not known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from features.catalogue import Feature, load_catalogue
from features.matrix import Schema
from models.reasons import SENSITIVE, reasons_of

pytestmark = pytest.mark.unit

SEVERAL = {"share": 0.25, "currency": 12345.6, "years": 84.0, "g/dL": 9.25}
FEATURES = list(load_catalogue())


def values_of(feature: Feature) -> list[float]:
    if feature.kind == "category":
        return [float(code) for code in range(len(feature.categories))]
    return [0.0, 1.0] if feature.kind == "flag" else [0.0, 1.0, SEVERAL.get(feature.unit, 3.0)]


def words(feature: Feature, value: float, *, reveal: bool = True) -> tuple[str, str]:
    catalogue = load_catalogue().select([feature.name])
    found = reasons_of(
        catalogue, Schema.of(catalogue), np.array([[0.5]]), np.array([[value]]), reveal=reveal
    )
    [[reason]] = found
    return reason.text, reason.patient_text


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_sentences(feature):
    for value in values_of(feature):
        for text in words(feature, value):
            assert text[0].isupper() or text[0].isdigit(), text
            assert not re.search(r"[{}_]|\bnan\b|\bNone\b|\.0\b|  ", text), text
            assert not re.search(r"\b1 (earlier )?(admission|night|day|visit|stay)s\b", text), text
            assert not text.endswith("."), text
        text, patient = words(feature, value)
        assert text != patient
        assert re.search(r"\b([Yy]ou|[Yy]our|We|Someone|Nobody|This)\b", patient), patient
    unknown, patient = words(feature, float("nan"))
    assert unknown == f"{feature.what}: {feature.null}"
    assert patient == "Other things in your records"


@pytest.mark.parametrize("feature", [f for f in FEATURES if f.sensitive], ids=lambda f: f.name)
def test_a_sensitive_feature_never_reads_by_its_name(feature):
    text, patient = words(feature, 1.0, reveal=False)
    assert (text, patient) == (SENSITIVE, "Another condition in your records")
    for value in (0.0, float("nan")):
        text, patient = words(feature, value, reveal=False)
        assert "taken together" in text
        assert patient == "Other things in your records"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("cost_365d", 12345.6, "Known costs of 12,346 in the last 12 months"),
        ("usual_provider_share_365d", 0.253, "25% of visits in the last 12 months were with"),
        ("index_nights", 1.0, "This stay lasted 1 night"),
        ("index_nights", 3.0, "This stay lasted 3 nights"),
        ("admissions_365d", 0.0, "No earlier admissions in the last 12 months"),
        ("haemoglobin_last_365d", 9.25, "Last haemoglobin 9.2 g/dL"),
        ("sex", 1.0, "Sex: male"),
        ("residence", 1.0, "Lives: alone at home"),
    ],
)
def test_numbers_are_written_as_people_write_them(name, value, text):
    assert words(load_catalogue()[name], value)[0].startswith(text)
