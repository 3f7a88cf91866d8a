"""Perceptron: what the two estimators share: checking, training by rows or at once, answering.

Imports scikit-learn, train and the files beside it. MLPClassifier and MLPRegressor inherit it.
"""

from operator import index
from typing import Any, ClassVar, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin

from chainrule.errors import ArgumentError, NonFiniteError
from chainrule.estimators.perceptron.at_once import minimized
from chainrule.estimators.perceptron.by_batches import Part, trained
from chainrule.estimators.perceptron.callback_bridge import telling
from chainrule.estimators.perceptron.hidden_layers import Forward, between
from chainrule.estimators.perceptron.kinds_of_answers import Answers
from chainrule.estimators.perceptron.optimiser_settings import strengths
from chainrule.estimators.perceptron.rows_as_given import parts_of
from chainrule.estimators.perceptron.setting_rules import RULES, doubtful
from chainrule.estimators.perceptron.sklearn_door import (
    SettingError,
    check_consistent_length,
    check_random_state,
    check_sample_weight,
    of_setting,
    refusal,
    validate_by_rules,
    validate_data,
)
from chainrule.estimators.perceptron.standing_net import StandingNet, unharmed
from chainrule.estimators.perceptron.stopping_rule import begin_curves
from chainrule.train.events import Hooks

Array = np.ndarray[Any, np.dtype[Any]]
NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


class Perceptron(StandingNet, CallbackSupportMixin, BaseEstimator):
    """What both estimators share."""

    _parameter_constraints: ClassVar[dict[str, Any]] = RULES

    # Settings that this file reads, and what fit leaves.
    hidden_layer_sizes: Any
    callbacks: Any
    dropout: Any
    early_stopping: bool
    normalization: Any
    warm_start: bool
    random_state: Any
    n_outputs_: int
    out_activation_: str

    def _validate_params(self) -> None:
        """scikit-learn's check, which takes its time, of those settings that need its words."""
        rules, caller = self._parameter_constraints, type(self).__name__
        for name, value in doubtful(self).items():
            with of_setting(name, value):  # what no rule can be asked about, is no setting
                validate_by_rules(rules, {name: value}, caller_name=caller)

    def _fit(
        self, x: Any, y: Any, weights: Any, validation: Any = None, incremental: bool = False
    ) -> Any:
        given = x, y, weights
        with unharmed(self):
            rows, answers, watched = self._prepared(x, y, weights, validation, incremental)
            with telling(self, incremental, *given):
                try:
                    if self.solver == "lbfgs":
                        minimized(self, rows, answers, watched)
                    else:
                        trained(self, rows, answers, watched, incremental)
                except NonFiniteError as error:
                    self.n_iter_ = 0  # what was learned is of no use
                    raise ValueError(NOT_FINITE) from error
                except ArgumentError as error:
                    if self.n_iter_ or isinstance(error, SettingError):
                        raise
                    raise refusal(error) from error  # by train, whose arguments are settings
            arrays = [*self.coefs_, *self.intercepts_]
            if not all(np.isfinite(array).all() for array in arrays):
                self.n_iter_ = 0
                raise ValueError(NOT_FINITE)
        return self

    def _prepared(
        self, x: Any, y: Any, weights: Any, validation: Any, incremental: bool
    ) -> tuple[Part, Answers, Part | None]:
        """Rows and answers that have been checked, and a net for them."""
        sizes = self._hidden_sizes()
        wanted = between(len(sizes), self.activation, self.dropout, self.normalization)
        strengths(self, len(sizes) + 1)
        if self.callbacks:
            with of_setting("callbacks", self.callbacks):
                Hooks(self.callbacks)
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        x, y = self._validated(x, y, incremental, fresh)
        if weights is not None:
            weights = check_sample_weight(weights, x)
        with of_setting("random_state", self.random_state):
            self._random_state = check_random_state(self.random_state)
        answers = self._answers(y)
        rows = Part(x, y, self._targets(y), self._weighed(y, weights))
        watched = self._watched(validation)
        self.n_outputs_ = answers.outputs // answers.columns
        self.out_activation_ = answers.link
        sizes = [x.shape[1], *sizes, answers.outputs]
        if fresh:
            self._begin(sizes, wanted, x.dtype if self.dtype is None else np.dtype(self.dtype))
        else:
            self._go_on(sizes, wanted)
        self._hold()
        begin_curves(self, fresh)
        return rows, answers, watched

    def _watched(self, given: Any) -> Part | None:
        """Rows that are only watched: (X, y), or (X, y, weights)."""
        if given is None:
            return None
        validation = cast("tuple[Any, ...]", given)
        if not isinstance(given, tuple | list) or len(validation) not in (2, 3):
            raise ArgumentError(
                f"validation_data is a pair of rows and targets, but this is {validation!r:.60}.",
                do="Pass validation_data=(X, y), or (X, y, sample_weight).",
            )
        x, y = self._checked_rows(validation[0]), self._checked_answers(validation[1])
        check_consistent_length(x, y)
        weights = check_sample_weight(validation[2], x) if len(validation) == 3 else None
        return Part(x, y, self._targets(y), weights)

    def _checked_rows(self, x: Any) -> Any:
        """Rows to be answered, as scikit-learn checks them."""
        return validate_data(self, x, accept_sparse=["csr", "csc"], reset=False)

    def _hidden_sizes(self) -> list[int]:
        given: Any = self.hidden_layer_sizes
        try:
            listed: list[Any] = list(given) if hasattr(given, "__iter__") else [given]
            sizes = [0 if isinstance(size, bool) else index(size) for size in listed]
        except TypeError:
            listed, sizes = [given], [0]
        if min(sizes, default=1) <= 0:
            raise SettingError(
                f"hidden_layer_sizes must be > 0, got {listed!r:.60}.",
                found=[f"hidden_layer_sizes   {given!r:.60}"],
                do="Give a whole number of units for each hidden layer, such as (100, 50).",
            )
        return sizes

    def _scores(self, x: Any, check_input: bool = True) -> Array:
        """The outputs of the net before the last activation, (N, outputs)."""
        if check_input and not self._is_plain(x):
            x = self._checked_rows(x)
        self._hold()
        forward = Forward(self.model_) if self.model_.buffers() else self._forward
        dtype = self.coefs_[0].dtype
        if type(x) is np.ndarray and x.dtype == dtype:
            return forward(x)
        return np.concatenate([forward(part) for part in parts_of(x, dtype)])

    def _is_plain(self, x: Any) -> bool:
        """Whether scikit-learn's checks, which take as long as the net, would leave x as it is."""
        if type(x) is not np.ndarray or x.ndim != 2 or x.dtype.char not in "fd" or not len(x):
            return False
        fits = x.shape[1] == getattr(self, "n_features_in_", -1)
        return fits and not hasattr(self, "feature_names_in_") and bool(np.isfinite(x).all())

    def _score_rows(self, x: Any, y: Any, weights: Any, score: Any) -> float:
        """A score of rows that have been checked; NaN where an answer is not finite."""
        found = self._predicted(self._scores(x, check_input=False))
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            return float("nan")
        return float(score(y, found, sample_weight=weights))

    # What the two kinds of answers decide.

    def _validated(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        """Rows and answers, as scikit-learn checks them."""
        raise NotImplementedError

    def _checked_answers(self, y: Any) -> Any:
        """The answers of rows that are watched."""
        raise NotImplementedError

    def _answers(self, y: Any) -> Answers:
        """The loss that fits the answers."""
        raise NotImplementedError

    def _targets(self, y: Any) -> Array:
        """Answers as the net learns them."""
        raise NotImplementedError

    def _weighed(self, y: Any, weights: Any) -> Any:
        """The weights of the rows, those of their classes among them."""
        raise NotImplementedError

    def _predicted(self, scores: Array) -> Array:
        """What the net's outputs say."""
        raise NotImplementedError

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()
        return {name: x for name, x in state.items() if name != "_forward"}

    def __setstate__(self, state: Any) -> None:
        cast("Any", super()).__setstate__(state)
        if hasattr(self, "model_"):
            self._forward = Forward(self.model_)
            self._hold()  # arrays that were one are two in a copy

    def __sklearn_tags__(self) -> Any:
        tags: Any = cast("Any", super()).__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def steps_by_batches(estimator: Any) -> bool:
    """Whether there is a partial_fit; scikit-learn's error, where there is none."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{estimator.solver} is not stochastic."
        )
    return True
