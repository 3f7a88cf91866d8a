"""Batches: the rows of the data in a new order each epoch, a few at a time.

Imports NumPy only; the training loop reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Batches:
    """Minibatches by index; the last one may be smaller, and is used too.

    Parameters
    ----------
    x, y : ndarray, (N, ...)
    size : int
        Rows of a batch.
    seed : int
        The order of an epoch is a function of the seed and the epoch's number.
    """

    x: Array
    y: Array
    size: int
    seed: int

    @property
    def rows(self) -> int:
        """N."""
        return len(self.x)

    @property
    def count(self) -> int:
        """Batches in an epoch."""
        return -(-self.rows // self.size)

    @property
    def last_full(self) -> int:
        """Number of the last full batch, counted from 1; 1 if none is full."""
        return max(self.rows // self.size, 1)

    def order(self, epoch: int) -> Array:
        """The rows in the order of an epoch."""
        return np.random.default_rng((self.seed, epoch)).permutation(self.rows)

    def epoch(self, number: int, done: int = 0) -> Iterator[tuple[Array, Array]]:
        """The batches of an epoch after those that are done, C-contiguous arrays of their own.

        All rows in one batch are not copied: that one is read-only, for they may be the caller's.
        """
        if self.size >= self.rows:
            if not done:  # their order changes nothing
                yield _read_only(self.x), _read_only(self.y)
            return
        x, y, size, order = self.x, self.y, self.size, self.order(number)
        for start in range(done * size, len(order), size):
            rows = order[start : start + size]
            yield x.take(rows, 0), y.take(rows, 0)


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
