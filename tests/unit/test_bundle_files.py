"""A saved model: the same bytes each time, read back equal, refused when damaged."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import load_catalogue
from features.errors import InputError, NotFoundError
from models.bundle import Bundle
from models.bundle_files import FILES, digest_text
from models.completeness import inputs_of
from models.gbm import Boosting
from tests import small_model

pytestmark = pytest.mark.unit


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    small_model.bundle().save(folder, {"run_id": "r1"})
    return folder


def test_what_is_read_back_scores_the_same_bits(saved):
    own, read = small_model.bundle(), Bundle.load(saved)
    matrix = small_model.matrix(small_model.rows(400, seed=4))
    before, after = own.score(matrix), read.score(matrix)
    assert np.array_equal(before.risk, after.risk, equal_nan=True)
    assert np.array_equal(before.percentile, after.percentile, equal_nan=True)
    assert np.array_equal(before.contributions, after.contributions)
    assert np.array_equal(before.share, after.share)
    assert before.base == after.base
    assert own.reasons(matrix) == read.reasons(matrix)


def test_what_is_read_back_is_the_same_model(saved):
    own, read = small_model.bundle(), Bundle.load(saved)
    assert read.digest == own.digest
    assert (read.catalogue, read.definition, read.schema) == (
        own.catalogue, own.definition, own.schema,
    )  # fmt: skip
    for part in ("name", "label", "mode", "high", "card", "inputs", "recipe_text"):
        assert getattr(read, part) == getattr(own, part)


def test_two_fits_of_the_same_rows_have_one_digest_and_provenance_is_outside_it(tmp_path):
    own = small_model.bundle()
    X, y = small_model.drawn()
    _, train, valid, _ = small_model.PARTS
    again = Boosting(small_model.SETTINGS).fit(
        X[:train], y[:train], schema=own.schema, valid=(X[train:valid], y[train:valid]), seed=3
    )
    second = replace(own, boosting=again)
    own.save(tmp_path / "a", {"run_id": "1", "finished": "yesterday"})
    second.save(tmp_path / "b", {"run_id": "2", "finished": "today"})
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted([*FILES, "digest.json", "provenance.json"])
    one, two = ({n: (tmp_path / d / n).read_bytes() for n in names} for d in "ab")
    differ = [name for name in names if one[name] != two[name]]
    assert differ == ["provenance.json"]


def test_another_threshold_is_another_digest():
    own = small_model.bundle()
    assert replace(own, high=4.0).digest != own.digest
    assert replace(own, card={"identity": {}}).digest != own.digest


def test_every_file_is_text_and_none_is_a_pickle(saved):
    for path in saved.iterdir():
        path.read_text(encoding="utf-8")
        with pytest.raises((pickle.UnpicklingError, ValueError, EOFError, KeyError, AttributeError,
                            IndexError, ImportError)):  # fmt: skip
            pickle.loads(path.read_bytes())


def test_files_hold_no_person_and_no_path(saved):
    text = "".join(path.read_text(encoding="utf-8") for path in saved.iterdir())
    assert '"p17"' not in text
    assert str(saved.parent) not in text


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(InputError, match=f"{name} cannot be read") as refused:
        Bundle.load(saved)
    assert refused.value.where == str(saved / name)
    assert "train it again" in refused.value.cure


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_altered_is_named(saved, name):
    path = saved / name
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(InputError, match=f"{name} is not the one that was saved"):
        Bundle.load(saved)


def test_a_file_that_is_no_text_is_named(saved):
    (saved / "model.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"model.txt is no text"):
        Bundle.load(saved)


NO_DIGESTS = ("{", "[]", '{"contract": 1}', '{"contract": 2, "files": 3, "digest": ""}')


@pytest.mark.parametrize("text", NO_DIGESTS)
def test_digests_that_are_none_are_refused(saved, text):
    (saved / "digest.json").write_text(text)
    with pytest.raises(InputError, match=r"digest.json is no list of digests"):
        Bundle.load(saved)


def test_digests_that_were_altered_are_refused(saved):
    stated = json.loads((saved / "digest.json").read_text())
    stated["files"]["card.json"] = "0" * 64
    (saved / "digest.json").write_text(json.dumps(stated))
    with pytest.raises(InputError, match=r"digest.json is not the one"):
        Bundle.load(saved)


def test_another_contract_is_refused(saved):
    stated = json.loads((saved / "digest.json").read_text())
    (saved / "digest.json").write_text(json.dumps({**stated, "contract": 3}))
    with pytest.raises(InputError, match="contract 3; this program reads 2"):
        Bundle.load(saved)


def test_model_and_schema_of_two_bundles_are_refused(saved):
    """Even where somebody made the digests fit."""
    other = small_model.catalogue().select(["age", "sex"])
    texts = {name: (saved / name).read_text(encoding="utf-8") for name in FILES}
    texts["schema.json"] = type(small_model.schema()).of(other).to_json()
    (saved / "schema.json").write_text(texts["schema.json"], encoding="utf-8")
    (saved / "digest.json").write_text(digest_text(texts))
    with pytest.raises(InputError, match="other columns"):
        Bundle.load(saved)


def test_a_folder_without_a_model_is_not_found(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFoundError, match="no saved model"):
            Bundle.load(folder)


def test_a_folder_that_is_there_is_never_written_over(saved):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    with pytest.raises(InputError, match="already"):
        small_model.bundle().save(saved, {})
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_save_that_fails_leaves_nothing(tmp_path):
    broken = replace(small_model.bundle(), recipe_text="\ud800")  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        broken.save(tmp_path / "model", {})
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_a_matrix_of_other_columns_is_refused():
    other = small_model.catalogue().select(["use"])
    X = np.zeros((1, len(other)))
    matrix = replace(small_model.matrix(X), schema=type(small_model.schema()).of(other))
    with pytest.raises(InputError, match="other columns than readmission"):
        small_model.bundle().score(matrix)


def test_people_it_was_made_of_are_known_again(saved):
    ids = small_model.matrix(np.empty((1200, 0))).rows["person_id"]
    assert Bundle.load(saved).trained_on(ids).all()


def test_a_row_with_too_little_is_insufficient_and_has_no_risk():
    own = small_model.bundle()
    X = small_model.rows(3, seed=1, nulls=0.0)
    by_weight = sorted(own.inputs, key=lambda name: -own.inputs[name])
    lost, left = [], 1.0
    for name in by_weight:
        if left >= 0.5:
            lost.append(name)
            left -= own.inputs[name]
    X[1, [own.schema.place(name) for name in lost]] = np.nan
    X[2, [own.schema.place(name) for name in lost[:-1]]] = np.nan
    scores = own.score(small_model.matrix(X))
    assert scores.sufficient.tolist() == [True, False, True]
    assert np.isnan(scores.risk).tolist() == [False, True, False]
    assert np.isnan(scores.percentile).tolist() == [False, True, False]
    assert scores.share[0] == 1.0
    assert scores.share[1] == pytest.approx(left)
    assert set(scores.missing(1)) == set(lost)
    assert scores.missing(0) == ()


def test_inputs_are_those_whose_null_could_not_be_read():
    catalogue = small_model.catalogue()
    gain = {"age": 3.0, "days_since_visit": 50.0, "adl_last_730d": 20.0, "admissions_365d": 1.0}
    assert inputs_of(catalogue, gain) == {"age": 0.75, "admissions_365d": 0.25}


@pytest.mark.parametrize(
    ("name", "is_input"),
    [
        ("age", True), ("admissions_365d", True), ("cost_365d", True), ("bed_days_365d", True),
        ("medicines_365d", True), ("charlson_chf_730d", True), ("elixhauser_groups_365d", True),
        ("charlson_index_730d", True), ("days_since_visit", False), ("carer", False),
        ("sodium_last_365d", False), ("usual_provider_share_365d", False),
        ("codes_readable_share_730d", False), ("observed_share_365d", False),
    ],
)  # fmt: skip
def test_what_a_null_says_decides_what_is_an_input(name, is_input):
    catalogue = load_catalogue().select([name])
    assert (name in inputs_of(catalogue, {name: 1.0})) is is_input


def test_scores_without_contributions_have_the_same_risks():
    matrix = small_model.matrix(small_model.rows(50, seed=2))
    quick = small_model.bundle().score(matrix, explain=False)
    assert quick.contributions is None
    whole = small_model.bundle().score(matrix)
    assert np.array_equal(quick.risk, whole.risk, equal_nan=True)
    assert len(quick) == 50
