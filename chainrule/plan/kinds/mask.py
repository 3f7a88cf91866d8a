"""Mask: random booleans.

Imports alone and the ops' random numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from chainrule.ops.random import philox
from chainrule.plan.alone import Alone, View, X, must
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.steps import Ref

PHILOX = 20  # instructions for 32 random bits


@dataclass(frozen=True)
class Mask(Alone[X]):
    """Random booleans: False where the element's 32 bits of Philox 4x64-10 are below threshold.

    Element i takes the i-th 32 bits of the words, low half first; ``key`` holds two uint64.
    """

    key: X
    threshold: int
    target: X

    draws: ClassVar[bool] = True

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """The words of NumPy's own Philox, cut in halves."""
        size = prod(self.target.shape)
        words = philox(see(self.key).copy()).random_raw((size + 1) // 2)
        numbers = words.astype("<u8", copy=False).view("<u4")[:size]
        return (numbers >= self.threshold).reshape(self.target.shape)

    def check(self: "Mask[Ref]") -> None:
        """A key is two words."""
        must(self.key.dtype == "uint64" and self.key.shape == (2,), "a key is two words")

    def flops(self: "Mask[View]") -> int:
        """Those of Philox."""
        return PHILOX * prod(self.target.shape)

    def loops(self: "Mask[View]") -> str:
        """One, over all elements."""
        return str(prod(self.target.shape))

    def what(self) -> str:
        """What comes out."""
        return "random booleans"
