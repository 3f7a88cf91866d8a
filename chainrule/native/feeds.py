"""Feeds: what a plan reads and writes in each round of a native loop over batches.

Imports feeding, whose records it fills, and the checks of arrays. Run.repeat takes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from chainrule.errors import ArgumentError, IndexRangeError
from chainrule.native.arrays import Array, check_memory
from chainrule.native.feeding import ADVANCE, GATHER
from chainrule.spec import Spec


@dataclass(frozen=True, eq=False)
class Feed:
    """An array from which an input or output takes another part in every round.

    Make one with ``rows``, ``input`` or ``output``.

    Attributes
    ----------
    place : {"input", "output"}
    number : int
        Which input or output.
    array : ndarray
        C-contiguous, of its dtype.
    batched : bool
        Whether the first axis counts rows, of which a round takes as many as the input has; else
        it counts rounds.
    """

    place: str
    number: int
    array: Array
    batched: bool = False

    @classmethod
    def rows(cls, number: int, array: Array) -> Self:
        """An input takes rows of the array: those that ``order`` names, or the next ones."""
        return cls("input", number, array, batched=True)

    @classmethod
    def input(cls, number: int, array: Array) -> Self:
        """An input is entry k of the array in round k: a key, a learning rate."""
        return cls("input", number, array)

    @classmethod
    def output(cls, number: int, array: Array) -> Self:
        """An output is written to entry k of the array in round k: a loss."""
        return cls("output", number, array)


@dataclass(frozen=True, eq=False)
class Rounds:
    """Rounds first, first + 1, ..., first + count - 1 of a native loop.

    Attributes
    ----------
    order : ndarray of int64, optional
        Round k takes the rows order[k * rows : (k + 1) * rows] of a batched feed.
    """

    first: int
    count: int
    order: Array | None = None

    def record(
        self, feed: Feed, slot: int, spec: Spec, staging: Callable[[], Array]
    ) -> tuple[int, ...]:
        """The words of feeding.py for a feed of this input or output; the array is checked.

        ``staging`` gives the memory where the rows of a batch are put side by side.
        """
        if not feed.batched:
            _check(feed, spec, self.first + self.count)
            return ADVANCE, slot, feed.array.ctypes.data, spec.nbytes, 1, 0
        rows, row = spec.shape[0], Spec(spec.shape[1:], spec.dtype)
        last = (self.first + self.count) * rows
        if self.order is None:
            _check(feed, row, last)
            return ADVANCE, slot, feed.array.ctypes.data, row.nbytes, rows, 0
        _check(feed, row, 0)
        _check_order(self.order, self.first * rows, last, len(feed.array))
        place = staging().ctypes.data
        return GATHER, slot, feed.array.ctypes.data, row.nbytes, rows if row.nbytes else 0, place


def _check(feed: Feed, entry: Spec, count: int) -> None:
    """Whether the array has entries like this one, and enough of them."""
    array = feed.array
    if array.ndim == 0 or array.shape[1:] != entry.shape or array.dtype != entry.dtype:
        raise ArgumentError(
            f"{feed.place} {feed.number} takes entries of shape {entry.shape} and dtype "
            f"{entry.dtype}; this array has shape {array.shape} and dtype {array.dtype}.",
            do="The first axis counts the entries.",
        )
    if len(array) < count:
        raise ArgumentError(
            f"{feed.place} {feed.number} needs {count} entries, but the array has {len(array)}.",
            do="Run fewer rounds, or pass a longer array.",
        )
    check_memory(feed.place, feed.number, array)


def _check_order(order: Array, begin: int, end: int, rows: int) -> None:
    """Whether the native loop may read by these row numbers."""
    if order.dtype != np.int64 or order.ndim != 1 or not order.flags.c_contiguous:
        raise ArgumentError(
            f"order is an array of int64 with one axis, not {order.dtype} of {order.shape}.",
            do="Pass np.ascontiguousarray(order, np.int64).",
        )
    chosen = order[begin:end]
    if len(chosen) < end - begin:
        raise ArgumentError(
            f"these rounds need {end} row numbers, but order has {len(order)}.",
            do="Run fewer rounds.",
        )
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= rows):
        raise IndexRangeError(
            f"order names rows from {chosen.min()} to {chosen.max()}, but there are {rows}.",
            do="Row numbers count from 0.",
        )
