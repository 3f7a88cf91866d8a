"""Training on all rows at once: SciPy's L-BFGS-B on the compiled loss and its gradient.

Imports scikit-learn and train. The estimators' base calls it for ``solver="lbfgs"``.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.errors import DataError
from chainrule.estimators.perceptron.by_batches import Part
from chainrule.estimators.perceptron.kinds_of_answers import Answers
from chainrule.estimators.perceptron.optimiser_settings import penalties, strengths
from chainrule.estimators.perceptron.rows_as_given import dense, is_large, is_sparse
from chainrule.estimators.perceptron.sklearn_door import SettingError
from chainrule.optim import Minimum
from chainrule.train import evaluate, minimize


def minimized(estimator: Any, rows: Part, answers: Answers, watched: Part | None) -> None:
    """Follow the loss of all rows down from the weights that stand."""
    _refuse_steps(estimator, watched)
    net, dtype = estimator.model_, estimator.coefs_[0].dtype
    _refuse_large(rows.x, dtype)
    data = dense(rows.x, dtype), rows.entering(dtype)
    told = _Told(estimator)
    found = minimize(
        net,
        data,
        loss=answers.loss,
        regularization=penalties(estimator, net),
        sample_weight=rows.weights,
        iterations=int(estimator.max_iter),  # which may be True, as in scikit-learn
        evaluations=int(estimator.max_fun),
        tolerance=float(estimator.tol),
        callback=told.heard if told.listens else None,
    )
    estimator.n_iter_ = min(found.iterations, estimator.max_iter)
    estimator.loss_ = found.loss
    if answers.shown != 1:
        loss, _ = evaluate(net, data, answers.loss, metric=None, sample_weight=rows.weights)
        estimator.loss_ -= loss * (1 - answers.shown)
    if found.message == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=2)
    elif not found.converged:
        warnings.warn(
            f"lbfgs failed to converge after {found.iterations} iteration(s): {found.message}. "
            "Increase max_iter or max_fun to improve the convergence, or scale the data to mean "
            "0 and variance 1.",
            ConvergenceWarning,
            stacklevel=2,
        )


class _Told:
    """Those who hear of each iteration: the screen, and scikit-learn's callbacks."""

    def __init__(self, estimator: Any) -> None:
        self._bridges, self._last = estimator._bridges, estimator.max_iter
        self._say: Any = print if estimator.verbose else None
        for bridge in self._bridges:
            bridge.begins()

    @property
    def listens(self) -> bool:
        """Whether there is anybody."""
        return self._say is not None or bool(self._bridges)

    def heard(self, found: Minimum) -> bool:
        """An iteration is done; whether somebody asks to stop."""
        if self._say is not None:
            self._say(f"Iteration {found.iterations}, loss = {found.loss:.8f}")
        stops = sum([bridge.ends() for bridge in self._bridges]) > 0
        if found.iterations < self._last:
            for bridge in self._bridges:
                bridge.begins()
        return stops


def _refuse_steps(estimator: Any, watched: Part | None) -> None:
    """What is said of steps; scikit-learn's own settings of that kind have no effect."""
    given = {
        "clip": estimator.clip is not None,
        "accumulate": estimator.accumulate != 1,
        "ema": estimator.ema is not None,
        "callbacks": len(estimator.callbacks) > 0,
        "max_norm": any(x is not None for x in strengths(estimator, len(estimator.coefs_))[-1]),
        "validation_data": watched is not None,
    }
    found = [name for name, is_given in given.items() if is_given]
    if found:
        raise SettingError(
            f"{' and '.join(found)} cannot be had with lbfgs, which makes no steps by batches.",
            do='Leave it out, or train by batches: solver="adam".',
        )


def _refuse_large(x: Any, dtype: Any) -> None:
    if is_sparse(x) and is_large(x, dtype):
        size = x.shape[0] * x.shape[1] * np.dtype(dtype).itemsize
        raise DataError(
            f"lbfgs compares losses of all rows, which are {size / 1e6:,.0f} MB of dense numbers.",
            found=[f"X   {x.shape} with {x.nnz:,} entries"],
            do='Train by batches, which are made dense one at a time: solver="adam".',
        )
