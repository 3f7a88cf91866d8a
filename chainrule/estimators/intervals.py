"""Intervals around numbers, as wide as the rows that were left out are missed by.

Imports the judgement. TabularRegressor inherits it.
"""

from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.estimators.checking import is_real
from chainrule.train.judgement import margin_of

Array = np.ndarray[Any, np.dtype[Any]]
LEVEL = 0.9  # share of rows whose number lies in its interval


class Intervals:
    """What a regressor says of how far its numbers may be off.

    Attributes
    ----------
    misses_ : ndarray
        By how much rows are missed that the answering net has not seen, the smallest first.
    """

    misses_: Array
    predict: Any

    def predict_interval(self, X: Any, level: float = LEVEL) -> Array:
        """Where the numbers lie: the lower and the upper end for each row, (N, 2).

        Parameters
        ----------
        X : frame, dict of columns, list of records or array, (N, D)
        level : float, default 0.9
            Share of the rows whose number lies between its ends. Half the width is NaN where no
            row was left out, and at most the largest miss of those: of n rows, that is the width
            of every level above n / (n + 1).

        Raises
        ------
        ArgumentError
            If the level is not between 0 and 1.
        """
        return self.interval_around(self.predict(X), level)

    @property
    def highest_level(self) -> float:
        """The share beyond which intervals grow no wider: n / (n + 1) of n rows left out."""
        return len(self.misses_) / (len(self.misses_) + 1)

    def interval_around(self, predicted: Array, level: float = LEVEL) -> Array:
        """The intervals around numbers that are predicted already, (N, 2)."""
        margin = self.margin_of(level)
        return predicted[:, None] + np.array([-margin, margin])

    def margin_of(self, level: float) -> float:
        """Half the width of the intervals that a share of the numbers lies in."""
        if not (is_real(level) and 0 < level < 1):
            raise ArgumentError(
                f"level is a share of the rows between 0 and 1, not {level!r}.",
                do="Pass 0.9 for nine of ten.",
            )
        return margin_of(self.misses_, level)
