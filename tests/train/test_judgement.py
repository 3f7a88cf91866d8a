"""Figures of answers, beside scikit-learn's."""

import json
from math import isnan, nan

import numpy as np
import pytest
from sklearn import metrics

from chainrule.train.judgement import (
    calibration,
    judge_answers,
    judge_classes,
    judge_constant,
    judge_numbers,
    margin_of,
    roc_auc,
    without_nan,
)


def drawn(classes: int, rows: int = 300, seed: int = 0):
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.ones(classes), rows).round(2) + 1e-3  # with ties
    chances /= chances.sum(1, keepdims=True)
    return chances, rng.choice(classes, rows, p=rng.dirichlet(np.ones(classes)))


@pytest.mark.parametrize("classes", [2, 3, 26])
def test_figures_of_classes_are_those_of_scikit_learn(classes):
    chances, labels = drawn(classes)
    names = [f"c{place}" for place in range(classes)]
    found, said = judge_classes(chances, labels, names), chances.argmax(1)
    assert found["rows"] == 300
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, said))
    balanced = np.mean([np.mean(said[labels == each] == each) for each in np.unique(labels)])
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    every = range(classes)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, chances, labels=every))
    assert found["f1"] == pytest.approx(
        metrics.f1_score(labels, said, average="macro", zero_division=0)
    )
    areas = [
        metrics.roc_auc_score(labels == each, chances[:, each])
        for each in ([1] if classes == 2 else every)
        if 0 < np.mean(labels == each) < 1
    ]
    assert found["roc_auc"] == pytest.approx(np.mean(areas))
    precision, recall, f1, rows = metrics.precision_recall_fscore_support(
        labels, said, labels=every, zero_division=0
    )
    for place, each in enumerate(found["classes"]):
        assert each["class"] == names[place]
        assert each["rows"] == rows[place]
        if rows[place]:
            assert each["recall"] == pytest.approx(recall[place])
        assert each["precision"] == pytest.approx(precision[place])
        assert each["f1"] == pytest.approx(f1[place])
    assert {name: said for name, said in found.items() if name in ("accuracy", "f1")} == {
        name: judge_answers(said, labels, names)[name] for name in ("accuracy", "f1")
    }


def test_figures_of_numbers_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    predicted = truth + rng.normal(size=200)
    found = judge_numbers(predicted, truth, margin=1.0)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted))
    assert found["r2"] == pytest.approx(metrics.r2_score(truth, predicted))
    assert found["coverage"] == np.mean(np.abs(truth - predicted) <= 1)


def test_the_calibration_of_two_classes_is_that_of_scikit_learn():
    from sklearn.calibration import calibration_curve

    chances, labels = drawn(2)
    found = calibration(chances, labels)
    shares, means = calibration_curve(labels, chances[:, 1], n_bins=10)
    np.testing.assert_allclose([each["share"] for each in found], shares)
    np.testing.assert_allclose([each["chance"] for each in found], means)
    assert sum(each["rows"] for each in found) == 300


def test_what_some_rows_cannot_tell_is_nan_and_null_in_json():
    assert isnan(roc_auc(np.array([0.1, 0.2]), np.array([True, True])))
    one = judge_classes(np.array([[0.5, 0.5]]), np.array([0]), ["a", "b"])
    assert isnan(one["roc_auc"])
    assert isnan(one["classes"][1]["recall"])
    none = judge_classes(np.empty((0, 2)), np.empty(0, int), ["a", "b"])
    assert (none["rows"], none["calibration"]) == (0, [])
    assert isnan(judge_numbers(np.ones(3), np.full(3, 2.0))["r2"])
    assert judge_numbers(np.empty(0), np.empty(0))["rows"] == 0
    assert json.dumps(without_nan({"a": [nan, 1.0, {"b": -np.inf}]}), allow_nan=False) == (
        '{"a": [null, 1.0, {"b": null}]}'
    )


def test_a_constant_answer_knows_the_answers_of_the_training_rows_alone():
    seen, truth = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    found = judge_constant(seen, truth, ["no", "yes"])
    assert (found["accuracy"], found["balanced_accuracy"], found["roc_auc"]) == (0.25, 0.5, 0.5)
    assert found["log_loss"] == pytest.approx(-np.mean(np.log([0.75, 0.25, 0.25, 0.25])))
    numbers = judge_constant(np.array([1.0, 3.0]), np.array([2.0, 4.0]))
    assert numbers == {"rows": 2, "rmse": pytest.approx(2**0.5), "mae": 1.0, "r2": -1.0}


def test_a_margin_holds_the_share_of_new_rows_that_it_names():
    rng = np.random.default_rng(0)
    inside = [
        np.mean(np.abs(rng.normal(size=200)) <= margin_of(rng.normal(size=60), 0.9))
        for _ in range(200)
    ]
    assert 0.89 < np.mean(inside) < 0.92
    assert margin_of(np.array([3.0, -4.0, nan]), 0.9) == 4.0
    assert isnan(margin_of(np.full(2, nan), 0.9))
