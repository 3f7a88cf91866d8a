"""Pointwise: a body for every element of a shape.

Imports kernel, costs, traffic and wording.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from chainrule.plan.costs import instructions
from chainrule.plan.kernel import Kernel
from chainrule.plan.loops_as_text import chain, lengths, letters_of
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Body, Store
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
