"""Fold: a new key of random numbers.

Imports alone and the ops' random numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.ops.random import fold
from chainrule.plan.alone import Alone, X, must
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.steps import Ref


@dataclass(frozen=True)
class Fold(Alone[X]):
    """A new key from a key and a number, by SplitMix64: see ``ops.random.fold``."""

    key: X
    number: int
    target: X

    draws: ClassVar[bool] = True

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """The new key."""
        return fold(see(self.key), self.number)

    def check(self: "Fold[Ref]") -> None:
        """A key is two words."""
        must(self.key.dtype == "uint64" and self.key.shape == (2,), "a key is two words")

    def loops(self) -> str:
        """None."""
        return ""

    def what(self) -> str:
        """What comes out."""
        return "a new key"
