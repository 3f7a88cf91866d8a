"""Kronecker: the Jacobian of a matrix product, held by the matrices of the product itself.

Imports the base class and Broadcast. For Y = X W they are dY/dX = I (x) W^T, dY/dW = X (x) I.
"""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from chainrule.jacobians.jacobian import Jacobian, compose
from chainrule.jacobians.selection import Broadcast
from chainrule.jacobians.sparse import Array, Coordinates, Shape, places

Factor = Array | int


@dataclass(frozen=True, eq=False, repr=False)
class Kronecker(Jacobian):
    """The map V to A V B^T: every entry is an entry of A times an entry of B.

    Parameters
    ----------
    left : array (..., p, q) or int
        A; a number stands for the identity matrix of that size.
    right : array (..., r, s) or int
        B, with the same axes in front.

    Notes
    -----
    Row by row, V becomes the vector (A (x) B) vec(V). Axes in front make a stack of such maps.
    """

    left: Factor
    right: Factor

    def push(self, v: Array) -> Array:
        stack, (_, q), (_, s) = self._sizes()
        found = v.reshape(len(v), *stack, q, s)
        if not isinstance(self.left, int):
            found = np.matmul(self.left, found)
        if not isinstance(self.right, int):
            found = np.matmul(found, self.right.swapaxes(-1, -2))
        return found.reshape(len(v), prod(self.outputs))

    def adjoint(self) -> Jacobian:
        left, right = _transposed(self.left), _transposed(self.right)
        return Kronecker(self.inputs, self.outputs, self.dtype, left, right)

    def coordinates(self) -> Coordinates:
        stack, (p, q), (r, s) = self._sizes()
        count = prod(stack)
        i, k, a = _entries(self.left, count, self.dtype)
        j, m, b = _entries(self.right, count, self.dtype)
        place = np.arange(count)[:, None, None]
        rows = (place * p + i[:, None]) * r + j
        columns = (place * q + k[:, None]) * s + m
        values = a[:, :, None] * b[:, None, :]
        return rows.reshape(-1), columns.reshape(-1), values.reshape(-1)

    @property
    def entries(self) -> int:
        """An entry of the left matrix for every entry of the right one."""
        stack, (p, q), (r, s) = self._sizes()
        left = p if isinstance(self.left, int) else p * q
        return prod(stack) * left * (r if isinstance(self.right, int) else r * s)

    @property
    def bytes_here(self) -> int:
        """Bytes of the matrices."""
        return sum(f.nbytes for f in (self.left, self.right) if not isinstance(f, int))

    def after(self, inner: Jacobian) -> Jacobian | None:
        if not isinstance(inner, Kronecker):
            return None
        stack, (_, q), (_, s) = self._sizes()
        below, (p, _), (r, _) = inner._sizes()
        if (stack, q, s) != (below, p, r):
            return None
        left, right = _times(self.left, inner.left), _times(self.right, inner.right)
        dtype = np.result_type(self.dtype, inner.dtype)
        return Kronecker(self.outputs, inner.inputs, dtype, left, right)

    def _sizes(self) -> tuple[Shape, tuple[int, int], tuple[int, int]]:
        """The axes in front, and rows and columns of both matrices."""
        left, right = self.left, self.right
        p, q = (left, left) if isinstance(left, int) else left.shape[-2:]
        r, s = (right, right) if isinstance(right, int) else right.shape[-2:]
        held = right if isinstance(left, int) else left
        return () if isinstance(held, int) else held.shape[:-2], (p, q), (r, s)


def _transposed(factor: Factor) -> Factor:
    return factor if isinstance(factor, int) else factor.swapaxes(-1, -2)


def _times(outer: Factor, inner: Factor) -> Factor:
    if isinstance(outer, int):
        return inner
    return outer if isinstance(inner, int) else np.matmul(outer, inner)


def _entries(
    factor: Factor, count: int, dtype: np.dtype[np.generic]
) -> tuple[Array, Array, Array]:
    """Rows, columns and (one line per member of the stack) values of a matrix's entries."""
    if isinstance(factor, int):
        line = np.arange(factor)
        return line, line, np.ones((count, factor), dtype)
    rows, columns = places(factor.shape[-2:])
    return rows, columns, factor.reshape(count, rows.size)


def product_jacobian(x: Array, w: Array, position: int, outputs: Shape) -> Jacobian:
    """The Jacobian of ``numpy.matmul`` in its first (0) or second (1) operand.

    A vector counts as a row on the left and as a column on the right; stacks are broadcast.
    """
    rows = x.reshape(1, -1) if x.ndim == 1 else x
    columns = w.reshape(-1, 1) if w.ndim == 1 else w
    stack = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    other, own = (columns, rows) if position == 0 else (rows, columns)
    # Its own copy: a Jacobian is a result, and the operands may be changed after it.
    whole = np.broadcast_to(np.array(other), (*stack, *other.shape[-2:]))
    dtype, inputs, wide = np.result_type(x, w), own.shape, (*stack, *own.shape[-2:])
    if position == 0:
        found = Kronecker(outputs, wide, dtype, rows.shape[-2], whole.swapaxes(-1, -2))
    else:
        found = Kronecker(outputs, wide, dtype, whole, columns.shape[-1])
    given = x.shape if position == 0 else w.shape
    if wide == inputs:
        return replace(found, inputs=given)
    narrow = (1,) * (len(wide) - len(inputs)) + inputs
    return compose(found, Broadcast(wide, given, dtype, narrow, wide))
