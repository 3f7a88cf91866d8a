"""Ways in which an array may lie in memory; none of them may change a gradient.

Imports NumPy only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def strided(x: Any) -> Any:
    """Every second element of a larger array."""
    room = np.full(tuple(2 * n for n in x.shape), 7.0, x.dtype)
    view = room[(*(slice(None, None, 2) for _ in x.shape), ...)]
    view[...] = x
    return view


def fortran(x: Any) -> Any:
    """The first axis runs fastest."""
    return np.array(x, order="F")


def reversed_strides(x: Any) -> Any:
    """Stored backwards, so that every stride is negative."""
    flipped = (*(slice(None, None, -1) for _ in x.shape), ...)
    return x[flipped].copy()[flipped]


def read_only(x: Any) -> Any:
    """An array that must not be written."""
    copy = x.copy()
    copy.flags.writeable = False
    return copy


def byte_swapped(x: Any) -> Any:
    """The bytes in the other order."""
    return x.astype(x.dtype.newbyteorder("S"))


LAYOUTS: tuple[Callable[[Any], Any], ...] = (
    strided,
    fortran,
    reversed_strides,
    read_only,
    byte_swapped,
)
