"""Whatever byte of a saved model changes, it is refused in words and never half read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import InputError
from models.bundle import Bundle
from models.bundle_files import DIGEST, FILES
from tests import small_model

pytestmark = pytest.mark.property


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage") / "model"
    small_model.bundle().save(folder, {})
    return folder


@given(st.sampled_from((*FILES, DIGEST)), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_byte_is_enough(saved, name, where, change):
    path = saved / name
    whole = path.read_bytes()
    at = int(where * len(whole))
    try:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        with pytest.raises(InputError):
            Bundle.load(saved)
    finally:
        path.write_bytes(whole)


@given(st.sampled_from((*FILES, DIGEST)), st.floats(0, 1, exclude_max=True))
@settings(max_examples=60)
def test_a_file_cut_short_is_refused(saved, name, share):
    path = saved / name
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(InputError):
            Bundle.load(saved)
    finally:
        path.write_bytes(whole)
