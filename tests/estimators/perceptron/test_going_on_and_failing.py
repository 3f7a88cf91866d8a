"""A net that goes on follows the settings of now; a fit that fails leaves what stood."""

import copy
import pickle
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse
import sklearn.neural_network as theirs
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import chainrule as cr
import chainrule.estimators as ours
from chainrule import nn, optim
from chainrule.errors import ArgumentError, ShapeError
from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.estimators.perceptron import rows_as_given

X, Y = load_iris(return_X_y=True)
LABELS = np.eye(3, dtype=int)[Y]
SHORT = {"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 0}

# What may change between two calls, in scikit-learn's own terms.
CHANGES = {
    "the penalty": {"alpha": 50.0},
    "the activation": {"activation": "tanh"},
    "the batches": {"batch_size": 11},
    "the order": {"shuffle": False},
    "the rate": {"learning_rate_init": 0.1},
    "several": {"alpha": 3.0, "activation": "logistic", "batch_size": 40},
}


def quietly(model, *given, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*given, **named)


def goes_on(model, way):
    if way == "fit":
        return quietly(model.set_params(warm_start=True), X, Y)
    return model.partial_fit(
        X, Y, **({} if hasattr(model, "classes_") else {"classes": [0, 1, 2]})
    )


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_setting_is_followed_as_in_scikit_learn(change, way):
    found = []
    for library in (theirs, ours):
        model = library.MLPClassifier(**SHORT)
        for settings in ({}, {}, CHANGES[change], {}):
            model = goes_on(model.set_params(**settings), way)
        found.append(model)
    for one, other in zip(found[0].coefs_, found[1].coefs_, strict=True):
        assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert_allclose(found[0].loss_curve_, found[1].loss_curve_)


BEYOND = {
    "dropout": {"dropout": 0.5},
    "a norm": {"normalization": "layer"},
    "another norm for one layer": {"normalization": ["batch", None]},
    "activations by layer": {"activation": ["gelu", nn.Tanh()]},
    "an elastic net": {"l1": 5.0},
    "penalties by layer": {"alpha": [0.0, 9.0, 0.0]},
    "a bound": {"max_norm": 0.1},
    "clipping": {"clip": 1e-3},
    "a loss": {"loss": "hinge"},
    "smoothing": {"label_smoothing": 0.3},
}


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
@pytest.mark.parametrize("change", BEYOND)
def test_a_setting_of_ours_is_followed_too_and_undone(change, way):
    model = goes_on(goes_on(MLPClassifier(**SHORT), way), way)
    other, before = copy.deepcopy(model), clone(model).get_params()
    first = model.model_.layers[0]
    for net, settings in ((model, BEYOND[change]), (other, {})):
        goes_on(goes_on(net.set_params(**settings), way), way)
    assert model.model_.layers[0] is first  # the same weights, with the same memory of steps
    assert not np.allclose(model.coefs_[0], other.coefs_[0], rtol=0, atol=1e-9)
    assert_allclose(model.coefs_[0], other.coefs_[0], atol=0.9)
    goes_on(model.set_params(**{name: before[name] for name in BEYOND[change]}), way)
    assert repr(model.model_) == repr(other.model_)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


@pytest.mark.parametrize(
    "change", [{"hidden_layer_sizes": (3, 5)}, {"hidden_layer_sizes": (6,)}, {"dtype": "float32"}]
)
def test_a_net_of_other_sizes_is_another_net(change):
    model = quietly(MLPClassifier(**SHORT, warm_start=True), X, Y)
    answers = model.predict_proba(X)
    with pytest.raises(ArgumentError, match=r"it stands   4-6-5-3  float64"):
        model.set_params(**change).fit(X, Y)
    assert_array_equal(model.predict_proba(X), answers)
    assert quietly(model.set_params(warm_start=False), X, Y).n_iter_ == 3


def test_other_columns_of_numbers_are_refused_and_the_net_stays():
    for first, second in ((X, Y), (Y, X)):
        model = MLPRegressor(**SHORT).partial_fit(X, first)
        answers = model.predict(X)
        with pytest.raises(ArgumentError, match="another net"):
            model.partial_fit(X, second)
        assert_array_equal(model.predict(X), answers)


@pytest.mark.parametrize("first", ["adam", "lbfgs", "early"])
@pytest.mark.parametrize("second", ["adam", "lbfgs", "early"])
@pytest.mark.parametrize("warm", [True, False])
def test_ways_to_train_follow_each_other(first, second, warm):
    settings = {
        "adam": {"solver": "adam", "early_stopping": False},
        "lbfgs": {"solver": "lbfgs", "early_stopping": False},
        "early": {"solver": "adam", "early_stopping": True},
    }
    model = MLPClassifier(**SHORT, warm_start=warm)
    for way in (first, second):
        quietly(model.set_params(**settings[way]), X, Y)
    assert (getattr(model, "validation_scores_", None) is not None) == (
        second == "early" or (warm and second == "lbfgs" and first == "early")
    )
    assert model.n_iter_ == 3
    model.set_params(**settings["adam"]).partial_fit(X, Y)
    assert not np.array_equal(model.coefs_[0], quietly(clone(model), X, Y).coefs_[0])


def test_the_program_of_another_net_is_not_gone_on_with():
    model = MLPClassifier(**SHORT).partial_fit(X, Y, classes=[0, 1, 2])
    quietly(model.set_params(solver="lbfgs"), X, Y)
    before = model.coefs_[0].copy()
    model.set_params(solver="adam").partial_fit(X, Y)
    assert 0 < np.abs(model.coefs_[0] - before).max() < 0.01
    assert_array_equal(model.model_.layers[0].weight.data, model.coefs_[0])


def test_best_weights_are_those_of_this_fit():
    model = quietly(MLPClassifier(**SHORT, early_stopping=True), X, Y)
    model.set_params(scoring=lambda *given: np.nan, random_state=1)
    for sizes in ((6, 5), (7,)):
        quietly(model.set_params(hidden_layer_sizes=sizes), X, Y)
        assert np.isnan(model.validation_scores_).all()
        plain = MLPClassifier(
            sizes, max_iter=3, random_state=1, early_stopping=True, scoring=lambda *given: 0.0
        )
        assert model.coefs_[0].shape == quietly(plain, X, Y).coefs_[0].shape
        assert not np.allclose(model.coefs_[0], plain.coefs_[0])  # the last ones, not the first


@pytest.mark.parametrize("fitted", [True, False])
@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({"loss": "nonsense"}, (X[:, :2], Y > 0)),
        ({"activation": ["relu"] * 4}, (X[:, :2], Y > 0)),
        ({"dropout": ["much", 0]}, (X, Y)),
        ({"callbacks": [print]}, (X[:, :2], Y > 0)),
        ({"loss": lambda scores, labels: cr.mean(scores @ labels)}, (X[:, :2], Y)),
        ({"early_stopping": True, "validation_fraction": 0.001}, (X[:9, :2], np.arange(9))),
        ({"solver": "lbfgs", "clip": 1.0}, (X[:, :2], Y)),
        ({"learning_rate_init": 1e305, "solver": "sgd", "activation": "identity"}, (X, Y)),
        ({}, (X, Y[:20])),
        ({}, (X * np.nan, Y)),
        ({"hidden_layer_sizes": (3.5,)}, (X, Y)),
    ],
)
def test_a_fit_that_fails_leaves_what_stood(settings, given, fitted):
    model = MLPClassifier(**SHORT)
    if fitted:
        quietly(model, X, Y)
        answers, facts = model.predict_proba(X), dict(vars(model))
    with pytest.raises((ValueError, TypeError)):
        model.set_params(**settings).fit(*given)
    if fitted:
        assert_array_equal(model.predict_proba(X), answers)
        model.set_params(**{name: SHORT.get(name, clone(MLPClassifier()).get_params()[name])
                            for name in settings})  # fmt: skip
        assert vars(model) == facts
        model.partial_fit(X, Y)
    else:
        with pytest.raises(NotFittedError):
            model.predict(X)


def test_a_callback_that_raises_leaves_the_epochs_that_were_learned():
    class Breaks(cr.train.Callback):
        def on_epoch_end(self, state):
            if len(state.history.epochs) == 2:
                raise RuntimeError("broken")

    model = MLPClassifier(**SHORT, callbacks=[Breaks()])
    with pytest.raises(RuntimeError, match="broken"):
        model.fit(X, Y)
    assert model.n_iter_ == len(model.loss_curve_) == 2
    assert model.predict(X).shape == (150,)


def test_coefficients_of_other_shapes_are_refused():
    model = quietly(MLPClassifier(**SHORT), X, Y)
    model.coefs_ = tuple(2 * w for w in model.coefs_)
    assert model.predict(X).shape == (150,)
    for name, given in (
        ("coefs_", [np.ones((4, 9)), *model.coefs_[1:]]),
        ("coefs_", model.coefs_[:2]),
        ("intercepts_", [np.ones((6, 1)), *model.intercepts_[1:]]),
    ):
        other = copy.deepcopy(model)
        setattr(other, name, given)
        with pytest.raises(ShapeError, match=name):
            other.predict(X)


def test_another_net_in_the_place_of_the_trained_one_is_refused_and_stays_as_it_is():
    model = quietly(MLPClassifier(**SHORT), X, Y)
    other = quietly(MLPClassifier(**SHORT | {"random_state": 1}), X, Y)
    state = {name: np.array(x) for name, x in other.model_.state().items()}
    net, model.model_ = model.model_, other.model_
    with pytest.raises(ArgumentError, match="load_state"):
        model.predict(X)
    model.model_ = net
    net.load_state(state)
    assert_array_equal(model.predict_proba(X), other.predict_proba(X))


def test_an_optimizer_that_has_trained_another_net_starts_anew():
    for used in (optim.Adam(1e-2), optim.EMA(optim.Adam(1e-2), 0.9), optim.SGD(0.1, momentum=0.9)):
        new = copy.deepcopy(used)
        net = quietly(MLPClassifier(**SHORT), X, Y).model_
        cr.fit(net, (X, Y), loss=cr.softmax_cross_entropy, optimizer=used, epochs=2)
        one, other = (quietly(MLPClassifier(**SHORT, solver=o), X, Y) for o in (used, new))
        assert_array_equal(one.coefs_[0], other.coefs_[0])
        assert used.steps > 0
    quietly(MLPClassifier(**SHORT, solver=optim.LBFGS()), X, Y)


def test_a_linear_layer_as_activation_is_no_layer_of_coefficients():
    model = quietly(MLPClassifier((6,), activation=nn.Linear(6, 6), max_iter=2), X, Y)
    assert [w.shape for w in model.coefs_] == [(4, 6), (6, 3)]


def test_large_sparse_rows_keep_their_order_where_they_are_not_shuffled(monkeypatch):
    x = scipy.sparse.csr_matrix(X)
    settings = SHORT | {"shuffle": False, "batch_size": 20}
    whole = quietly(MLPClassifier(**settings), x, Y, sample_weight=1.0 + Y)
    monkeypatch.setattr(rows_as_given, "DENSE_BYTES", 1000)
    monkeypatch.setattr(rows_as_given, "BLOCK_BYTES", 40 * 4 * 8)
    by_block = quietly(MLPClassifier(**settings), x, Y, sample_weight=1.0 + Y)
    assert_allclose(whole.coefs_[0], by_block.coefs_[0])
    assert_allclose(whole.loss_curve_, by_block.loss_curve_)


def test_a_schedule_goes_on_from_part_to_part():
    seen = []

    def falling(step):
        seen.append(step)
        return 0.01 / (1 + step)

    for more in ({}, {"callbacks": [cr.train.Callback()]}):
        seen.clear()
        model = MLPClassifier(**SHORT, learning_rate=falling, batch_size=50)
        for alpha in (0.1, 0.1, 0.2):
            model.set_params(alpha=alpha, **more).partial_fit(X, Y, classes=[0, 1, 2])
        assert set(seen) == set(range(9))
        for schedule, words in (("one_cycle", "does not know its steps"), ("plateau", "epochs")):
            with pytest.raises(ValueError, match=words):
                MLPClassifier(**SHORT, learning_rate=schedule, **more).partial_fit(
                    X, Y, classes=[0, 1, 2]
                )


def test_two_classes_may_be_learned_as_whether_or_not():
    y = np.array(["no", "yes"])[(Y == 2).astype(int)]
    plain = quietly(MLPClassifier(**SHORT), X, y)
    for loss in ("binary_cross_entropy", partial(cr.binary_cross_entropy, pos_weight=1.0)):
        model = quietly(MLPClassifier(**SHORT, loss=loss), X, y)
        assert_allclose(model.predict_proba(X), plain.predict_proba(X))
        assert model.n_outputs_ == 1
    sure = partial(cr.binary_cross_entropy, pos_weight=20.0)
    model = quietly(MLPClassifier(**SHORT, loss=sure), X, y)
    assert model.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()
    focal = quietly(MLPClassifier((20,), loss="binary_focal", max_iter=300, random_state=0), X, y)
    assert focal.score(X, y) > 0.85
    with pytest.raises(ArgumentError, match="3 classes"):
        MLPClassifier(**SHORT, loss=sure).fit(X, Y)


def test_labels_are_weighed_each_by_its_own():
    weights = [{0: 1, 1: 5}, {0: 1, 1: 1}, {0: 1, 1: 1}]
    model = quietly(MLPClassifier(**SHORT, class_weight=weights), X, LABELS)
    by_row = quietly(MLPClassifier(**SHORT), X, LABELS, sample_weight=1.0 + 4 * (Y == 0))
    assert_allclose(model.coefs_[0], by_row.coefs_[0])


def test_settings_that_have_no_meaning_together_are_refused():
    for settings, words in (
        ({"solver": "lbfgs", "ema": 0.9}, "ema cannot be had with lbfgs"),
        ({"solver": "lbfgs", "callbacks": [cr.train.Callback()]}, "callbacks cannot"),
        ({"solver": "adamw", "learning_rate": "adaptive"}, 'made for solver="sgd"'),
        ({"solver": optim.SGD(0.1), "learning_rate": "invscaling"}, 'made for solver="sgd"'),
        ({"activation": [3, "relu"]}, "activation holds 3"),
        ({"dropout": ["a", 0.1]}, "dropout holds 'a'"),
    ):
        with pytest.raises(ArgumentError, match=words):
            MLPClassifier(**SHORT).set_params(**settings).fit(X, Y)
    with pytest.raises(ArgumentError, match="validation_data cannot be had"):
        MLPRegressor(**SHORT, solver="lbfgs").fit(X, Y, validation_data=(X, Y))
    for y, watched in ((Y, LABELS), (LABELS, Y)):
        with pytest.raises(ValueError, match="validation_data holds"):
            MLPClassifier(**SHORT).fit(X, y, validation_data=(X, watched))
