"""When the training of an estimator ends: scikit-learn's rule, at the end of each epoch.

Imports train's callbacks. The estimator's curves are written here, while the net is trained.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from chainrule.train import Callback

SMALLEST_RATE = 1e-6  # below which an adaptive learning rate ends the training, in scikit-learn
ADAPTIVE_FACTOR = 5.0
CURVES = (
    "t_", "loss_curve_", "validation_loss_curve_", "validation_scores_", "best_loss_",
    "best_validation_score_", "_no_improvement_count", "_best_state",
)  # fmt: skip


def begin_curves(estimator: Any, fresh: bool) -> None:
    """Curves without a point for a fresh net; for one that goes on, those that it has not yet."""
    facts = cast("dict[str, Any]", vars(estimator))
    for name in CURVES if fresh else ():
        facts.pop(name, None)
    facts.setdefault("t_", 0)
    if estimator.solver == "lbfgs":
        return
    facts.setdefault("loss_curve_", [])
    facts.setdefault("validation_loss_curve_", [])
    watched = bool(estimator.early_stopping)
    if "best_loss_" not in facts or (facts["best_loss_"] is None) != watched:
        facts |= {
            "validation_scores_": [] if watched else None,
            "best_validation_score_": -np.inf if watched else None,
            "best_loss_": None if watched else np.inf,
            "_no_improvement_count": 0,
            "_best_state": None,
        }


class StoppingRule(Callback):
    """Writes the curves of an estimator, and stops once nothing has improved for long enough.

    Parameters
    ----------
    estimator : estimator
    learning : Learning
        Whose rate is changed between epochs.
    rows : int
        Of an epoch.
    shown : float
        What the data's loss is multiplied by before it is shown.
    score : callable, optional
        The score of the validation rows; None: the training loss is watched.
    """

    def __init__(
        self,
        estimator: Any,
        learning: Any,
        rows: int,
        shown: float,
        score: Callable[[], float] | None = None,
    ) -> None:
        self._estimator, self._learning, self._rows = estimator, learning, rows
        self._shown, self._score = shown, score
        self._say: Callable[[str], None] = print if estimator.verbose else _silent

    def on_epoch_end(self, state: Any) -> None:
        last = state.history.epochs[-1]
        loss = last.data_loss * self._shown + last.regularization_loss
        with state.averaged():
            ended = self.ended(loss, last.validation_loss * self._shown)
        if ended:
            state.stop("converged")

    def ended(self, loss: float, validation_loss: float = np.nan) -> bool:
        """Take in an epoch with this loss; whether it was the last one."""
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.t_ += self._rows
        estimator.loss_ = loss
        estimator.loss_curve_.append(loss)
        if validation_loss == validation_loss:
            estimator.validation_loss_curve_.append(validation_loss)
        self._say(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        self._compare(estimator)
        self._learning.epoch_ends(estimator)
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        if self._goes_on(estimator):
            estimator._no_improvement_count = 0
            return False
        return True

    def diverged(self) -> None:
        """The loss has become NaN or infinite: an epoch whose score nobody can tell."""
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.loss_ = np.nan
        estimator.loss_curve_.append(np.nan)
        estimator.validation_scores_.append(np.nan)

    def _compare(self, estimator: Any) -> None:
        """Count the epochs that have not improved; remember the best weights."""
        if self._score is None:
            loss = estimator.loss_curve_[-1]
            worse = loss > estimator.best_loss_ - estimator.tol
            estimator.best_loss_ = min(loss, estimator.best_loss_)
        else:
            score = self._score()
            estimator.validation_scores_.append(score)
            self._say(f"Validation score: {score:f}")
            worse = score < estimator.best_validation_score_ + estimator.tol
            if score > estimator.best_validation_score_:
                estimator.best_validation_score_ = score
                estimator._best_state = {k: np.array(v) for k, v in _state(estimator).items()}
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if worse else 0

    def _goes_on(self, estimator: Any) -> bool:
        """Whether an adaptive rate is lowered instead of ending."""
        what = "Training loss" if self._score is None else "Validation score"
        lasted = (
            f"{what} did not improve more than tol={estimator.tol:f} for "
            f"{estimator.n_iter_no_change} consecutive epochs."
        )
        learning = self._learning
        if not learning.adapts:
            ending = "Stopping."
        elif learning.learning_rate <= SMALLEST_RATE:
            ending = "Learning rate too small. Stopping."
        else:
            learning.optimizer.rate /= ADAPTIVE_FACTOR
            ending = f"Setting learning rate to {learning.learning_rate:f}"
        self._say(f"{lasted} {ending}")
        return not ending.endswith("Stopping.")


def _state(estimator: Any) -> Any:
    return estimator.model_.state()


def _silent(line: str) -> None:
    """Nobody reads."""
