"""Arrays as machine code sees them: in order, aligned, of the right shape and dtype.

Imports errors and Spec. Runs and feeds bind arrays through these checks.
"""

import ctypes
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.plan.buffers import ALIGNMENT
from chainrule.spec import Spec

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


def aligned(nbytes: int) -> Array:
    """Bytes that begin at a cache line."""
    memory = np.empty(nbytes + ALIGNMENT, np.uint8)
    skip = -memory.ctypes.data % ALIGNMENT
    return memory[skip : skip + nbytes]


def address_of(array: Array) -> int:
    """Where the elements of an array begin, which lie in order."""
    memory: Any = array
    try:  # four times as fast as ``array.ctypes``
        return ctypes.addressof(ctypes.c_char.from_buffer(memory))
    except (TypeError, ValueError, BufferError):  # read-only, without elements, of dates
        return array.ctypes.data


def check(place: str, number: int, array: Array, spec: Spec) -> None:
    """Whether an array may stand for an input or output of this Spec.

    Raises
    ------
    ArgumentError
        If it has another shape or dtype, or lies otherwise in memory.
    """
    if array.shape != spec.shape or array.dtype != spec.dtype:
        raise ArgumentError(
            f"{place} {number} of this plan is an array of shape {spec.shape} and dtype "
            f"{spec.dtype}, not {array.shape} and {array.dtype}.",
            do="Convert it, or record the function for arrays like this one.",
        )
    check_memory(place, number, array)


def check_memory(place: str, number: int, array: Array) -> None:
    """Whether an array's elements lie one after another, each at an address it may have."""
    flags = array.flags
    if not (flags.carray or (place == "input" and flags.c_contiguous and flags.aligned)):
        raise ArgumentError(
            f"{place} {number} of this plan must lie in memory in order, aligned, and an output "
            "must be writeable.",
            do="Pass np.ascontiguousarray(x).",
        )
