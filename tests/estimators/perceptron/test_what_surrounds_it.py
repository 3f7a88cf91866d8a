"""An estimator among others: stored between calls, and given answers in other containers."""

import os
import pickle
import signal
import warnings
from contextlib import redirect_stdout

import numpy as np
import pytest
import scipy.sparse
import sklearn.neural_network as theirs
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_val_predict

import chainrule.estimators as ours
from chainrule.estimators import MLPRegressor
from chainrule.train import Callback

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = X @ [1.0, 2.0, -1.0, 0.5]
LABELS = (X[:, :3] > 0).astype(int)


def stored(model):
    return pickle.loads(pickle.dumps(model))


def by_partial_fit(model, rows):
    return model.partial_fit(X[rows], Y[rows])


def by_warm_fit(model, rows):
    return model.set_params(warm_start=True, max_iter=1, n_iter_no_change=9).fit(X[rows], Y[rows])


WAYS = {
    "kept": (by_partial_fit, {}),
    "stored": (lambda model, rows: by_partial_fit(stored(model), rows), {}),
    "by fit": (by_partial_fit, {"accumulate": 2}),
    "other settings": (
        lambda model, rows: by_partial_fit(model.set_params(alpha=rows[0] * 1e-12), rows), {},
    ),
    "warm": (by_warm_fit, {}),
    "warm and stored": (lambda model, rows: by_warm_fit(stored(model), rows), {}),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("way", WAYS)
def test_every_unit_learns_from_rows_that_come_one_at_a_time(way):
    goes_on, settings = WAYS[way]
    model = MLPRegressor(
        hidden_layer_sizes=(20,), activation="identity", dropout=0.5, alpha=0.0, random_state=0,
        solver="sgd", momentum=0.0, **settings,
    )  # fmt: skip
    model = goes_on(model, [0])
    begun = model.coefs_[1].copy()
    for row in range(1, 30):
        model = goes_on(model, [row])
    assert (model.coefs_[1] != begun).all()  # one mask for all of them would spare half


def test_a_net_that_is_stored_between_calls_draws_the_masks_it_would_have_drawn():
    kept, other = (MLPRegressor(dropout=0.5, random_state=0, batch_size=9) for _ in range(2))
    for _ in range(3):
        kept.partial_fit(X, Y)
        other = stored(other.partial_fit(X, Y))
    assert_array_equal(kept.coefs_[0], other.coefs_[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("kind", ["csr_matrix", "csc_array", "coo_matrix"])
def test_sparse_labels_are_answered_as_scikit_learn_answers_them(kind, early):
    labels, found = getattr(scipy.sparse, kind)(LABELS), []
    for library in (theirs, ours):
        settings = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0}
        model = library.MLPClassifier(**settings, early_stopping=early).fit(X, labels)
        found.append((model.predict(X), cross_val_predict(model, X, labels, cv=2)))
    for their, our in zip(*found, strict=True):
        assert type(our) is type(their)
        assert_array_equal(our.toarray(), their.toarray())


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_interruption_is_told_and_keeps_what_was_learned(solver):
    class Interrupts(Callback):
        def on_epoch_end(self, state):
            os.kill(os.getpid(), signal.SIGINT)

    class Tells:
        """Stands for the screen: at the second line somebody presses Ctrl-C."""

        def write(self, text):
            if text.startswith("Iteration 2"):
                os.kill(os.getpid(), signal.SIGINT)

        def flush(self):
            pass

    model = MLPRegressor(solver=solver, max_iter=500, tol=0.0, verbose=True, random_state=0)
    if solver == "adam":
        model.set_params(callbacks=[Interrupts()], verbose=False)
    with warnings.catch_warnings(record=True) as told, redirect_stdout(Tells()):
        warnings.simplefilter("always")
        model.fit(X, Y)
    assert [str(each.message) for each in told] == ["Training interrupted by user."]
    assert model.n_iter_ == (2 if solver == "lbfgs" else 1)
    assert np.isfinite(model.predict(X)).all()
