"""Keeper: what a spoilt step can be taken back with: a copy of the state, and the steps since.

Imports NumPy only. The native steps hold one. A gradient of NaN or infinity behind a finite loss
shows in the parameters that the step leaves, and stays there. Looking at them afterwards costs a
fraction of a step, where holding the gradients back would need a second memory for the update.
"""

import time
from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from chainrule.graph.node import next_serial

Array = np.ndarray[Any, np.dtype[Any]]
Again = Callable[[], None]  # makes some steps once more, in the same bits
SMALL = 64 * 1024  # bytes of a state that is copied after every look at it: 2 us
PERIOD = 0.5  # seconds of steps between two copies of a larger one: a hundredth of that at most
MOST_HELD = 64 * 1024**2  # bytes of batches that are held to make their steps again
MOST_MADE = 1024  # entries
SHRINK = 2.0**-64  # times any float32, and added up, it overflows nowhere


class Keeper:
    """Watches over the arrays that native steps change.

    Parameters
    ----------
    changing : sequence of ndarray
        All that steps write over: parameters, buffers, the optimiser's memory.
    trained : sequence of ndarray
        The parameters among them.

    Attributes
    ----------
    is_small : bool
        Whether steps that were kept are not made again: the copy is of the state after them.
    """

    def __init__(self, changing: Sequence[Array], trained: Sequence[Array]) -> None:
        own = set(map(id, trained))
        others = [array for array in changing if id(array) not in own]
        by_dtype: dict[Any, list[Array]] = {}
        for array in (*trained, *others):
            by_dtype.setdefault(array.dtype, []).append(array.reshape(-1))
        self._trained = [array.reshape(-1) for array in trained]
        self._parts = [
            _Part(flat, sum(array.size for array in trained if array.dtype == dtype))
            for dtype, flat in by_dtype.items()
        ]
        self.is_small = sum(part.copy.nbytes for part in self._parts) <= SMALL
        self._serial = -1  # when the state that was kept was whole; -1: no copy holds
        self._made: list[Again] = []
        self._held, self._since = 0, 0.0

    def begin(self, version: Callable[[], int], afresh: bool = False) -> None:
        """Be ready to take steps back.

        ``version`` says when a parameter was last written; ``afresh`` that the steps which were
        kept cannot be made again.
        """
        kept = self._serial
        if kept > 0 and (next_serial() == kept + 1 or version() < kept):  # nobody has written
            if self.is_small:
                return
            late = time.perf_counter() - self._since > PERIOD
            if not (afresh or late or self._held > MOST_HELD or len(self._made) >= MOST_MADE):
                return
        for part in self._parts:
            np.concatenate(part.arrays, out=part.copy)
        self._made, self._held, self._since = [], 0, time.perf_counter()

    def sound(self) -> bool:
        """Whether the trained parameters are finite numbers."""
        if self.is_small:
            sound = True
            for part in self._parts:
                sound = part.sound() and sound  # each of them copies, too
            return sound
        with np.errstate(all="ignore"):  # a square overflows long before the number does
            for array in self._trained:
                if not array.dot(array) < inf and not np.isfinite(array).all():
                    return False
        return True

    def keep(self, again: Again | None, held: int) -> None:
        """The steps since ``begin`` are sound: this is what ``sound`` has been asked of."""
        if self.is_small:
            for part in self._parts:
                part.swap()
        elif again is None:
            self._serial = -1
            return
        else:
            self._made.append(again)
            self._held += held
        self._serial = next_serial()

    def restore(self) -> None:
        """The state before the steps that have not been kept."""
        for part in self._parts:
            start = 0
            for array in part.arrays:
                array[...] = part.copy[start : start + len(array)]
                start += len(array)
        for again in self._made:
            again()

    def first_spoilt(self, again: Callable[[int, int], None], count: int) -> int:
        """Which of so many steps spoilt the parameters; the state is the one before it then."""
        self.restore()
        for number in range(count):
            again(number, number + 1)
            if not self.sound():
                self.restore()
                again(0, number)
                self.sound()  # which leaves the copy that keep() takes
                return number
        return count


class _Part:
    """The arrays of one element type: the trained parameters first."""

    def __init__(self, arrays: Sequence[Array], trained: int) -> None:
        self.arrays = arrays
        self.copy: Array = np.empty(sum(map(len, arrays)), arrays[0].dtype)
        self._spare = np.empty_like(self.copy)
        self._heads = self.copy[:trained], self._spare[:trained]
        self._factors = np.full(trained, SHRINK, self.copy.dtype)

    def sound(self) -> bool:
        """Copy the arrays into the spare place; whether those of the parameters are finite."""
        np.concatenate(self.arrays, out=self._spare)
        return isfinite(self._heads[1].dot(self._factors))

    def swap(self) -> None:
        """Let the copy be the one that was made last."""
        self.copy, self._spare, self._heads = self._spare, self.copy, self._heads[::-1]
