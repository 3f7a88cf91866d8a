"""Rows that are alike: merged, and dealt where a table consists of a few rows, each many times."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import roc_auc_score

from chainrule.errors import RecordingWarning
from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.member_training import parts_of
from chainrule.estimators.merging import merged

PARTS = 8


def rows_of(x, y, weights=None, parts=PARTS):
    x = np.asarray(x, float)[:, None]
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    return merged(x, np.empty((len(x), 0), np.int64), np.asarray(y, float), weights, parts)


def test_rows_that_are_there_twice_by_accident_are_one():
    x = np.repeat(np.arange(50), 2)
    rows = rows_of(x, x % 3)
    assert len(rows.y) == 50
    assert_array_equal(rows.weights, 2)
    assert_array_equal(rows.numbers[rows.places, 0], x)


@pytest.mark.parametrize("as_weights", [False, True])
def test_inputs_with_several_answers_are_dealt_among_the_parts(as_weights):
    """Input 0: 20 times no, 3 times yes; 1 to 40: once each."""
    x = [0] * 23 + list(range(1, 41))
    y = [0] * 20 + [1] * 3 + [0] * 40
    counts = [20, 3] + [1] * 40
    rows = (
        rows_of([0, 0, *range(1, 41)], [0, 1, *[0] * 40], counts) if as_weights else rows_of(x, y)
    )
    heavy = rows.numbers[:, 0] == 0
    assert_array_equal(np.bincount(rows.y[heavy].astype(int)), [PARTS, 3])
    assert_allclose(rows.weights[heavy & (rows.y == 0)], 20 / PARTS)
    assert_allclose(rows.weights[heavy & (rows.y == 1)], 1)
    assert rows.weights.sum() == 63
    if not as_weights:
        assert_array_equal(rows.numbers[rows.places, 0], x)
        assert_array_equal(rows.y[rows.places], y)
        assert len(np.unique(rows.places[:20])) == PARTS
    part = parts_of(rows.y.astype(int), PARTS, 2, np.random.default_rng(0), origins=rows.origins)
    assert set(part[heavy & (rows.y == 0)]) == set(range(PARTS))
    assert len(set(part[heavy & (rows.y == 1)])) == 3


def test_uneven_weights_deal_no_row_whose_inputs_have_one_answer():
    """Such as those of class_weight, or of a survey: a row on both sides of a split would tell."""
    weights = np.random.default_rng(0).random(100)
    assert len(rows_of(np.arange(100), np.arange(100) % 2, weights).y) == 100


@pytest.mark.parametrize("preset", ["strong", "fast"])
def test_a_table_of_two_columns_of_two_values_is_learned(preset):
    """What a member leaves out is no rule about the rows that stay: held-out AUC was 0.00."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (1000, 2)).astype(float)
    chance = 1 / (1 + np.exp(0.5 - X @ [2, -1.5]))
    y = (rng.random(1000) < chance).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RecordingWarning)
        model = TabularClassifier(preset, random_state=0).fit(X, y)
    known = ~np.isnan(model.held_out_[:, 1])
    assert roc_auc_score(y[known], model.held_out_[known, 1]) > 0.75
    assert abs(model.validation_score_ - model.score(X, y)) < 0.03
    assert_allclose(model.predict_proba(X)[:, 1], chance, atol=0.15)


def test_answers_of_few_rows_are_numbers_too():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(["x", "y", "z"], 900), "b": rng.integers(0, 2, 900)})
    y = (X["a"].map({"x": 1, "y": 4, "z": 6}) + X["b"] + rng.integers(-1, 2, 900)).to_numpy(float)
    model = TabularRegressor(random_state=0).fit(X, y)
    assert abs(model.validation_score_ - model.score(X, y)) < 0.03
    assert model.score(X, y) > 0.8
