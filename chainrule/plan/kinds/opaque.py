"""Opaque: an op that Python computes, called back from the plan: right, and slower.

Imports alone and the op.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.graph.op.operation import Op, compute
from chainrule.plan.alone import Alone, View, X
from chainrule.plan.numpy_memory import Memory
from chainrule.spec import is_tuple


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

    def run(self: "Opaque[View]", memory: Memory) -> None:
        """The op itself, on copies: it may keep what it is given, and plans write again."""
        found: Any = compute(
            self.op,
            [
                memory.view(x.access, x.shape).copy() if isinstance(x, View) else x
                for x in self.operands
            ],
        )
        results = found if is_tuple(found) else (found,)
        for view, result in zip(self.results, results, strict=True):
            memory.view(view.access, view.shape)[...] = result

    def loops(self) -> str:
        """Nobody knows."""
        return ""

    def what(self) -> str:
        """The op."""
        return f"{self.op.name}, by Python"

    def code_key(self) -> Any:
        """Not the op: the code only calls back."""
        return (self.operands, self.results)
