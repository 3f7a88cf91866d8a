"""Scored: the score that somebody chose for early stopping, refused where it is none.

Imports scikit-learn's door. Training by batches asks for the score after each epoch.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any, cast

from chainrule.estimators.perceptron.sklearn_door import (
    SettingError,
    check_scoring,
    of_setting,
    refuse_other_calls,
)


class Scored:
    """A scorer of scikit-learn by name, or a function of the user's, on the rows that are watched.

    Parameters
    ----------
    estimator : estimator
    x, y : array
        Rows that have been checked, and their answers.
    weights : dict
        ``sample_weight``, if there is one.

    Raises
    ------
    SettingError
        For a function that cannot be called with (estimator, X, y), before anything is learned.
    """

    def __init__(self, estimator: Any, x: Any, y: Any, weights: Mapping[str, Any]) -> None:
        self._estimator, self._x, self._y, self._weights = estimator, x, y, weights
        self._named = f"scoring={estimator.scoring!r:.60}"
        with of_setting("scoring", estimator.scoring):  # a function (y, answers) is refused
            self._scorer: Any = check_scoring(estimator, estimator.scoring)
        if not isinstance(estimator.scoring, str):
            refuse_other_calls("scoring", self._scorer, estimator, x, y, **weights)
        self._is_new = not estimator.t_
        if not self._is_new:  # before the weights that stand are changed
            self()

    def __call__(self) -> float:
        answering: Any = copy(self._estimator)
        facts = cast("dict[str, Any]", vars(answering))
        facts.pop("feature_names_in_", None)  # these rows have been checked
        try:
            score = self._score(answering)
        except SettingError:
            if self._is_new and self._estimator.n_iter_ == 1:
                self._estimator.n_iter_ = 0  # what stood before this fit stands again
            raise
        return score

    def _score(self, answering: Any) -> float:
        if isinstance(self._estimator.scoring, str):
            try:
                score: Any = self._scorer(answering, self._x, self._y, **self._weights)
            except (ValueError, TypeError, AttributeError) as error:
                if self._estimator.n_iter_ > 1:  # it has judged this net before
                    raise
                raise SettingError(
                    f"{self._named} cannot judge this net: {error}",
                    do='Choose another score, or scoring="loss".',
                ) from error
        else:  # whose own errors are the user's
            score = self._scorer(answering, self._x, self._y, **self._weights)
        try:
            return float("no number" if isinstance(score, str) else score)
        except (TypeError, ValueError):
            raise SettingError(
                f"{self._named} returned {score!r:.60}, which is no number.",
                do="Return a number from scoring(estimator, X, y): the more, the better.",
            ) from None
