"""Plan: kernels in the order in which they run, over buffers whose places are known.

Imports kernels. ``make`` (the passes) builds it; the interpreter and the native floor run it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.plan.kernels import Kernel
from chainrule.spec import Spec

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


@dataclass(frozen=True)
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
        return self.size * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class Plan:
    """What a recorded function does.

    Attributes
    ----------
    inputs, outputs : tuple of Spec
        In the order of the recording; all C-contiguous.
    updates : dict of int to int
        Outputs that are written in place of an input (a donated one), by output number. Such an
        output has no buffer of its own: kernels write the input's.
    names : dict of int to str
        What kernels are called in ``show()``, by their number: "linear + relu".
    """

    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    buffers: tuple[Buffer, ...]
    kernels: tuple[Kernel, ...]
    constants: tuple[np.ndarray[Any, np.dtype[Any]], ...]
    updates: dict[int, int]
    arena_bytes: int
    names: tuple[str, ...]
