"""Keeper: what a spoilt step can be taken back with: a copy of the state, and the steps since.

Imports native. The native steps hold one. A gradient of NaN or infinity behind a finite loss shows
in the parameters that the step leaves, and stays there. Looking at them afterwards costs a
fraction of a step, where holding the gradients back would need a second memory for the update.
"""

import time
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import next_serial
from chainrule.native.engine import look_over
from chainrule.native.looking import KINDS

Array = np.ndarray[Any, np.dtype[Any]]
Again = Callable[[], None]  # makes some steps once more, in the same bits
SMALL = 64 * 1024  # bytes of a state that is copied whenever it is looked at
PERIOD = 0.5  # seconds of steps between two copies of a larger one: a hundredth of that at most
MOST_HELD = 64 * 1024**2  # bytes of batches that are held to make their steps again
TIMES = 8  # the state: more bytes of batches are not held, for a copy of it then costs little
MOST_MADE = 1024  # entries


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
        self._changing = changing
        looked = [array for array in trained if array.dtype.name in KINDS]
        self._rare = [array for array in trained if array.dtype.name not in KINDS]
        own = set(map(id, looked))
        self._arrays = [*looked, *(array for array in changing if id(array) not in own)]
        size = sum(array.nbytes for array in self._arrays)
        self.is_small = size <= SMALL
        self._most_held = min(TIMES * size, MOST_HELD)
        self._copies = [np.empty_like(array) for array in self._arrays]
        self._copy = look_over(self._arrays, self._copies)
        self._search = look_over(looked, (), len(looked))
        self._spares = self._copies
        if self.is_small:  # two places take turns: a copy is there while the next one is made
            self._spares = [np.empty_like(array) for array in self._arrays]
            self._search = look_over(self._arrays, self._spares, len(looked))
            self._other = look_over(self._arrays, self._copies, len(looked))
        self._serial = -1  # when the state that was kept was whole; -1: no copy holds
        self._made: list[Again] = []
        self._held, self._since = 0, 0.0
        self._batches: list[list[Array]] = []  # copied for the steps that were kept
        self._free: list[list[Array]] = []  # those of steps that are not made again

    def watches(self, changing: Sequence[Array]) -> bool:
        """Whether it was made for these very arrays."""
        return len(changing) == len(self._changing) and all(map(is_, changing, self._changing))

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
            if not (
                afresh or late or self._held > self._most_held or len(self._made) >= MOST_MADE
            ):
                return
        self._copy()
        self._made, self._held, self._since = [], 0, time.perf_counter()
        self._free, self._batches = [*self._free, *self._batches], []

    def copied(self, batch: Sequence[Array]) -> list[Array]:
        """A batch that the caller may change before its step is made again.

        It stands in the place of one that is not needed any more: memory that is new to the
        process takes several times as long to write.
        """
        place = self._free.pop() if self._free else []
        if [(own.shape, own.dtype) for own in place] == [(x.shape, x.dtype) for x in batch]:
            for own, array in zip(place, batch, strict=True):
                np.copyto(own, array)
        else:
            place = [array.copy() for array in batch]
        self._batches.append(place)
        return place

    def sound(self) -> bool:
        """Whether the trained parameters are finite numbers."""
        sound = self._search()
        if self._rare:
            return sound and all(np.isfinite(array).all() for array in self._rare)
        return sound

    def keep(self, again: Again | None, held: int) -> None:
        """The steps since ``begin`` are sound: this is what ``sound`` was asked of last."""
        if self.is_small:  # which has copied the state
            self._copies, self._spares = self._spares, self._copies
            self._copy, self._search, self._other = self._search, self._other, self._search
        elif again is None:
            self._serial = -1
            return
        else:
            self._made.append(again)
            self._held += held
        self._serial = next_serial()

    def restore(self) -> None:
        """The state before the steps that have not been kept."""
        for array, copy in zip(self._arrays, self._copies, strict=True):
            np.copyto(array, copy)
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
