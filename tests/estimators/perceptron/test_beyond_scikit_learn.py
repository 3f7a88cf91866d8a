"""What scikit-learn's MLP does not have: each setting does what it says, alone and together."""

import pickle
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.estimators.perceptron import rows_as_given
from tests.thorough import crossed, parametrize

X, Y = load_digits(return_X_y=True)
X, Y = X[:240] / 16, Y[:240]
TABLE, NUMBERS = make_friedman1(150, random_state=0)


def classifier(*args, **settings):
    return fitted(MLPClassifier(*args, **{"max_iter": 4, "random_state": 0} | settings), X, Y)


def regressor(y=NUMBERS, **settings):
    given = {"hidden_layer_sizes": (8,), "max_iter": 4, "random_state": 0} | settings
    return fitted(MLPRegressor(**given), TABLE, y)


def fitted(model, x, y, **given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y, **given)


class Steep(cr.Elementwise):
    """An op of a user's."""

    def forward(self, x):
        return cr.tanh(3 * x)


SETTINGS = {
    "an activation by name": {"activation": "gelu"},
    "an op of a user's": {"activation": Steep()},
    "a function": {"activation": np.tanh},
    "a module": {"activation": nn.LeakyReLU(0.3)},
    "a class of modules": {"activation": nn.SiLU},
    "one for each layer": {"activation": ["relu", "logistic"], "hidden_layer_sizes": (9, 7)},
    "a module with parameters": {"activation": nn.LearnableActivation(9, "selu"),
                                 "hidden_layer_sizes": (9, 9)},
    "dropout": {"dropout": 0.3},
    "dropout by layer": {"dropout": [0.5, 0.0], "hidden_layer_sizes": (9, 7)},
    "batch normalization": {"normalization": "batch"},
    "layer normalization": {"normalization": "layer"},
    "normalization of one layer": {"normalization": ["batch", None],
                                   "hidden_layer_sizes": (9, 7)},
    "a loss by name": {"loss": "softmax_focal"},
    "hinge": {"loss": "hinge"},
    "a loss with settings": {"loss": partial(cr.softmax_focal, gamma=1.0)},
    "class weights": {"class_weight": "balanced"},
    "class weights by name": {"class_weight": {0: 5.0, 3: 0.1}},
    "label smoothing": {"label_smoothing": 0.2},
    "an elastic net": {"l1": 0.5, "alpha": 0.5},
    "penalties by layer": {"l1": [0.5, 0.0], "alpha": [0.0, 1.0], "max_norm": [1.0, 2.0]},
    "a bound": {"max_norm": 0.7},
    "clipping": {"clip": 0.1},
    "clipping by value": {"clip": optim.ClipValue(0.01)},
    "accumulation": {"accumulate": 3, "batch_size": 20},
    "an average": {"ema": 0.9},
    "a schedule by name": {"learning_rate": "one_cycle"},
    "restarts": {"learning_rate": "restarts"},
    "a schedule with settings": {"learning_rate": optim.Cosine(final=0.1, warmup=0.2)},
    "a function of the step": {"learning_rate": lambda step: 0.01 / (1 + step)},
    "a plateau": {"learning_rate": "plateau"},
    "another optimiser": {"solver": "lion"},
    "an optimiser with settings": {"solver": optim.AdamW(1e-3, amsgrad=True)},
    "weight decay": {"solver": optim.SGD(0.1, momentum=0.9, weight_decay=0.01)},
    "float32": {"dtype": "float32"},
    "a score": {"early_stopping": True, "scoring": "f1_macro"},
    "the loss": {"early_stopping": True, "scoring": "loss"},
}  # fmt: skip


@parametrize("name", SETTINGS, few=range(0, len(SETTINGS), 2))
def test_a_setting_changes_the_net_trains_it_compiled_and_survives_copies(name):
    plain, model = (
        classifier(
            **{key: value for key, value in SETTINGS[name].items() if key == "hidden_layer_sizes"}
        ),
        classifier(**SETTINGS[name]),
    )
    assert model.history_.compiled
    scores = (
        model.predict_proba(X) if hasattr(model, "predict_proba") else model.decision_function(X)
    )
    assert np.isfinite(scores).all()
    before = plain.predict_proba(X)
    same = scores.shape == before.shape and np.allclose(scores, before, rtol=0, atol=1e-12)
    assert not same or "early_stopping" in SETTINGS[name] or name == "a plateau"
    assert 0 <= model.score(X, Y) <= 1
    if "lambda" not in repr(SETTINGS[name]):
        assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_a_setting_means_what_it_does_in_the_library():
    """The same training, written with cr.fit."""
    model = classifier((9,), activation="silu", l1=0.5, clip=0.5, solver=optim.Adam(0.01),
                       shuffle=False, batch_size=60)  # fmt: skip
    start = MLPClassifier(
        (9,), activation="silu", random_state=0, max_iter=1, solver=optim.SGD(1e-12)
    )
    net = fitted(start, X, Y).model_
    cr.fit(
        net, (X, Y), loss=cr.softmax_cross_entropy, optimizer=optim.Adam(0.01), epochs=4,
        batch_size=60, shuffle=False, clip=0.5, metric=None,
        regularization=[nn.L2(1e-4, per_row=True), nn.L1(0.5, per_row=True)],
    )  # fmt: skip
    for layer, coefs in zip((net.layers[0], net.layers[2]), model.coefs_, strict=True):
        assert_allclose(layer.weight.data, coefs, rtol=1e-6, atol=1e-9)


def test_class_weights_are_the_weights_of_their_rows():
    weights = {k: 1.0 + k for k in range(10)}
    by_class = classifier((9,), class_weight=weights)
    by_row = fitted(MLPClassifier((9,), max_iter=4, random_state=0), X, Y, sample_weight=1.0 + Y)
    assert_allclose(by_class.coefs_[0], by_row.coefs_[0], rtol=1e-9)
    both = fitted(clone(by_class), X, Y, sample_weight=np.linspace(0, 1, len(X)))
    assert not np.allclose(both.coefs_[0], by_class.coefs_[0])


def test_several_labels_and_two_classes_may_be_smoothed():
    labels = np.stack([Y % 2, Y % 3 == 0, Y > 5], axis=1).astype(int)
    for y in (labels, Y > 4):
        sure, smooth = (
            fitted(MLPClassifier((9,), label_smoothing=share, random_state=0), X, y)
            for share in (0.0, 0.2)
        )
        assert smooth.predict(X).shape == y.shape
        assert smooth.predict_proba(X).max() < sure.predict_proba(X).max()


def test_a_loss_without_chances_has_scores():
    model = classifier((9,), loss="hinge")
    assert not hasattr(model, "predict_proba")
    assert model.decision_function(X).shape == (240, 10)
    two = fitted(MLPClassifier((9,), loss="hinge", max_iter=60, random_state=0), X, Y > 4)
    assert_array_equal(two.decision_function(X) > 0, two.predict(X))
    assert not hasattr(classifier((9,)), "decision_function")


@crossed("loss,columns", ["huber", "absolute_error", "log_cosh", "poisson"], [1, 2])
def test_numbers_are_learned_by_any_loss_for_numbers(loss, columns):
    y = NUMBERS if columns == 1 else np.stack([NUMBERS, NUMBERS[::-1]], axis=1)
    model = regressor(y, loss=loss)
    assert model.predict(TABLE).shape == y.shape
    assert np.isfinite(model.loss_)


def test_a_net_may_say_how_sure_it_is():
    noise = np.random.default_rng(0).normal(size=400)
    x = np.linspace(-1, 1, 400)[:, None]
    y = np.where(x[:, 0] > 0, noise, 0.1 * noise)
    model = MLPRegressor(
        "gaussian_likelihood", (16,), max_iter=400, tol=0, learning_rate_init=0.01, random_state=0
    )
    fitted(model, x, y)
    answers, sure = model.predict(x, return_std=True)
    assert answers.shape == sure.shape == (400,)
    assert_array_equal(answers, model.predict(x))
    assert 3 < sure[300:].mean() / sure[:100].mean() < 30
    assert model.n_outputs_ == 1
    with pytest.raises(ArgumentError, match="knows no standard deviation"):
        regressor().predict(TABLE, return_std=True)


def test_rows_that_are_watched_leave_a_curve_and_are_judged_by_early_stopping():
    model = MLPClassifier((9,), max_iter=30, random_state=0, early_stopping=True)
    fitted(model, X[:200], Y[:200], validation_data=(X[200:], Y[200:]))
    assert len(model.validation_loss_curve_) == len(model.loss_curve_) == model.n_iter_
    assert model.best_validation_score_ == model.score(X[200:], Y[200:])
    loss, _ = cr.evaluate(model.model_, (X[200:], Y[200:]), cr.softmax_cross_entropy)
    assert min(model.validation_loss_curve_) <= loss + 1e-9
    weighed = MLPRegressor(hidden_layer_sizes=(8,), max_iter=3, random_state=0)
    y = np.stack([NUMBERS, NUMBERS], axis=1)
    fitted(weighed, TABLE, y, validation_data=(TABLE, y, np.ones(150)))
    assert_allclose(
        weighed.validation_loss_curve_[-1], ((weighed.predict(TABLE) - y) ** 2).mean() / 2
    )


def test_an_average_is_what_is_judged_and_what_stays():
    seen = []

    def score(model, x, y):
        seen.append(model.predict_proba(x))
        return -len(seen)  # the first epoch is the best one

    model = MLPClassifier(
        (9,), max_iter=5, random_state=0, early_stopping=True, scoring=score, ema=0.99
    )
    fitted(model, X[:200], Y[:200], validation_data=(X[200:], Y[200:]))
    assert_allclose(seen[0], model.predict_proba(X[200:]))
    with pytest.raises(ValueError, match="partial_fit does not support ema"):
        MLPClassifier(ema=0.9).partial_fit(X, Y, classes=range(10))


def test_parts_are_learned_with_every_setting_of_a_step():
    settings = {"dropout": 0.2, "normalization": "batch", "clip": 1.0, "l1": 0.1}
    for more in ({}, {"accumulate": 2, "batch_size": 30}, {"callbacks": [cr.train.Callback()]}):
        model = MLPClassifier((9,), random_state=0, **settings, **more)
        for start in range(0, 240, 80):
            model.partial_fit(X[start : start + 80], Y[start : start + 80], classes=range(10))
        assert len(model.loss_curve_) == 3
        assert np.isfinite(model.predict_proba(X)).all()


def test_a_large_sparse_matrix_is_never_dense_as_a_whole(monkeypatch):
    monkeypatch.setattr(rows_as_given, "DENSE_BYTES", 1000)
    monkeypatch.setattr(rows_as_given, "BLOCK_BYTES", 50 * 64 * 8)
    x, seen = scipy.sparse.csr_matrix(X), []
    whole = scipy.sparse.csr_matrix.toarray
    monkeypatch.setattr(
        scipy.sparse.csr_matrix, "toarray", lambda self: seen.append(self.shape[0]) or whole(self)
    )
    model = MLPClassifier((16,), max_iter=60, tol=0.01, random_state=0, batch_size=20)
    fitted(model, x, Y, sample_weight=np.ones(240))
    assert model.score(x, Y) > 0.9
    assert max(seen) <= 50
    with pytest.raises(ValueError, match=r"made dense one at a time: solver=\"adam\""):
        MLPClassifier(solver="lbfgs").fit(x, Y)


def test_validation_data_that_do_not_fit_say_so():
    model = MLPClassifier((9,), max_iter=2)
    for given, words in (
        (X, "a pair of rows and targets"),
        ((X[:, :3], Y), "features"),
        ((X, Y[:5]), "inconsistent"),
        ((X, Y + 100), "classes that `y` has not"),
        ((X * np.nan, Y), "NaN"),
    ):
        with pytest.raises(ValueError, match=words):
            model.fit(X, Y, validation_data=given)
