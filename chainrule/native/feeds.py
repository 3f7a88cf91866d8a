"""Feeds: what a plan reads and writes in each round of a native loop over batches.

Imports feeding, whose records it fills, and the checks of arrays. Run.repeat takes them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from chainrule.errors import ArgumentError, IndexRangeError
from chainrule.native.arrays import Array, check_memory
from chainrule.native.feeding import ADVANCE, COPY, GATHER
from chainrule.native.kernel_calls import SPARE
from chainrule.spec import Spec


class Feed(NamedTuple):
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


class Copied(NamedTuple):
    """An array that is copied before a round of a native loop.

    Attributes
    ----------
    source, target : ndarray
        C-contiguous, of one size.
    number : int
        Of the round.
    """

    source: Array
    target: Array
    number: int

    def record(self) -> tuple[int, ...]:
        """The record of feeding.py; both arrays are checked."""
        one, other = self.source, self.target
        in_order = one.flags.c_contiguous and other.flags.c_contiguous
        if not in_order or one.nbytes != other.nbytes:
            raise ArgumentError(
                f"an array {one.shape} of {one.dtype} is to be copied to {other.shape} of "
                f"{other.dtype}, byte by byte.",
                do="Pass C-contiguous arrays of one size.",
            )
        places = one.ctypes.data, other.ctypes.data
        return COPY, SPARE, places[0], one.nbytes, self.number, places[1]


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
    _largest: dict[int, int] = field(default_factory=dict[int, int])
    _limits: dict[int, int] = field(default_factory=dict[int, int])  # rows there are, by batch

    def reordered(self, order: Array) -> "Rounds":
        """The same rounds on the same feeds, in another order."""
        other = replace(self, order=order, _largest={})
        for rows, limit in self._limits.items():
            other._check_order(order, rows, limit)
        return other

    def records(
        self,
        feed: Feed,
        places: Iterable[tuple[int, int]],
        spec: Spec,
        staged: Callable[[int, Spec], int],
    ) -> list[tuple[int, ...]]:
        """The records of feeding.py for a feed of this input or output; the array is checked.

        Parameters
        ----------
        places : iterable of (int, int)
            Where in the table its address stands, and the bytes that are added to it there.
        staged : callable
            Tells the address where the rows of a batch are put side by side.
        """
        array, last = feed.array, self.first + self.count
        source = array.ctypes.data
        if not feed.batched:
            _check(feed, spec.shape, spec.dtype, last)
            return [(ADVANCE, word, source + shift, spec.nbytes, 1, 0) for word, shift in places]
        rows = spec.shape[0]
        nbytes = spec.nbytes // rows if rows else 0
        if self.order is None:
            _check(feed, spec.shape[1:], spec.dtype, last * rows)
            return [(ADVANCE, word, source + shift, nbytes, rows, 0) for word, shift in places]
        _check(feed, spec.shape[1:], spec.dtype, 0)
        self._check_order(self.order, rows, len(array))
        place = staged(feed.number, spec)
        # The record leaves the address as it is at a place of its own.
        first = next((word for word, shift in places if not shift), SPARE)
        gathered = GATHER, first, source, nbytes, rows if nbytes else 0, place
        more = [(ADVANCE, word, place + shift, 0, 0, 0) for word, shift in places if word != first]
        return [gathered, *more] if more or first != SPARE else []

    def _check_order(self, order: Array, rows: int, limit: int) -> None:
        """Whether the native loop may read by these row numbers; looked at once for all feeds."""
        self._limits[rows] = min(limit, self._limits.get(rows, limit))
        if rows not in self._largest:
            self._largest[rows] = _largest(order, self.first * rows, self.count * rows)
        if self._largest[rows] >= limit:
            raise IndexRangeError(
                f"order names rows from {order.min()} to {order.max()}, but there are {limit}.",
                do="Row numbers count from 0.",
            )


def _check(feed: Feed, shape: tuple[int, ...], dtype: np.dtype[Any], count: int) -> None:
    """Whether the array has entries like this, and enough of them."""
    array = feed.array
    if array.ndim == 0 or array.shape[1:] != shape or array.dtype != dtype:
        raise ArgumentError(
            f"{feed.place} {feed.number} takes entries of shape {shape} and dtype {dtype}; "
            f"this array has shape {array.shape} and dtype {array.dtype}.",
            do="The first axis counts the entries.",
        )
    if len(array) < count:
        raise ArgumentError(
            f"{feed.place} {feed.number} needs {count} entries, but the array has {len(array)}.",
            do="Run fewer rounds, or pass a longer array.",
        )
    check_memory(feed.place, feed.number, array)


def _largest(order: Array, begin: int, size: int) -> int:
    """The largest row number; -1 if there are none. Negative ones count as very large."""
    if order.dtype != np.int64 or order.ndim != 1 or not order.flags.c_contiguous:
        raise ArgumentError(
            f"order is an array of int64 with one axis, not {order.dtype} of {order.shape}.",
            do="Pass np.ascontiguousarray(order, np.int64).",
        )
    chosen = order[begin : begin + size]
    if len(chosen) < size:
        raise ArgumentError(
            f"these rounds need {begin + size} row numbers, but order has {len(order)}.",
            do="Run fewer rounds.",
        )
    return int(chosen.view(np.uint64).max()) if size else -1
