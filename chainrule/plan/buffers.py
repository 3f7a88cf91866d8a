"""Buffers: the memory that kernels read and write.

Imports light and NumPy. Plans hold them; the memory planner gives them their places.
"""

import functools

import numpy as np

from chainrule.plan.light import light

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


@light()
class Buffer:
    """Elements in a row, C-contiguous.

    Attributes
    ----------
    place : {"input", "output", "arena", "constant"}
        Whose memory it is: the caller's, the plan's arena, or an array recorded with the plan.
    number : int
        Which input, output or constant it is; for the arena its first byte.
    """

    size: int
    dtype: str
    place: str
    number: int

    @property
    def nbytes(self) -> int:
        """Bytes of its elements."""
        return self.size * self.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return itemsize(self.dtype)


@functools.lru_cache(64)
def itemsize(dtype: str) -> int:
    """Bytes of an element of this type."""
    return np.dtype(dtype).itemsize
