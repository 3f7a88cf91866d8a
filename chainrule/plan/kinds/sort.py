"""Sort: the stable order of each row.

Imports alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.plan.alone import AloneOnRows, View, X, must
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.steps import Ref


@dataclass(frozen=True)
class Sort(AloneOnRows[X]):
    """The stable order along the last axis, as int64 places: NaN last."""

    source: X
    target: X

    @property
    def dtype(self) -> str:
        """Of what it reads."""
        return self.source.dtype

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """NumPy's."""
        return np.argsort(see(self.source), axis=-1, kind="stable")

    def check(self: "Sort[Ref]") -> None:
        """Places are int64."""
        source, target = self.source, self.target
        must(source.shape == target.shape and target.dtype == "int64", "an order is int64")

    def flops(self: "Sort[View]") -> int:
        """The comparisons of a merge."""
        return prod(self.outer) * self.length * max(self.length - 1, 1).bit_length()

    def what(self) -> str:
        """What comes out."""
        return "stable order"
