"""Training by batches: an estimator's rows through fit, or one epoch of them through Program.

Imports scikit-learn and train. The estimators' base calls it once everything has been checked.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule.errors import NonFiniteError
from chainrule.estimators.perceptron.kinds_of_answers import Answers
from chainrule.estimators.perceptron.optimiser_settings import (
    PLATEAU,
    Learning,
    penalties,
    step_settings,
)
from chainrule.estimators.perceptron.rows_as_given import SparseRows, dense, is_large, is_sparse
from chainrule.estimators.perceptron.scores_asked_for import Scored
from chainrule.estimators.perceptron.sklearn_door import (
    SettingError,
    is_classifier,
    of_setting,
    train_test_split,
)
from chainrule.estimators.perceptron.stopping_rule import StoppingRule
from chainrule.train import Program, evaluate, fit

Array = np.ndarray[Any, np.dtype[Any]]
USUAL_ROWS = 200  # of a batch, in scikit-learn
BY_FIT = "Leave it out, or train all rows at once with fit."
TOO_SMALL = (
    "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
)


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows: x as given, y as the user named it, targets as the net learns them."""

    x: Any
    y: Any
    targets: Array
    weights: Array | None

    def entering(self, dtype: Any) -> Array:
        """Targets in the types of a net: codes of classes stay whole numbers."""
        targets = self.targets
        return targets if targets.dtype == np.int64 else targets.astype(dtype)

    def taken(self, places: Array) -> "Part":
        """The rows at some places."""
        weights = None if self.weights is None else self.weights[places]
        return Part(self.x[places], self.y[places], self.targets[places], weights)


def trained(
    estimator: Any, rows: Part, answers: Answers, watched: Part | None, incremental: bool
) -> None:
    """Train the estimator's net until its stopping rule ends it; one epoch if ``incremental``."""
    if estimator.early_stopping and incremental:
        raise SettingError("partial_fit does not support early_stopping=True", do=BY_FIT)
    if estimator.ema is not None and incremental:
        what = "partial_fit does not support ema, which averages over a whole fit"
        raise SettingError(what, do=BY_FIT)
    if estimator.learning_rate == PLATEAU and incremental:
        what = (
            "partial_fit does not support learning_rate='plateau', which compares epochs of a fit"
        )
        raise SettingError(what, do=BY_FIT)
    if not incremental or not hasattr(estimator, "_optimizer"):
        estimator._optimizer = Learning(estimator, _seed(estimator))
    judged = watched
    if estimator.early_stopping and watched is None:
        rows, judged = _split(estimator, rows)
    run = _Run(estimator, rows, answers, watched, incremental)
    score = _score_of(estimator, judged, answers) if estimator.early_stopping else None
    rule = StoppingRule(estimator, run.learning, run.count, answers.shown, score)
    if incremental and run.is_plain:
        rule.ended(run.epoch())
        return
    _fitted(estimator, run, rule, 1 if incremental else int(estimator.max_iter), incremental)


def _fitted(
    estimator: Any, run: "_Run", rule: StoppingRule, epochs: int, incremental: bool
) -> None:
    try:
        others = *run.learning.reducing, *estimator._bridges, *estimator.callbacks
        history = run.fit(epochs, [rule, *others])
    except NonFiniteError:
        if not estimator.early_stopping:
            raise
        rule.diverged()
    else:
        estimator.history_ = history
        if history.stopped == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=2)
        elif history.stopped == "epochs" and not incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the "
                "optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )
    if estimator.early_stopping and estimator._best_state:
        estimator.model_.load_state(estimator._best_state)


class _Run:
    """What fit and Program are given."""

    def __init__(
        self, estimator: Any, rows: Part, answers: Answers, watched: Part | None, incremental: bool
    ) -> None:
        self.learning: Learning = estimator._optimizer
        self._incremental = incremental
        self.count = rows.x.shape[0]
        self._estimator, self._answers, self._watched = estimator, answers, watched
        self._dtype = estimator.coefs_[0].dtype
        self._rows, self._size = rows, _batch_size(estimator.batch_size, self.count)
        self._order: Array = np.arange(self.count)
        self._epoch = 0
        self._passes = len(estimator.loss_curve_)  # by this net before: no mask of dropout again

    @property
    def is_plain(self) -> bool:
        """Whether an epoch needs nothing but steps."""
        estimator = self._estimator
        simple = self._watched is None and self._answers.shown == 1
        simple = simple and estimator.accumulate == 1 and not self.learning.reducing
        return simple and not estimator.callbacks and not self._is_streamed

    @property
    def _is_streamed(self) -> bool:
        return is_sparse(self._rows.x) and is_large(self._rows.x, self._dtype)

    def epoch(self) -> float:
        """One epoch by the program that is kept; the mean loss of its rows."""
        rows, size = self._rows, self._size
        estimator = self._estimator
        settings = estimator.model_, *step_settings(estimator, len(estimator.coefs_))
        program = self.learning.program(self._program, settings)
        x, targets = dense(rows.x, self._dtype), rows.entering(self._dtype)
        losses = program.epoch(x, targets, size, self._order_of(1), rows.weights)
        sizes = np.full(len(losses), size)
        sizes[-1] = self.count - size * (len(losses) - 1)
        return float(np.dot(losses, sizes) / self.count)

    def fit(self, epochs: int, callbacks: list[Any]) -> Any:
        """All epochs."""
        estimator, learning, rows = self._estimator, self.learning, self._rows
        weights, shuffle = rows.weights, self._order_of
        targets = rows.entering(self._dtype)
        if self._is_streamed:
            # fit shuffles within a block: where rows keep their order, a block is a batch.
            size = 0 if estimator.shuffle else self._size
            data: Any = SparseRows(rows.x, targets, weights, self._dtype, size)
            weights, shuffle = None, True
        else:
            data = dense(rows.x, self._dtype), targets
        return fit(
            estimator.model_,
            data,
            loss=self._answers.loss,
            optimizer=learning.optimizer,
            regularization=penalties(estimator, estimator.model_),
            epochs=epochs,
            batch_size=self._size,
            validation=self._validation(),
            sample_weight=weights,
            schedule=self._schedule(),
            clip=estimator.clip,
            accumulate=estimator.accumulate,
            callbacks=callbacks,
            metric=None,
            seed=learning.seed_after(self._passes),
            shuffle=shuffle,
        )

    def _program(self) -> Program:
        estimator, learning = self._estimator, self.learning
        return Program(
            estimator.model_,
            self._answers.loss,
            learning.optimizer,
            penalties(estimator, estimator.model_),
            self._schedule(),
            estimator.clip,
            seed=learning.seed,
            epochs=self._passes,
        )

    def _schedule(self) -> Any:
        return self.learning.schedule_on() if self._incremental else self.learning.schedule

    def _validation(self) -> Any:
        watched = self._watched
        if watched is None:
            return None
        given = dense(watched.x, self._dtype), watched.entering(self._dtype)
        return given if watched.weights is None else (*given, watched.weights)

    def _order_of(self, epoch: int) -> Array:
        """The rows in the order of an epoch, as scikit-learn's MLP draws them."""
        if self._estimator.shuffle and epoch > self._epoch:
            self._order, self._epoch = self._order[self._drawn()], epoch
        return self._order

    def _drawn(self) -> Array:
        places = cast("Array", np.arange(self.count))
        self._estimator._random_state.shuffle(places)
        return places


def _batch_size(given: Any, rows: int) -> int:
    if given == "auto":
        return min(USUAL_ROWS, rows)
    if given > rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=2,
        )
    return min(max(int(given), 1), rows)


def _seed(estimator: Any) -> int:
    """Of dropout: it takes nothing from the draws of weights and orders."""
    return int(copy_of_state(estimator._random_state).randint(2**31 - 1))


def copy_of_state(rng: np.random.RandomState) -> np.random.RandomState:
    """Random numbers as they would come next, without taking them."""
    other = np.random.RandomState()
    other.set_state(rng.get_state())
    return other


def _split(estimator: Any, rows: Part) -> tuple[Part, Part]:
    """Rows to train on, and rows to judge by: scikit-learn's own draw."""
    binary = is_classifier(estimator) and estimator.n_outputs_ == 1
    with of_setting("early_stopping with validation_fraction", estimator.validation_fraction):
        learned, kept = train_test_split(
            np.arange(rows.x.shape[0]),
            random_state=estimator._random_state,
            test_size=estimator.validation_fraction,
            stratify=rows.targets.astype(bool) if binary else None,
        )
    if len(kept) < 2:
        raise SettingError(TOO_SMALL)
    return rows.taken(learned), rows.taken(kept)


def _score_of(estimator: Any, judged: Any, answers: Answers) -> Callable[[], float]:
    """The score that early stopping watches."""
    scoring = estimator.scoring
    if scoring is None:
        return lambda: estimator._score(judged.x, judged.y, judged.weights)
    if scoring == "loss":
        dtype = estimator.coefs_[0].dtype
        x, targets = dense(judged.x, dtype), judged.entering(dtype)

        def by_loss() -> float:
            loss, _ = evaluate(
                estimator.model_, (x, targets), answers.loss, metric=None,
                sample_weight=judged.weights,
            )  # fmt: skip
            return -loss * answers.shown

        return by_loss
    weights = {} if judged.weights is None else {"sample_weight": judged.weights}
    return Scored(estimator, judged.x, judged.y, weights)
