"""Guards: no array that the backward walk will read can be changed unseen.

Imports NumPy only. A user's array up to 64 KiB is copied when it enters a graph; a larger one is
locked while the graph lives and fingerprinted, since a view taken earlier writes through a lock.
"""

from typing import Any

import numpy as np

COPY_BYTES = 65536  # a copy of 16 KiB costs 0.3 us; a fingerprint of 4 MiB about 90 us
WORD = 8  # bytes of one fingerprint word
WIDTHS = (251, 241)  # primes: the columns of the fingerprint, in words


class Guard:
    """Holds a large array still: a lock for honest writers, a fingerprint for older views."""

    __slots__ = ("_array", "_fingerprint", "_locked")

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array
        self._locked = bool(array.flags.writeable)
        if self._locked:
            array.flags.writeable = False
        self._fingerprint = fingerprint(array)

    def intact(self) -> bool:
        """Whether the array still holds what it held when it entered the graph."""
        return fingerprint(self._array) == self._fingerprint

    def __del__(self) -> None:
        if self._locked:
            self._array.flags.writeable = True


def own(array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], Guard | None]:
    """An array that only the graph can reach, or the array itself with a guard."""
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("=")), None
    if array.nbytes <= COPY_BYTES:
        return array.copy(), None
    return array, Guard(array)


def fingerprint(array: np.ndarray[Any, Any]) -> int:
    """A number that changes with every value and with the order of the values.

    The bytes are laid out in rows of a prime number of words and summed by column: one pass at
    the speed of memory. The prime does not divide the array's own row, so that two swapped rows
    fall into different columns.
    """
    words = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    whole, row = words.size // WORD * WORD, max(array.nbytes // max(len(array), 1), WORD)
    width = next(w for w in (*WIDTHS, 1) if w == 1 or row % (w * WORD))
    grid = words[:whole].view(np.uint64)
    full = grid.size // width * width
    columns = np.add.reduce(grid[:full].reshape(-1, width), axis=0)
    return hash((columns.tobytes(), grid[full:].tobytes(), words[whole:].tobytes()))
