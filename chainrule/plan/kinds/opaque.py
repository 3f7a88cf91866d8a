"""Opaque: an op that Python computes, called back from the plan: right, and slower.

Imports alone and the op.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op import Op, compute
from chainrule.plan.alone import Alone, View, X
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.steps import Ref


@dataclass(frozen=True, eq=False)
class Opaque(Alone[X]):
    """An op that Python computes; operands that are no tensors are handed in as they are."""

    op: Op
    operands: tuple[X | float | int | bool | None, ...]
    results: tuple[X, ...]

    made: ClassVar[tuple[str, ...]] = ("results",)
    may_end: ClassVar[bool] = True
    by_python: ClassVar[bool] = True

    @property
    def repeats(self) -> bool:
        """A user's op may answer otherwise the next time."""
        return not self.op.guarded

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """The op itself, on copies: it may keep what it is given, and plans write again."""
        operands: list[Any] = [
            np.array(see(x)) if isinstance(x, Ref | View) else x for x in self.operands
        ]
        return compute(self.op, operands)

    def loops(self) -> str:
        """Nobody knows."""
        return ""

    def what(self) -> str:
        """The op."""
        return f"{self.op.name}, by Python"

    def code_key(self) -> Any:
        """Not the op: the code only calls back."""
        return (self.operands, self.results)
