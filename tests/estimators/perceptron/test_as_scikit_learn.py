"""With scikit-learn's settings a seed gives scikit-learn's net: weights, curves and answers."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.neural_network as theirs
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    make_multilabel_classification,
    make_regression,
)
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

import chainrule.estimators as ours

DIGITS_X, DIGITS_Y = load_digits(return_X_y=True)
DIGITS_X = DIGITS_X[:300] / 16
DIGITS_Y = DIGITS_Y[:300]
IRIS = load_iris(return_X_y=True)
X, NUMBERS = make_regression(150, 6, random_state=0)
NUMBERS = NUMBERS / 100
SEVERAL = make_regression(150, 6, n_targets=3, random_state=0)[1] / 100
LABELLED = make_multilabel_classification(120, random_state=0)
WEIGHTS = np.random.default_rng(0).uniform(0, 2, size=len(DIGITS_X))

CLASSIFIED = {
    "as it comes": {},
    "small batches": {"batch_size": 32, "hidden_layer_sizes": (20, 10)},
    "one batch": {"batch_size": 300, "activation": "tanh"},
    "one number for the layers": {"hidden_layer_sizes": 12, "activation": "logistic"},
    "no activation": {"activation": "identity", "alpha": 0.1},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1},
    "sgd without momentum": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1},
    "sgd with plain momentum": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "sgd with much momentum": {"solver": "sgd", "momentum": 0.999, "learning_rate_init": 1e-4},
    "inverse scaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
    "an adaptive rate": {
        "solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.5, "tol": 0.2,
        "n_iter_no_change": 1, "max_iter": 12,
    },
    "adam's settings": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    "as the rows lie": {"shuffle": False, "batch_size": 64},
    "early stopping": {"early_stopping": True, "max_iter": 8},
    "early stopping that stops": {
        "early_stopping": True, "tol": 0.5, "n_iter_no_change": 2, "max_iter": 30,
    },
    "a tolerance that is met": {"tol": 1.0, "n_iter_no_change": 2},
}  # fmt: skip


def both(name, x, y, weights=None, **settings):
    """The two estimators, trained alike."""
    found = []
    for library in (theirs, ours):
        model = getattr(library, name)(**{"max_iter": 4, "random_state": 0} | settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", DataConversionWarning)  # of a column
            found.append(model.fit(x, y, sample_weight=weights))
    return found


def assert_alike(one, other, x, rtol=1e-9):
    """Everything that scikit-learn's estimator has after a fit."""
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert a.dtype == b.dtype
            assert_allclose(a, b, rtol=rtol, atol=rtol)
    known = ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_")
    for name in (*known, "_no_improvement_count"):
        assert getattr(one, name, None) == getattr(other, name, None), name
    for name in ("loss_", "best_loss_", "best_validation_score_"):
        expected = getattr(one, name, None)
        if expected is None:
            assert getattr(other, name, None) is None, name
        else:
            assert_allclose(expected, getattr(other, name), rtol=rtol, err_msg=name)
    for name in ("loss_curve_", "validation_scores_"):
        if getattr(one, name, None) is not None:
            assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, err_msg=name)
    for name in ("predict", "predict_proba", "predict_log_proba"):
        if hasattr(one, name):
            expected, found = getattr(one, name)(x), getattr(other, name)(x)
            assert expected.dtype == found.dtype
            if expected.dtype.kind == "f":
                assert_allclose(expected, found, rtol=100 * rtol, atol=rtol, err_msg=name)
            else:
                assert_array_equal(expected, found)
    if hasattr(one, "classes_"):
        assert_array_equal(one.classes_, other.classes_)


@pytest.mark.parametrize("case", CLASSIFIED)
def test_a_classifier_is_the_one_of_scikit_learn(case):
    one, other = both("MLPClassifier", DIGITS_X, DIGITS_Y, **CLASSIFIED[case])
    assert_alike(one, other, DIGITS_X)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("classes", ["two", "three", "words", "several labels", "one label"])
def test_any_kind_of_classes_are_those_of_scikit_learn(classes, early):
    x, y = IRIS
    if classes == "two":
        y = y == 1
    elif classes == "words":
        y = np.array(["setosa", "versicolor", "virginica"], object)[y]
    elif classes == "several labels":
        x, y = LABELLED
    elif classes == "one label":
        x, y = LABELLED[0], LABELLED[1][:, :1]
    one, other = both("MLPClassifier", x, y, early_stopping=early)
    assert_alike(one, other, x)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("answers", ["one", "a column", "several", "counts"])
def test_a_regressor_is_the_one_of_scikit_learn(answers, solver):
    y = {
        "one": NUMBERS,
        "a column": NUMBERS[:, None],
        "several": SEVERAL,
        "counts": np.abs(NUMBERS).round(),
    }[answers]
    loss = "poisson" if answers == "counts" else "squared_error"
    one, other = both("MLPRegressor", X, y, loss=loss, solver=solver, alpha=0.01)
    assert_alike(one, other, X)


def test_weights_of_rows_count_as_in_scikit_learn():
    one, other = both("MLPClassifier", DIGITS_X, DIGITS_Y, WEIGHTS, early_stopping=True)
    assert_alike(one, other, DIGITS_X)
    weights = WEIGHTS[: len(X)] * (np.arange(len(X)) % 3)
    one, other = both("MLPRegressor", X, SEVERAL, weights)
    assert_alike(one, other, X)


def test_float32_rows_make_a_net_of_float32():
    one, other = both("MLPClassifier", DIGITS_X.astype("f"), DIGITS_Y)
    assert_alike(one, other, DIGITS_X.astype("f"), rtol=2e-3)


@pytest.mark.parametrize("form", ["csr_matrix", "csc_matrix", "csr_array"])
def test_sparse_rows_are_read_as_scikit_learn_reads_them(form):
    x = getattr(scipy.sparse, form)(DIGITS_X)
    one, other = both("MLPClassifier", x, DIGITS_Y, early_stopping=True)
    assert_alike(one, other, x)


@pytest.mark.parametrize("kind", ["two classes", "ten classes", "numbers", "counts"])
def test_lbfgs_ends_where_scikit_learns_ends(kind):
    name, x, y = {
        "two classes": ("MLPClassifier", *load_breast_cancer(return_X_y=True)),
        "ten classes": ("MLPClassifier", DIGITS_X, DIGITS_Y),
        "numbers": ("MLPRegressor", X, NUMBERS),
        "counts": ("MLPRegressor", X, np.abs(NUMBERS).round()),
    }[kind]
    x = (x - x.mean(0)) / (x.std(0) + 1e-3)
    loss = {"loss": "poisson"} if kind == "counts" else {}
    settings = {"hidden_layer_sizes": (10,), "alpha": 0.1, "max_iter": 15}
    one, other = both(name, x, y, solver="lbfgs", **settings, **loss)
    assert one.n_iter_ == other.n_iter_
    assert_allclose(one.loss_, other.loss_, rtol=1e-6)
    assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_training_that_goes_on_is_that_of_scikit_learn(name):
    y = IRIS[1]
    found = []
    for library in (theirs, ours):
        model = getattr(library, name)(max_iter=3, random_state=0, warm_start=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found.append(model.fit(IRIS[0], y).fit(IRIS[0], y))
    assert_alike(*found, IRIS[0])


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_rows_that_come_in_parts_are_learned_as_in_scikit_learn(solver):
    x, y = IRIS
    found = []
    for library in (theirs, ours):
        model = library.MLPClassifier(solver=solver, random_state=0, batch_size=20)
        for start in range(0, 150, 50):
            model.partial_fit(x[start : start + 50], y[start : start + 50], classes=[0, 1, 2])
        found.append(model)
    assert_alike(*found, x)
    regressors = [lib.MLPRegressor(solver=solver, random_state=0) for lib in (theirs, ours)]
    for model in regressors:
        for _ in range(3):
            model.partial_fit(X, SEVERAL, sample_weight=WEIGHTS[: len(X)])
    assert_alike(*regressors, X)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_answers_and_goes_on_as_the_first_one(copied):
    x, y = IRIS
    model = ours.MLPClassifier(random_state=0).partial_fit(x, y, classes=[0, 1, 2])
    other = copied(model)
    assert_array_equal(model.predict_proba(x), other.predict_proba(x))
    model.partial_fit(x, y)
    other.partial_fit(x, y)
    assert_array_equal(model.predict_proba(x), other.predict_proba(x))


def test_what_is_assigned_to_coefficients_enters_the_net():
    x, y = IRIS
    model = ours.MLPClassifier((5,), max_iter=9, tol=10, n_iter_no_change=1).fit(x, y)
    before = model.predict_proba(x)
    model.coefs_[0] = np.zeros_like(model.coefs_[0])
    after = model.predict_proba(x)
    assert not np.allclose(before, after)
    assert_array_equal(model.model_.layers[0].weight.data, 0)
    model.coefs_ = [np.ones((4, 5)), np.ones((5, 3))]
    model.intercepts_[1][:] = [0, 5, 0]
    assert (model.predict(x) == 1).all()
