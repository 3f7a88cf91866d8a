"""Arrays as tensors hold them: aligned storage, read-only looks, and gradients of one's own.

Imports errors. tensors.py uses it.
"""

from typing import Any

import numpy as np

from chainrule.errors import InPlaceError, describe

Array = np.ndarray[Any, np.dtype[Any]]
ALIGNMENT = 64  # bytes: one cache line, and one AVX-512 register


def aligned(array: Array) -> Array:
    """A C-contiguous copy that starts at a multiple of 64 bytes."""
    dtype = array.dtype.newbyteorder("=")
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(dtype).reshape(array.shape)
    copy[...] = array
    return copy


def read_only(value: Any, kind: type[Any] | None = None) -> Any:
    """A view that cannot be written through."""
    view = np.asarray(value).view() if kind is None else np.asarray(value).view(kind)
    view.flags.writeable = False
    return view


class ParameterView(np.ndarray[Any, np.dtype[Any]]):
    """A read-only look at a parameter; ``p.data -= d`` makes a new array, which p then takes."""

    def __array_finalize__(self, obj: Any) -> None:
        pass

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.flags.writeable:  # a copy of the user's own
            super().__setitem__(key, value)
            return
        raise InPlaceError(
            "a parameter's array cannot be written through .data[...].",
            found=[describe("parameter", self)],
            do="Copy, change, assign: a = p.data.copy(); a[0] = 1; p.data = a.",
        )

    def __iadd__(self, other: Any) -> Any:
        return np.asarray(self) + other

    def __isub__(self, other: Any) -> Any:
        return np.asarray(self) - other

    def __imul__(self, other: Any) -> Any:
        return np.asarray(self) * other

    def __itruediv__(self, other: Any) -> Any:
        return np.asarray(self) / other


class OwnGradient(np.ndarray[Any, np.dtype[Any]]):
    """Marks a gradient array as the node's own; users see it as a plain array."""
