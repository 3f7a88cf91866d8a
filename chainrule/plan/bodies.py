"""Bodies: steps written as the instructions of a loop, each value once.

Imports nodes, walks and scalar. The writers of Pointwise, Row and Matmul kernels use it.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.plan.nodes import coordinate_path
from chainrule.plan.scalar import (
    Access,
    Apply,
    Body,
    Coordinate,
    Gather,
    Given,
    Instruction,
    Literal,
    Load,
    Store,
)
from chainrule.plan.steps import Array, Map, Number, Operand, Pick, Ref
from chainrule.plan.walks import along, dense, walk


class Writer:
    """A body that grows, over loops of given lengths.

    Attributes
    ----------
    values : dict of Array to int
        The instructions that hold what was computed here so far.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        buffers: Mapping[Array, int],
        given: Mapping[Array, int] | None = None,
        order: Sequence[int] = (),
    ) -> None:
        """``given``: the place (see ``Given``) of what the kernel hands in.

        ``lengths`` follow the C order of the elements; ``order`` says which of them the kernel's
        first axis is, its second and so on (default: as they come).
        """
        self.lengths = lengths
        self.order = order or range(len(lengths))
        self.buffers = buffers
        self.given: Mapping[Array, int] = {} if given is None else given
        self.values: dict[Array, int] = {}
        self._body: list[Instruction] = []
        self._known: dict[tuple[object, ...], int] = {}

    @property
    def body(self) -> Body:
        """The instructions."""
        return tuple(self._body)

    def add(
        self, kind: Callable[..., Instruction], *fields: Any, key: tuple[object, ...] = ()
    ) -> int:
        """The position of an instruction; one that stands already is not written again."""
        key = key or (kind, *fields)
        place = self._known.get(key)
        if place is None:
            place = self._known[key] = len(self._body)
            self._body.append(kind(*fields))
        return place

    def literal(self, value: float | int | bool, dtype: str) -> int:
        """A number; 0.0 == -0.0 and 1 == True, but they are not the same; NaN is."""
        shown = repr(value)
        return self.add(_literal, shown, value, dtype, key=(shown, dtype))

    def access(self, ref: Ref) -> Access:
        """Where the loops meet a view."""
        strides = along(walk(ref), self.lengths)
        assert strides is not None, "grouping cut the loops so that every view fits them"
        return Access(self.buffers[ref.array], self._ordered(strides), ref.offset)

    def load(self, access: Access, dtype: str) -> int:
        """The element of a buffer."""
        return self.add(_load, access.buffer, access.strides, access.offset, dtype)

    def operand(self, x: Operand) -> int:
        """The instruction that holds an operand."""
        if isinstance(x, Number):
            return self.literal(x.value, x.dtype)
        if x.array in self.values:
            return self.values[x.array]
        if x.array in self.given:
            return self.add(Given, self.given[x.array], x.dtype)
        return self.load(self.access(x), x.dtype)

    def compute(self, step: Map | Pick) -> int:
        """Write a step."""
        if isinstance(step, Pick):
            index = self.operand(step.index)
            access = self.access(step.source)
            place = self.add(Gather, access, index, step.stride, step.length, step.out.dtype)
        elif step.letter == "coordinate":
            place = self._coordinate(step)
        elif step.letter == "copy":
            place = self.operand(step.operands[0])
        else:
            operands = tuple([self.operand(x) for x in step.operands])
            place = self.add(_apply, step.letter, operands, step.out.dtype)
        self.values[step.out] = place
        return place

    def store(self, array: Array, buffer: int) -> Store:
        """The store of an array of the kernel's own shape."""
        return Store(Access(buffer, self._ordered(dense(self.lengths))), self.values[array])

    def _ordered(self, strides: Sequence[int]) -> tuple[int, ...]:
        return tuple([strides[i] for i in self.order])

    def _coordinate(self, step: Map) -> int:
        """The index along one of the step's axes, which several loops may share."""
        strides = along(coordinate_path(step), self.lengths)
        assert strides is not None, "grouping cut the loops so that every axis fits them"
        total: int | None = None
        for axis, stride in enumerate(self._ordered(strides)):
            if stride == 0:
                continue
            place = self.add(Coordinate, axis)
            if stride != 1:
                factor = self.literal(stride, "int64")
                place = self.add(_apply, "multiply", (place, factor), "int64")
            total = place if total is None else self.add(_apply, "add", (total, place), "int64")
        if total is None:
            total = self.literal(0, "int64")
        if step.out.dtype != "int64":
            total = self.add(_apply, "cast", (total,), step.out.dtype)
        return total


# Kernels that are alike have these in common: a plan is kept in half the time and room.
@functools.lru_cache(4096)
def _apply(letter: str, operands: tuple[int, ...], dtype: str) -> Apply:
    return Apply(letter, operands, dtype)


@functools.lru_cache(1024)
def _literal(shown: str, value: float | int | bool, dtype: str) -> Literal:
    return Literal(value, dtype)


def _load(buffer: int, strides: tuple[int, ...], offset: int, dtype: str) -> Load:
    return Load(Access(buffer, strides, offset), dtype)
