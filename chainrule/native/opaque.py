"""Opaque: the ops of a plan that Python computes, between two pieces of machine code.

Imports the plan and the op. A Run calls it back from native code.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.op import compute
from chainrule.plan.kernels import Opaque, View
from chainrule.spec import is_tuple

Array = np.ndarray[Any, np.dtype[Any]]


def call_opaque(kernel: Opaque, pointer: Callable[[int], tuple[int, int]]) -> None:
    """Compute the op on what its buffers hold, and put the results into theirs.

    ``pointer`` tells where a buffer lies, and its bytes. The op is given copies: it may keep
    what it was given, and the plan's memory is written again and again.
    """
    operands = [_seen(x, pointer).copy() if isinstance(x, View) else x for x in kernel.operands]
    found = compute(kernel.op, operands)
    results = found if is_tuple(found) else (found,)
    for view, result in zip(kernel.results, results, strict=True):
        _seen(view, pointer)[...] = result


def _seen(view: View, pointer: Callable[[int], tuple[int, int]]) -> Array:
    """A buffer as an array, without a copy."""
    address, nbytes = pointer(view.access.buffer)
    dtype = np.dtype(view.dtype)
    if nbytes == 0:
        return np.empty(view.shape, dtype)
    memory = memoryview((ctypes.c_char * nbytes).from_address(address))
    strides = [stride * dtype.itemsize for stride in view.access.strides]
    return np.ndarray(view.shape, dtype, memory, view.access.offset * dtype.itemsize, strides)
