"""Matmul: products of matrices, and a body for every sum.

Imports kernel, pointwise, partial_sums, costs, traffic and wording.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import numpy as np

from chainrule.plan.costs import instructions
from chainrule.plan.kernel import Axes, Kernel
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.loops_as_text import chain, lengths, letters_of
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.partial_sums import added, completed, kept_dtype
from chainrule.plan.scalar import Access, Body, Store, counted, other_length
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
        yield from loads(self.body, self._shape, 0)

    def writes(self) -> Iterator[Touch]:
        """The stores of the body."""
        return stored(self.stores, self.body, self._shape, 0)

    def run(self, memory: Memory) -> None:
        """NumPy's product, and the body for all sums."""
        a = memory.view(self.a, (*self.batch, self.rows, self.depth))
        b = memory.view(self.b, (*self.batch, self.depth, self.columns))
        sums: Any = np.matmul(a, b).astype(self.dtype, copy=False)
        memory.store(self.stores, memory.evaluate(self.body, self._shape, [sums]), self._shape)

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

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of the sums."""
        return (*self.batch, self.rows, self.columns)

    def row_axes(self) -> Axes:
        """Those of the result along which its body does not count."""
        return [pair for pair in enumerate(self._shape) if pair[0] not in counted(self.body)]

    def cut(self, axis: int, length: int) -> Self:
        """Fewer batches, rows or columns."""
        *batch, rows, columns = other_length(self._shape, axis, length)
        return replace(self, batch=tuple(batch), rows=rows, columns=columns)

    def sum_axes(self) -> Axes:
        """The depth."""
        return [(0, self.depth)]

    def sums(self) -> tuple[tuple[int, str], ...]:
        """Those of the result."""
        return ((prod(self._shape), kept_dtype(self.dtype)),)

    def adding(self, axis: int, length: int, sums: Sequence[int]) -> Self:
        """Fewer terms."""
        body, stores = added(sums, [self.dtype], [kept_dtype(self.dtype)], self._shape)
        return replace(self, depth=length, body=body, stores=stores)

    def ending(self, sums: Sequence[int]) -> Pointwise:
        """The body."""
        kept = [kept_dtype(self.dtype)]
        body, stores = completed(sums, [self.dtype], kept, self._shape, self.body, self.stores)
        return Pointwise(self._shape, body, stores)
