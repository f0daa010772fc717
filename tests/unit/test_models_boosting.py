"""Boosted trees: the same bits each time, kept as text, explained exactly."""

from __future__ import annotations

import itertools
import math
import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from features.matrix import Column, Schema
from models.gbm import Boosting, Settings
from models.measures import log_loss
from tests import small_model

pytestmark = pytest.mark.unit

TWO = Schema((Column("number", "number"), Column("kind", "category", ("a", "b", "c", "d", "e"))))


def test_text_read_back_gives_the_same_bits():
    model = small_model.bundle().boosting
    X, _ = small_model.drawn()
    again = Boosting.from_text(model.text, small_model.schema())
    assert np.array_equal(again.margin(X), model.margin(X))
    assert np.array_equal(again.contributions(X[:50]), model.contributions(X[:50]))
    assert again.gain == model.gain


@pytest.mark.parametrize("threads", [1, 2])
def test_same_rows_and_seed_give_the_same_text_and_another_seed_does_not(threads):
    X, y = small_model.drawn()
    unfitted = Boosting(replace(small_model.SETTINGS, rounds=20, threads=threads))
    texts = [unfitted.fit(X, y, schema=small_model.schema(), seed=seed).text for seed in (5, 5, 6)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_a_row_has_the_same_margin_alone_and_among_others():
    model = small_model.bundle().boosting
    X = small_model.rows(700, seed=9)
    whole = model.margin(X)
    alone = np.concatenate([model.margin(X[i : i + 1]) for i in range(50)])
    assert np.array_equal(alone, whole[:50])
    assert np.array_equal(model.margin(np.asfortranarray(X)), whole)


def test_threads_change_no_bit_of_a_prediction():
    text, X = small_model.bundle().boosting.text, small_model.rows(700, seed=10)
    one, two = (
        Boosting.from_text(text, small_model.schema(), Settings(threads=threads))
        for threads in (1, 2)
    )
    assert np.array_equal(one.margin(X), two.margin(X))
    assert np.array_equal(one.contributions(X), two.contributions(X))


def test_text_holds_no_path_and_no_time():
    text = small_model.bundle().boosting.text
    parameters = text[text.index("parameters:") :]
    assert str(Path.cwd()) not in text
    assert "/" not in parameters
    assert not re.search(r"\d\d:\d\d|20\d\d-\d\d", parameters)


def test_no_rows_give_no_predictions():
    model = small_model.bundle().boosting
    columns = len(small_model.schema().names)
    assert model.margin(np.empty((0, columns))).shape == (0,)
    assert model.contributions(np.empty((0, columns))).shape == (0, columns + 1)


def test_it_keeps_the_trees_that_served_the_valid_rows_best():
    """Five trees without gain end it, and those five are not kept."""
    import lightgbm

    X, y = small_model.drawn()
    rows, held = (X[:1200], y[:1200]), (X[1200:], y[1200:])
    unfitted = Boosting(Settings(threads=1, rounds=60, patience=5, learning_rate=0.3))
    model = unfitted.fit(*rows, schema=small_model.schema(), valid=held, seed=1)
    whole = unfitted.fit(*rows, schema=small_model.schema(), seed=1)
    assert whole.trees == 60
    booster = lightgbm.Booster(model_str=whole.text)
    losses = [
        log_loss(held[1], booster.predict(held[0], num_iteration=trees))
        for trees in range(1, model.trees + 6)
    ]
    assert model.trees + 5 < 60
    assert int(np.argmin(losses)) + 1 == model.trees


def test_each_tree_sees_a_share_of_the_rows():
    X, y = small_model.drawn()
    whole, half = (
        Boosting(Settings(threads=1, rounds=3, feature_fraction=1.0, bagging_fraction=share)).fit(
            X, y, schema=small_model.schema(), seed=1
        )
        for share in (1.0, 0.5)
    )
    grown_on = re.compile(r"^internal_count=(\d+)", re.MULTILINE)
    assert {int(n) for n in grown_on.findall(whole.text)} == {2000}
    assert all(900 < int(n) < 1100 for n in grown_on.findall(half.text))


def test_smallest_leaf_is_a_share_of_the_rows_and_never_under_the_least():
    settings = Settings(leaf_share=0.002, leaf_rows=20)
    assert settings.params(5_000, 1)["min_data_in_leaf"] == 20
    assert settings.params(100_000, 1)["min_data_in_leaf"] == 200


def test_settings_are_read_from_the_model_table_of_a_recipe():
    table = {"kind": "lightgbm", "rounds": 7, "patience": 3, "threads": 1,
             "lightgbm": {"num_leaves": 4, "lambda_l2": 1.0}}  # fmt: skip
    settings = Settings.of(table)
    assert settings == Settings(rounds=7, patience=3, threads=1, num_leaves=4, lambda_l2=1.0)


def test_rare_events_stay_rare():
    """Nothing is re-weighted: the mean risk is the event rate."""
    random = np.random.default_rng(4)
    X = np.column_stack([random.normal(size=4000), random.integers(0, 5, 4000)])
    y = (random.random(4000) < 0.05).astype(float)
    risk = Boosting(Settings(threads=1, rounds=50)).fit(X, y, schema=TWO, seed=1).predict_risk(X)
    assert risk.mean() == pytest.approx(y.mean(), abs=0.005)


def test_null_is_not_zero():
    random = np.random.default_rng(5)
    null = random.random(3000) < 0.5
    X = np.column_stack([np.where(null, np.nan, 0.0), np.zeros(3000)])
    y = (random.random(3000) < np.where(null, 0.6, 0.1)).astype(float)
    settings = Settings(threads=1, rounds=60, feature_fraction=1.0)
    model = Boosting(settings).fit(X, y, schema=TWO, seed=1)
    zero, unknown = model.predict_risk(np.array([[0.0, 0.0], [np.nan, 0.0]]))
    assert zero == pytest.approx(0.1, abs=0.05)
    assert unknown == pytest.approx(0.6, abs=0.05)


def test_categories_have_no_order():
    """The middle codes are alike and unlike their neighbours: one split over a set parts them."""
    random = np.random.default_rng(6)
    kind = random.integers(0, 5, 4000)
    y = (random.random(4000) < np.where(np.isin(kind, [1, 3]), 0.7, 0.1)).astype(float)
    X = np.column_stack([np.zeros(4000), kind.astype(float)])
    settings = Settings(threads=1, rounds=80, num_leaves=2, feature_fraction=1.0)
    model = Boosting(settings).fit(X, y, schema=TWO, seed=1)
    risks = model.predict_risk(np.column_stack([np.zeros(5), np.arange(5.0)]))
    assert risks == pytest.approx([0.1, 0.7, 0.1, 0.7, 0.1], abs=0.06)
    assert "num_cat=0" not in re.findall(r"num_cat=\d+", model.text)[0]


def test_gain_names_every_column_and_finds_those_that_matter():
    gain = small_model.bundle().boosting.gain
    assert tuple(gain) == small_model.schema().names
    strongest = sorted(gain, key=lambda name: -gain[name])[:4]
    assert {"admissions_365d", "emergency_visits_183d"} <= set(strongest)


def test_contributions_sum_to_the_margin_and_have_one_base():
    model = small_model.bundle().boosting
    X = small_model.rows(300, seed=8)
    found = model.contributions(X)
    assert found.shape == (300, X.shape[1] + 1)
    assert np.abs(found.sum(axis=1) - model.margin(X)).max() < 1e-10
    assert np.ptp(found[:, -1]) == 0


def test_contributions_are_those_of_the_shap_package():
    """By shap's own algorithm on its own reading of the trees, on numbers with nulls."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightgbm
        import shap

        random = np.random.default_rng(7)
        schema = Schema(tuple(Column(f"f{i}", "number") for i in range(6)))
        X = random.normal(size=(1500, 6))
        y = (random.random(1500) < 1 / (1 + np.exp(-X[:, 0] - X[:, 1] * X[:, 2]))).astype(float)
        X[random.random(X.shape) < 0.1] = np.nan
        model = Boosting(Settings(threads=1, rounds=40)).fit(X, y, schema=schema, seed=1)
        explainer = shap.TreeExplainer(lightgbm.Booster(model_str=model.text))
        explainer.model.model_type = "internal"  # else shap would ask LightGBM itself
        theirs = explainer.shap_values(X[:200], check_additivity=False)
    assert np.abs(model.contributions(X[:200])[:, :-1] - theirs).max() < 1e-6


def test_contributions_are_shapley_values_by_their_definition():
    """Over all subsets of two features, one a category, from the trees as LightGBM tells them."""
    import lightgbm

    random = np.random.default_rng(8)
    X = np.column_stack([random.normal(size=900), random.integers(0, 5, 900).astype(float)])
    y = (random.random(900) < 1 / (1 + np.exp(-X[:, 0] - (X[:, 1] == 2)))).astype(float)
    settings = Settings(threads=1, rounds=12, feature_fraction=1.0)
    model = Boosting(settings).fit(X, y, schema=TWO, seed=1)
    trees = lightgbm.Booster(model_str=model.text).dump_model()["tree_info"]
    for row in X[:20]:
        values = {
            known: sum(_expected(tree["tree_structure"], row, set(known)) for tree in trees)
            for size in range(3)
            for known in itertools.combinations(range(2), size)
        }
        first = (values[0,] - values[()] + values[0, 1] - values[1,]) / 2
        second = (values[1,] - values[()] + values[0, 1] - values[0,]) / 2
        found = model.contributions(row[None])[0]
        assert found == pytest.approx([first, second, values[()]], abs=1e-9)


def _expected(node: dict, row: np.ndarray, known: set[int]) -> float:
    """Value of a tree where only the features in `known` are known; rows are split as they fell."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    branches = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return _expected(branches[not _goes_left(node, row)], row, known)
    counts = [b.get("internal_count", b.get("leaf_count")) for b in branches]
    parts = [_expected(b, row, known) for b in branches]
    return math.fsum(c * p for c, p in zip(counts, parts, strict=True)) / sum(counts)


def _goes_left(node: dict, row: np.ndarray) -> bool:
    value = row[node["split_feature"]]
    if node["decision_type"] == "==":
        return str(int(value)) in node["threshold"].split("||")
    return bool(value <= node["threshold"])


def test_rows_that_teach_nothing_give_everyone_the_event_rate_and_print_nothing(capfd):
    """LightGBM writes from C to standard output, where a command's JSON answer stands alone."""
    X, y = np.zeros((300, 2)), (np.arange(300) % 3 == 0).astype(float)
    model = Boosting(Settings(threads=1, rounds=20, patience=3)).fit(
        X, y, schema=TWO, valid=(X, y), seed=1
    )
    assert model.predict_risk(X) == pytest.approx(np.full(300, 1 / 3))
    assert set(model.gain.values()) == {0.0}
    Boosting.from_text(model.text, TWO).contributions(X)
    assert capfd.readouterr() == ("", "")


def test_one_outcome_is_refused():
    X, y = small_model.drawn()
    with pytest.raises(InputError, match="both events and non-events"):
        Boosting().fit(X, np.zeros_like(y), schema=small_model.schema())


def test_a_text_that_is_no_model_is_refused():
    with pytest.raises(InputError, match="no LightGBM model"):
        Boosting.from_text("tree\nversion=v4\n", small_model.schema())


def test_a_model_of_other_columns_is_refused():
    with pytest.raises(InputError, match="other columns"):
        Boosting.from_text(small_model.bundle().boosting.text, TWO)
