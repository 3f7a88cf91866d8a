"""Keeper: what a spoilt step can be taken back with: a copy of the state, and the steps since.

Imports NumPy only. The native steps hold one. A gradient of NaN or infinity behind a finite loss
shows in the parameters that the step leaves, and stays there. Looking at them afterwards costs a
fraction of a step, where holding the gradients back would need a second memory for the update.
"""

import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Again = Callable[[], None]  # makes some steps once more, in the same bits
PERIOD = 0.5  # seconds of steps between two copies: a copy takes a hundredth of that at most
MOST_HELD = 64 * 1024**2  # bytes of batches that are held to make their steps again
MOST_MADE = 1024  # entries


class Keeper:
    """Watches over the arrays that native steps change.

    Parameters
    ----------
    changing : sequence of ndarray
        All that steps write over: parameters, buffers, the optimiser's memory.
    trained : sequence of ndarray
        The parameters among them.
    """

    def __init__(self, changing: Sequence[Array], trained: Sequence[Array]) -> None:
        by_dtype: dict[Any, list[Array]] = {}
        for array in changing:
            by_dtype.setdefault(array.dtype, []).append(array.reshape(-1))
        self._places = [
            (flat, np.empty(sum(map(len, flat)), dtype)) for dtype, flat in by_dtype.items()
        ]
        self._trained = [array.reshape(-1) for array in trained]
        self.nbytes = sum(copy.nbytes for _, copy in self._places)
        self._version = -1  # of the state that the steps made led to; -1: no copy holds
        self._made: list[Again] = []
        self._held, self._since = 0, 0.0

    def forget(self) -> None:
        """The next steps begin with a copy."""
        self._version = -1

    def begin(self, version: int) -> None:
        """Be ready to take steps back, from a state of this version."""
        if (
            version == self._version
            and len(self._made) < MOST_MADE
            and self._held <= MOST_HELD
            and time.perf_counter() - self._since < PERIOD
        ):
            return
        for flat, copy in self._places:
            np.concatenate(flat, out=copy)
        self._made, self._held, self._since = [], 0, time.perf_counter()

    def sound(self) -> bool:
        """Whether the trained parameters are finite numbers."""
        with np.errstate(all="ignore"):  # a square overflows long before the number does
            for array in self._trained:
                if not array.dot(array) < inf and not np.isfinite(array).all():
                    return False
        return True

    def keep(self, again: Again, held: int, version: int) -> None:
        """Steps that were sound; they led to a state of this version."""
        self._made.append(again)
        self._held += held
        self._version = version

    def restore(self) -> None:
        """The state before the steps that have not been kept."""
        for flat, copy in self._places:
            start = 0
            for array in flat:
                array[...] = copy[start : start + len(array)]
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
                return number
        return count
