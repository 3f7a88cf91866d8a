"""Products of tensors under NumPy's names: formulas over one matrix product or one broadcast.

Imports the families, movement, reductions and linear_algebra.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operation import op
from chainrule.ops.linear_algebra import matmul
from chainrule.ops.movement import reshape, shaped, transpose
from chainrule.ops.reductions import total
from chainrule.spec import is_sequence, normalize_axes


def _vectors(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=3), rng.normal(size=4)


def _alike(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=4), rng.normal(size=4)


@op("outer", numpy=(np.outer, np.linalg.outer), gate="swap multiplier", samples=_vectors)
class Outer(Composite):
    """Every element of a times every element of b, both flattened."""

    def forward(self, a: Any, b: Any) -> Any:
        return reshape(shaped(a), (-1, 1)) * reshape(shaped(b), (1, -1))


@op("inner", numpy=np.inner, gate="swap multiplier", samples=_alike)
class Inner(Composite):
    """Sum of products over the last axes of both; a number multiplies."""

    def forward(self, a: Any, b: Any) -> Any:
        a, b = shaped(a), shaped(b)
        if not a.ndim or not b.ndim:
            return a * b
        return _contracted("inner", a, (a.ndim - 1,), b, (b.ndim - 1,))


@op("dot", numpy=np.dot, gate="swap multiplier", samples=_alike)
class Dot(Composite):
    """Sum of products over the last axis of a and the last but one of b; a number multiplies.

    Two vectors give their inner product, two matrices the matrix product.
    """

    def forward(self, a: Any, b: Any) -> Any:
        a, b = shaped(a), shaped(b)
        if not a.ndim or not b.ndim:
            return a * b
        return _contracted("dot", a, (a.ndim - 1,), b, (max(b.ndim - 2, 0),))


@op("vdot", numpy=np.vdot, gate="swap multiplier", samples=_alike)
class VDot(Composite):
    """Inner product of both tensors, flattened."""

    def forward(self, a: Any, b: Any) -> Any:
        a, b = reshape(shaped(a), (-1,)), reshape(shaped(b), (-1,))
        return _contracted("vdot", a, (0,), b, (0,))


@op("vecdot", numpy=(np.linalg.vecdot, np.vecdot), gate="swap multiplier", samples=_alike)
class VecDot(Composite):
    """Inner products of the vectors along an axis; the other axes broadcast."""

    axis: int = -1

    def forward(self, x1: Any, x2: Any) -> Any:
        return total(shaped(x1) * shaped(x2), self.axis)


@op(
    "tensordot",
    numpy=(np.tensordot, np.linalg.tensordot),
    gate="swap multiplier",
    samples=lambda rng: (rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 3, 5)), ([2, 1], [0, 1])),
)
class TensorDot(Composite):
    """Sum of products over pairs of axes.

    Parameters
    ----------
    axes : int or pair of (int or sequence of int), default 2
        How many last axes of a meet as many first axes of b; or the axes of a and those of b.
    """

    axes: Any = 2

    def __post_init__(self) -> None:
        if is_sequence(self.axes):
            pair = tuple(tuple(side) if is_sequence(side) else side for side in self.axes)
            object.__setattr__(self, "axes", pair)

    def forward(self, a: Any, b: Any) -> Any:
        a, b = shaped(a), shaped(b)
        if is_sequence(self.axes):
            left, right = self.axes
        else:
            left, right = range(a.ndim - self.axes, a.ndim), range(self.axes)
        return _contracted("tensordot", a, _in_order(left, a.ndim), b, _in_order(right, b.ndim))


@op("kron", numpy=np.kron, gate="swap multiplier", samples=lambda rng: (
    rng.normal(size=(2, 3)), rng.normal(size=(3, 2))))  # fmt: skip
class Kron(Composite):
    """Kronecker product: a block of b for every element of a, times that element."""

    def forward(self, a: Any, b: Any) -> Any:
        a, b = shaped(a), shaped(b)
        ndim = max(a.ndim, b.ndim)
        rows = (1,) * (ndim - a.ndim) + tuple(a.shape)
        columns = (1,) * (ndim - b.ndim) + tuple(b.shape)
        left = reshape(a, tuple(k for n in rows for k in (n, 1)))
        right = reshape(b, tuple(k for n in columns for k in (1, n)))
        return reshape(left * right, tuple(n * m for n, m in zip(rows, columns, strict=True)))


def _in_order(axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes without minus signs, in the order they were given: they stand in pairs."""
    given = tuple(axes) if is_sequence(axes) or isinstance(axes, range) else (axes,)
    normalize_axes(given, ndim)  # raises where one is repeated or does not exist
    return tuple(axis % ndim for axis in given)


def _contracted(name: str, a: Any, left: Sequence[int], b: Any, right: Sequence[int]) -> Any:
    """Sum of products over pairs of axes, as one matrix product."""
    lengths = [a.shape[i] for i in left], [b.shape[i] for i in right]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"{name} cannot join these tensors: axes of length {lengths[0]} meet {lengths[1]}.",
            found=[describe("a", a), describe("b", b)],
            do="Axes that are summed over have the same length on both sides.",
        )
    rows = [i for i in range(a.ndim) if i not in left]
    columns = [i for i in range(b.ndim) if i not in right]
    shape = (*(a.shape[i] for i in rows), *(b.shape[i] for i in columns))
    summed = prod(lengths[0])
    before, after = prod(a.shape[i] for i in rows), prod(b.shape[i] for i in columns)
    matrix = reshape(transpose(a, (*rows, *left)), (before, summed))
    other = reshape(transpose(b, (*right, *columns)), (summed, after))
    return reshape(matmul(matrix, other), shape)
