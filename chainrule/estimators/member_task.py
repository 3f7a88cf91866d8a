"""Task: the rows that members learn from, their loss, and how their answers are judged.

Imports the layout of features and losses. member_training.py trains on it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.estimators.features import Layout
from chainrule.estimators.table_recipe import Recipe
from chainrule.ops.losses.classification import SoftmaxCrossEntropy
from chainrule.ops.losses.regression import SquaredError

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Task:
    """Rows to learn from.

    Attributes
    ----------
    x : ndarray of float32, (N, D)
    y : ndarray of int64, (N,) classes; or of float32, (N, 1), standardised numbers
    weights : ndarray of float32, (N,)
    classes : int
        0 for numbers.
    layout : Layout
        What stands where in x.
    groups : ndarray of int, (N,), optional
        Rows of one group are left out together.
    origins : ndarray of int, (N,), optional
        Neighbours of the same are shares of one row, which are left out by different members.
    """

    x: Array
    y: Array
    weights: Array
    classes: int
    layout: Layout
    groups: Array | None = None
    origins: Array | None = None

    @property
    def outputs(self) -> int:
        """Of a net."""
        return self.classes or 1

    def loss(self, recipe: Recipe) -> Any:
        """What a member is trained with."""
        if not self.classes:
            return SquaredError.function
        return partial(SoftmaxCrossEntropy.function, label_smoothing=recipe.smoothing)

    def score(self, outputs: Array, rows: Array) -> float:
        """Accuracy or minus the mean square error on some rows; the higher the better."""
        weights = self.weights[rows]
        if self.classes:
            right = outputs.argmax(1) == self.y[rows]
            return float(np.average(right, weights=weights))
        return -float(np.average((outputs - self.y[rows])[:, 0] ** 2, weights=weights))

    def errors_of(self, outputs: Array, rows: Array) -> Array:
        """Square error of each row, of chances or numbers; of rows of weight 1 on average.

        A few hundred rows tell it from another. Of accuracies they do not: on 120 rows two nets
        differ by 4 points by chance. Not the logarithm, which a net that is right and too sure of
        it would lose by.
        """
        if not len(rows):
            return np.zeros(0)
        wanted, found = self.y[rows], outputs
        if self.classes:
            wanted = np.eye(self.classes, dtype=np.float32)[wanted]
            found: Array = np.exp(outputs - outputs.max(1, keepdims=True))
            found /= found.sum(1, keepdims=True)
        weights = self.weights[rows]
        return ((found - wanted) ** 2).sum(1) * (weights / weights.mean())
