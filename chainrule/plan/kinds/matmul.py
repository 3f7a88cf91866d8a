"""Matmul: products of matrices, and a body for every sum.

Imports kernel, costs, traffic and wording.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.plan.costs import instructions
from chainrule.plan.kernel import Kernel
from chainrule.plan.loops_as_text import chain, lengths, letters_of
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.scalar import Access, Body, Store
from chainrule.plan.traffic import Touch, loads, stored


@dataclass(frozen=True)
class Matmul(Kernel):
    """C[i, j] = sum over k of A[i, k] B[k, j] for every batch, and a body for every sum.

    ``a`` has strides over (*batch, row, k), ``b`` over (*batch, k, column). In ``body``,
    ``Given(0)`` is the sum; its accesses have strides over (*batch, row, column).
    """

    batch: tuple[int, ...]
    rows: int
    depth: int
    columns: int
    a: Access
    b: Access
    dtype: str
    body: Body
    stores: tuple[Store, ...]

    def reads(self) -> Iterator[Touch]:
        """Both matrices, and the loads of the body."""
        yield Touch(self.a, (*self.batch, self.rows, self.depth), self.dtype, -1)
        yield Touch(self.b, (*self.batch, self.depth, self.columns), self.dtype, -1)
        yield from loads(self.body, (*self.batch, self.rows, self.columns), 0)

    def writes(self) -> Iterator[Touch]:
        """The stores of the body."""
        return stored(self.stores, self.body, (*self.batch, self.rows, self.columns), 0)

    def run(self, memory: Memory) -> None:
        """NumPy's product, and the body for all sums."""
        a = memory.view(self.a, (*self.batch, self.rows, self.depth))
        b = memory.view(self.b, (*self.batch, self.depth, self.columns))
        sums: Any = np.matmul(a, b).astype(self.dtype, copy=False)
        shape = (*self.batch, self.rows, self.columns)
        memory.store(self.stores, memory.evaluate(self.body, shape, [sums]), shape)

    def flops(self) -> int:
        """Two for every term of a sum, and the body."""
        results = prod(self.batch) * self.rows * self.columns
        return results * (2 * self.depth + instructions(self.body))

    def loops(self) -> str:
        """The sizes of the matrices."""
        sizes = f"{self.rows}x{self.depth} @ {self.depth}x{self.columns}"
        return f"{lengths(self.batch)} times {sizes}" if self.batch else sizes

    def what(self) -> str:
        """The product and the letters of the body."""
        return chain(["matmul", *letters_of(self.body)])
