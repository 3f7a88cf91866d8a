"""A moment of a training: its parameters and its numbers; and the few moments that are kept.

Imports NumPy only. When there are too many, every second one goes, so that a training of any
length can be gone through in even steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
MOST_MOMENTS = 240


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a training stood.

    Attributes
    ----------
    epoch, steps : int
    loss, accuracy : mapping of str to float
        Of the points that are learned ("train") and of those held back ("test").
    objective : float
        The loss of the points that are learned, regularization included.
    gradients, ratios : tuple of float
        For each layer of weights: the norm of the gradient of the objective, and the size of the
        last update over that of the weights.
    dead, saturated : tuple of tuple of int
        Units of each hidden layer, as the checkup finds them over the points that are learned.
    parameters : tuple of ndarray
    """

    epoch: int
    steps: int
    loss: Mapping[str, float]
    accuracy: Mapping[str, float]
    objective: float
    gradients: tuple[float, ...]
    ratios: tuple[float, ...]
    dead: tuple[tuple[int, ...], ...]
    saturated: tuple[tuple[int, ...], ...]
    parameters: tuple[Array, ...]


class KeptMoments:
    """The moments of a training that can be gone back to."""

    def __init__(self) -> None:
        self.all: list[Moment] = []
        self.every = 1  # epochs between two of them

    def is_due(self, epoch: int) -> bool:
        """Whether the moment after this epoch is to be kept."""
        return epoch % self.every == 0

    def add(self, moment: Moment) -> None:
        """Keep one; of too many every second goes."""
        if self.all and self.all[-1].epoch >= moment.epoch:
            return
        self.all.append(moment)
        if len(self.all) > MOST_MOMENTS:
            self.every *= 2
            self.all = [each for each in self.all if each.epoch % self.every == 0]

    def nearest(self, epoch: int) -> Moment:
        """The one that is nearest to an epoch."""
        return min(self.all, key=lambda each: abs(each.epoch - epoch))
