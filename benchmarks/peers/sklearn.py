"""scikit-learn: whole fits; and partial_fit, where its MLP does what the others do."""

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks import whole_fits
from benchmarks.cases import Case, data
from benchmarks.peers import Task


def epoch(case: Case) -> Task:
    """Plain SGD, no momentum, no L2, rows in their order."""
    if case.activation != "relu" or case.optimizer != "sgd" or case.norm or case.dropout:
        raise NotImplementedError("only ReLU nets with plain SGD")
    given = data(case)
    kind, share = (MLPClassifier, 1.0) if case.outputs > 1 else (MLPRegressor, 0.5)
    net = kind(
        hidden_layer_sizes=case.hidden,
        solver="sgd",
        alpha=0.0,
        momentum=0.0,
        batch_size=case.rows,
        shuffle=False,
        learning_rate_init=case.rate / share,  # its squared error has a factor 1/2
    )
    y = given.y if case.outputs > 1 else given.y[:, 0]
    more = {"classes": np.arange(case.outputs)} if case.outputs > 1 else {}
    net.partial_fit(given.x, y, **more)  # makes the arrays that the first weights go into
    for i, (weight, bias) in enumerate(given.layers):
        net.coefs_[i][...], net.intercepts_[i][...] = weight, bias
    return Task(lambda: net.partial_fit(given.x, y), lambda net: net.loss_ / share, case.batches)


def fit(case: Case) -> Task:
    """A whole fit; its value is seconds."""
    return whole_fits.fit(case, _fitted)


def search(case: Case) -> Task:
    """Fits of all shapes in all folds; its value is seconds."""
    return whole_fits.search(case, _fitted)


def _fitted(case, x, y):
    net = MLPClassifier(
        case.hidden, batch_size=case.rows, max_iter=case.batches, tol=0.0, n_iter_no_change=1000
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it might have gone on
        net.fit(x, y)


FORMS = {"epoch": epoch, "fit": fit, "search": search}
