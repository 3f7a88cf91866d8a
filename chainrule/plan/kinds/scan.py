"""Scan: running sums and products, and linear recurrences, along the last axis.

Imports alone and the ops' recurrence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.ops.scans import recurrence
from chainrule.plan.alone import AloneOnRows, View, X, must
from chainrule.plan.numpy_memory import AnyArray
from chainrule.plan.steps import Ref


@dataclass(frozen=True)
class Scan(AloneOnRows[X]):
    """Running sums or products, or y[i] = a[i] * y[i - 1] + b[i] ("recurrence").

    ``inputs`` are a, or a and b, of the target's shape.
    """

    kind: str  # "sum", "product", "recurrence"
    inputs: tuple[X, ...]
    target: X

    @property
    def dtype(self) -> str:
        """Of what it reads."""
        return self.inputs[0].dtype

    def compute(self, see: Callable[[X], AnyArray]) -> Any:
        """Along the last axis."""
        given = [see(x) for x in self.inputs]
        if self.kind == "recurrence":
            return recurrence(*given, -1)
        running: Any = np.cumsum if self.kind == "sum" else np.cumprod
        return running(given[0], axis=-1)

    def check(self: "Scan[Ref]") -> None:
        """All have one shape and dtype."""
        for x in self.inputs:
            same = x.shape == self.target.shape and x.dtype == self.target.dtype
            must(same, "a scan keeps both")

    def flops(self: "Scan[View]") -> int:
        """Two for every element."""
        return 2 * prod(self.outer) * self.length

    def what(self) -> str:
        """The kind."""
        return f"running {self.kind}"
