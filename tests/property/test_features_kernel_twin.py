"""The compiled kernel says exactly what the plain-Python engine says, nulls included."""

from __future__ import annotations

import random
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalogue import load_catalogue
from features.matrix import of_tables
from features.tables.contract import Tables
from tests.crowds import crowd
from tests.lives import MOMENTS, catalogues, lives, moments_of
from tests.reference.engine import differences, features_of

pytestmark = pytest.mark.property

MODES = st.sampled_from(["adt", "claims"])


STAYS = (
    "index_nights", "index_unplanned", "index_discharged_to", "index_stays", "admissions_90d",
    "unplanned_admissions_90d", "bed_days_90d", "days_since_discharge", "last_discharged_to",
    "emergency_visits_30d", "emergency_visits_before_admission_183d",
    "nursing_facility_days_90d", "charlson_index_730d",
)  # fmt: skip


@settings(max_examples=12)
@given(st.integers(0, 2**32), MODES, st.sampled_from(["dates", "evidence"]))
def test_stays_and_spells(seed: int, mode: str, rule: str) -> None:
    """Stays crowded together, and what hangs on which of them are one spell."""
    tables, catalogue = crowd(seed, 60), load_catalogue().select(STAYS).joined_by(rule)
    moments = at_each_discharge(tables, random.Random(seed))
    found = of_tables(tables, moments, catalogue, mode=mode)
    expected = features_of(tables, moments, catalogue, mode=mode)
    assert not differences(expected, found.schema.decode(found.X), catalogue.names)


def at_each_discharge(tables: Tables, dice: random.Random) -> pa.Table:
    """Each stay's end as an index moment, or a time near it, with or without the stay as index."""
    rows = []
    for stay in tables["stay"].to_pylist():
        at = stay["discharged_at"] or stay["admitted_at"]
        at += timedelta(hours=dice.choice((0, 0, 0, -24, 8, 24, 72)))
        index = stay["stay_id"] if dice.random() < 0.8 else None
        rows.append(
            dict(zip(MOMENTS.names, (stay["person_id"], at, index, None, "month"), strict=True))
        )
    return pa.Table.from_pylist(rows, MOMENTS)


@settings(max_examples=150)
@given(st.data(), MODES)
def test_any_catalogue(data: st.DataObject, mode: str) -> None:
    tables, catalogue = data.draw(lives()), data.draw(catalogues())
    moments = data.draw(moments_of(tables))
    found = of_tables(tables, moments, catalogue, mode=mode)
    expected = features_of(tables, moments, catalogue, mode=mode)
    assert not differences(expected, found.schema.decode(found.X), catalogue.names)


@settings(max_examples=25)
@given(st.data(), MODES, st.sampled_from(["dates", "evidence"]))
def test_the_shipped_catalogue(data: st.DataObject, mode: str, rule: str) -> None:
    tables, catalogue = data.draw(lives()), load_catalogue().joined_by(rule)
    moments = data.draw(moments_of(tables))
    found = of_tables(tables, moments, catalogue, mode=mode)
    expected = features_of(tables, moments, catalogue, mode=mode)
    assert not differences(expected, found.schema.decode(found.X), catalogue.names)
