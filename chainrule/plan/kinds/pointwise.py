"""Pointwise: a body for every element of a shape.

Imports kernel, costs, traffic and wording.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Self

from chainrule.plan.costs import instructions
from chainrule.plan.kernel import Axes, Kernel
from chainrule.plan.loops_as_text import chain, lengths, letters_of
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Body, Store, counted, other_length
from chainrule.plan.traffic import Touch, loads, stored


@dataclass(frozen=True)
class Pointwise(Kernel):
    """A body for every element of a shape; accesses have one stride per axis of it."""

    shape: tuple[int, ...]
    body: Body
    stores: tuple[Store, ...]

    def reads(self) -> Iterator[Touch]:
        """The loads of the body."""
        return loads(self.body, self.shape, 0)

    def writes(self) -> Iterator[Touch]:
        """Its stores."""
        return stored(self.stores, self.body, self.shape, 0)

    def run(self, memory: Memory) -> None:
        """Every element at once."""
        values = memory.evaluate(self.body, self.shape)
        memory.store(self.stores, values, self.shape)

    def flops(self) -> int:
        """Those of the body, for every element."""
        return prod(self.shape) * instructions(self.body)

    def loops(self) -> str:
        """The shape."""
        return lengths(self.shape)

    def what(self) -> str:
        """The letters of the body."""
        return chain(letters_of(self.body)) or "copy"

    def row_axes(self) -> Axes:
        """Those along which it does not count."""
        return [pair for pair in enumerate(self.shape) if pair[0] not in counted(self.body)]

    def cut(self, axis: int, length: int) -> Self:
        """A smaller shape."""
        return replace(self, shape=other_length(self.shape, axis, length))
