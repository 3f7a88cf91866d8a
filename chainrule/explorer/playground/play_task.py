"""The points of a playground as a net learns them: standardised, split, with targets.

Imports ops and the point set. What each loss asks of a net's outputs stands here, and what they
say of a place in the plane.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.playground.play_settings import PlaySettings
from chainrule.explorer.playground.point_set import PointSet
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.softmax import softmax

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class PlayTask:
    """What is learned.

    Attributes
    ----------
    points : PointSet
    loss : str
    held : ndarray of bool, (N,)
        The points that are held back for the test.
    mean, spread : ndarray, (2,)
        Of the points that are learned; the net is given (x - mean) / spread.
    """

    points: PointSet
    loss: str
    held: Array
    mean: Array
    spread: Array

    @classmethod
    def of(cls, points: PointSet, settings: PlaySettings) -> "PlayTask":
        """Hold some points back, and standardise by the others.

        Raises
        ------
        ArgumentError
            If the points that are learned are of one class.
        """
        held = np.zeros(len(points.x), bool)
        held[held_back(len(points.x), settings.held, settings.seed)] = True
        if len(np.unique(points.label[~held])) < 2:
            raise ArgumentError(
                "All points that are left to learn from are of one class.",
                do="Set more points, or hold fewer of them back.",
                where="",
            )
        learned = points.x[~held]
        spread = learned.std(axis=0)
        mean: Array = learned.mean(axis=0)
        return cls(points, settings.loss, held, mean, np.where(spread > 0, spread, 1))

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.points.classes)

    @property
    def outputs(self) -> int:
        """Of the net: one for two classes where the loss takes one number for both."""
        return outputs_for(self.loss, self.classes)

    def entered(self, x: Array) -> Array:
        """Places of the plane as the net is given them."""
        return np.ascontiguousarray((x - self.mean) / self.spread, np.float32)

    @property
    def targets(self) -> Array:
        """What the loss compares the outputs with, for every point."""
        return targets_for(self.loss, self.points.label, self.classes)

    def loss_of(self, outputs: Array, targets: Array) -> float:
        """The mean loss of some outputs; NaN for none."""
        if not len(outputs):
            return float("nan")
        return float(CATALOGUE.function(self.loss)(outputs, targets))

    def decided(self, outputs: Array) -> Array:
        """The class of each row."""
        return (
            (outputs[:, 0] > 0).astype(np.int64)
            if outputs.shape[1] == 1
            else outputs.argmax(axis=1)
        )

    def accuracy(self, outputs: Array, label: Array) -> float:
        """The share of rows whose class is found; NaN for none."""
        found: Array = self.decided(outputs)
        return np.count_nonzero(found == label) / len(label) if len(label) else float("nan")

    def surely(self, outputs: Array) -> Array:
        """How sure the net is, from 0 to 1: of class 1 where there are two, else of the class.

        A margin of the SVM, or a distance from the boundary, counts up to 1 on either side.
        """
        if self.loss == "softmax_cross_entropy":
            shares = softmax(outputs)
            return shares[:, 1] if self.classes == 2 else shares.max(axis=1)
        if self.loss == "binary_cross_entropy":
            return sigmoid(outputs).max(axis=1)
        if self.classes == 2:
            difference = outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
            return 0.5 + 0.5 * np.clip(difference, -1, 1)
        first, second = np.sort(outputs, axis=1)[:, -1], np.sort(outputs, axis=1)[:, -2]
        least = 1 / self.classes
        return least + (1 - least) * np.clip(first - second, 0, 1)


def held_back(rows: int, share: float, seed: int) -> Array:
    """The numbers of the rows that are held back."""
    return np.random.default_rng(seed).permutation(rows)[: int(share * rows)]


def outputs_for(loss: str, classes: int) -> int:
    """How many outputs a net needs."""
    return 1 if classes == 2 and loss in ("binary_cross_entropy", "squared_error") else classes


def targets_for(loss: str, label: Array, classes: int) -> Array:
    """Class labels, or one column of 0 and 1 (-1 and 1 for distances), or a column a class."""
    if loss in ("softmax_cross_entropy", "hinge"):
        return label
    if classes > 2:
        return np.eye(classes, dtype=np.float32)[label]
    column = label[:, np.newaxis].astype(np.float32)
    return 2 * column - 1 if loss == "squared_error" else column
