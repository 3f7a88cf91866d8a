"""Batches: the rows of the data in a new order each epoch, a few at a time.

Imports streams and errors; the training loop and Program read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, IndexRangeError
from chainrule.train.streams import Arrays, Rows

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Batches:
    """Minibatches by index; the last one may be smaller, and is used too.

    Parameters
    ----------
    all : Rows
        As they lie.
    size : int
        Rows of a batch.
    seed : int
        The order of an epoch is a function of the seed and the epoch's number.
    shuffle : bool or callable
        False: as they lie; a function of the epoch's number gives the order itself.
    """

    all: Rows
    size: int
    seed: int
    shuffle: bool | Callable[[int], Any] = field(default=True, kw_only=True)

    @property
    def rows(self) -> int:
        """N."""
        return len(self.all.arrays[0])

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
        if callable(self.shuffle):
            return own_order(self.shuffle(epoch), self.rows, epoch)
        return np.random.default_rng((self.seed, epoch)).permutation(self.rows)

    def ordered(self, epoch: int) -> Rows:
        """All rows as an epoch takes them; in one batch their order changes nothing."""
        if self.shuffle is False or (self.shuffle is True and self.size >= self.rows):
            return self.all
        return Rows(self.all.arrays, self.all.form, self.order(epoch))

    def parts(self, epoch: int, done: int = 0) -> Iterator[tuple[int, Rows]]:
        """The number of its first batch, and some rows in the order of the epoch.

        The first part holds the batch after those that are done; it may begin before it.
        """
        if done < self.count:
            yield 0, self.ordered(epoch)

    def epoch(self, number: int, done: int = 0) -> Iterator[Arrays]:
        """The batches of an epoch after those that are done, C-contiguous arrays of their own.

        All rows in one batch are not copied: that one is read-only, for they may be the caller's.
        """
        rows, size = self.ordered(number), self.size
        if rows.order is None:
            if not done:
                yield tuple(map(_read_only, rows.arrays))
            return
        for start in range(done * size, self.rows, size):
            yield rows.part(start, start + size).taken()


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


def check_shuffle(shuffle: Any) -> None:
    """Raise unless this is True, False or a function of the epoch's number."""
    if shuffle is True or shuffle is False or (callable(shuffle) and type(shuffle) is not type):
        return
    raise ArgumentError(
        f"fit was given shuffle={shuffle!r:.60}.",
        do="shuffle is True, False, or a function of the epoch's number (from 1 on) that returns "
        "the rows in their order: shuffle=lambda epoch: rng.permutation(len(x)).",
    )


def own_order(order: Any, rows: int, epoch: int) -> Array:
    """What a user's ``shuffle`` returned for an epoch: as many numbers of rows as there are."""
    found = checked_order(order, rows)
    if found is None or len(found) != rows:
        shown = "None" if found is None else f"{len(found):,} numbers"
        raise ArgumentError(
            f"shuffle returned {shown} for epoch {epoch}, but there are {rows:,} rows.",
            do="Return as many numbers as there are rows; a row may stand twice.",
        )
    return found


def checked_order(order: Any, rows: int) -> Array | None:
    """Numbers of rows, each of which there is; None for all as they lie."""
    if order is None:
        return None
    array = np.asarray(order)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ArgumentError(
            f"order holds numbers of rows, but this is {array.dtype} of shape {array.shape}.",
            do="Pass a permutation: rng.permutation(len(x)).",
        )
    if array.size and (array.min() < 0 or array.max() >= rows):
        raise IndexRangeError(
            f"order names rows from {array.min()} to {array.max()}, but there are {rows}.",
            do="Row numbers count from 0.",
        )
    return np.ascontiguousarray(array, np.int64)
