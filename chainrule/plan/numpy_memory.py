"""NumPy's memory: an access as a view of a buffer, a body as arrays of all elements at once.

Imports the catalogue, whose ops the letters are, and scalar. Kernels run in it.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.scalar import (
    Access,
    Apply,
    Body,
    Coordinate,
    Gather,
    Given,
    Literal,
    Load,
    Store,
)

AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class Memory:
    """The buffers, flat: given as a list, or shown when they are asked for."""

    def __init__(self, buffers: Sequence[AnyArray] | Callable[[int], AnyArray]) -> None:
        self._buffer = buffers if callable(buffers) else buffers.__getitem__

    def view(self, access: Access, shape: Sequence[int]) -> AnyArray:
        """What loops over a shape meet; NumPy refuses what is out of bounds."""
        flat = self._buffer(access.buffer)
        size = flat.itemsize
        strides = tuple(stride * size for stride in access.strides)
        return np.ndarray(tuple(shape), flat.dtype, flat, access.offset * size, strides)

    def places(self, access: Access, shape: Sequence[int]) -> AnyArray:
        """Number of each element within the buffer."""
        total = np.full(tuple(shape), access.offset, np.int64)
        for axis, stride in enumerate(access.strides):
            total += _steps(shape, axis) * stride
        return total

    def flat(self, access: Access) -> AnyArray:
        """All elements of the buffer."""
        return self._buffer(access.buffer)

    def evaluate(
        self, body: Body, shape: Sequence[int], given: Sequence[AnyArray] = ()
    ) -> list[AnyArray]:
        """The values of each instruction; those that are the same everywhere may be smaller."""
        values: list[AnyArray] = []
        for step in body:
            if isinstance(step, Apply):
                operands = [values[i] for i in step.operands]
                value = _applied(step.letter, operands, step.dtype)
            elif isinstance(step, Load):
                value = self.view(step.access, shape)
            elif isinstance(step, Literal):
                value = np.asarray(step.value).astype(step.dtype)
            elif isinstance(step, Given):
                value = given[step.place]
            elif isinstance(step, Coordinate):
                value = _steps(shape, step.axis)
            else:
                value = self._gather(step, values[step.index], shape)
            if value.dtype != step.dtype:
                raise AssertionError(f"{step} made {value.dtype}")
            values.append(value)
        return values

    def store(self, stores: Sequence[Store], values: Sequence[AnyArray], shape: Any) -> None:
        """Write values, all of which were computed before."""
        copies = [np.array(values[each.value]) for each in stores]  # a load is a view
        for each, value in zip(stores, copies, strict=True):
            self.view(each.access, shape)[...] = value

    def _gather(self, step: Gather, index: AnyArray, shape: Sequence[int]) -> AnyArray:
        index = wrapped(index, step.length)
        return self.flat(step.access)[self.places(step.access, shape) + index * step.stride]


def wrapped(index: AnyArray, length: int) -> AnyArray:
    """A negative index counts from the end."""
    return np.where(index < 0, index + length, index)


def _steps(shape: Sequence[int], axis: int) -> AnyArray:
    """The loop index along an axis."""
    ones = [1] * len(shape)
    ones[axis] = shape[axis]
    return np.arange(shape[axis], dtype=np.int64).reshape(ones)


def _applied(letter: str, operands: Sequence[Any], dtype: str) -> Any:
    """The result of a letter, or of a C function such as "c:atan2"."""
    if letter == "cast":
        return operands[0].astype(dtype)
    return np.asarray(_function(letter)(*operands)).astype(dtype, copy=False)


@functools.lru_cache(maxsize=256)
def _function(letter: str) -> Any:
    """What NumPy or SciPy computes it with."""
    kind, _, name = letter.rpartition(":")
    if kind == "scipy":
        from scipy import special  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return getattr(special, name)
    return CATALOGUE.standard[_word(name) if kind else letter].forward


def _word(function: str) -> str:
    """The word that this function of the C library computes."""
    for name, operation in CATALOGUE.standard.items():
        if getattr(operation, "c", "") == function:
            return name
    raise LookupError(f"no op of the catalogue stands for {function} of the C library")
