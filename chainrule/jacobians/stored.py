"""Jacobians without a formula: Dense, Sparse, and Implicit, which only multiplies.

Imports the base class and Diagonal. A Sparse one comes from coloring, an Implicit one from an op.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.jacobians.diagonal import Diagonal
from chainrule.jacobians.jacobian import Jacobian
from chainrule.jacobians.sparse import Array, Coordinates, Shape, places


@dataclass(frozen=True, eq=False, repr=False)
class Dense(Jacobian):
    """Every output may depend on every input: the matrix itself.

    Parameters
    ----------
    matrix : array (outputs, inputs)
        The entries, all axes of a side taken together.
    """

    matrix: Array

    @classmethod
    def of(cls, array: Array, outputs: Shape, inputs: Shape) -> "Dense":
        """From an array in the numerator layout."""
        return cls(outputs, inputs, array.dtype, array.reshape(prod(outputs), prod(inputs)))

    def push(self, v: Array) -> Array:
        return v @ self.matrix.T

    def adjoint(self) -> Jacobian:
        return Dense(self.inputs, self.outputs, self.dtype, self.matrix.T)

    def coordinates(self) -> Coordinates:
        rows, columns = places(self.matrix.shape)
        return rows, columns, self.matrix.reshape(-1)

    def fill(self, whole: Array) -> None:
        whole[...] = self.matrix

    @property
    def bytes_here(self) -> int:
        """Bytes of the matrix."""
        return self.matrix.nbytes

    def after(self, inner: Jacobian) -> Jacobian | None:
        if isinstance(inner, Diagonal):
            return self._with(self.matrix * inner.values.reshape(-1), self.outputs, inner.inputs)
        if isinstance(inner, Dense):
            return self._with(self.matrix @ inner.matrix, self.outputs, inner.inputs)
        return None

    def before(self, outer: Jacobian) -> Jacobian | None:
        if not isinstance(outer, Diagonal):
            return None
        return self._with(outer.values.reshape(-1, 1) * self.matrix, outer.outputs, self.inputs)

    def _with(self, matrix: Array, outputs: Shape, inputs: Shape) -> Jacobian:
        return Dense(outputs, inputs, matrix.dtype, matrix)


@dataclass(frozen=True, eq=False, repr=False)
class Sparse(Jacobian):
    """Most entries are 0 by structure; the others are held row by row.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array (outputs, inputs)
        The entries, all axes of a side taken together.
    """

    matrix: Any

    def push(self, v: Array) -> Array:
        return (self.matrix @ v.T).T

    def adjoint(self) -> Jacobian:
        return Sparse(self.inputs, self.outputs, self.dtype, self.matrix.T.tocsr())

    def coordinates(self) -> Coordinates:
        found = self.matrix.tocoo()
        return found.row, found.col, found.data

    @property
    def entries(self) -> int:
        """Those that are held."""
        return int(self.matrix.nnz)

    @property
    def bytes_here(self) -> int:
        """Bytes of the entries and of their places."""
        matrix = self.matrix
        return int(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes)

    def after(self, inner: Jacobian) -> Jacobian | None:
        if isinstance(inner, Sparse):
            return self._with(self.matrix @ inner.matrix, inner)
        if isinstance(inner, Diagonal):
            scaled = self.matrix.copy()
            scaled.data = scaled.data * inner.values.reshape(-1)[scaled.indices]
            return self._with(scaled, inner)
        return None

    def _with(self, matrix: Any, inner: Jacobian) -> Jacobian:
        return Sparse(self.outputs, inner.inputs, matrix.dtype, matrix)


@dataclass(frozen=True, eq=False, repr=False)
class Implicit(Jacobian):
    """Known only by its products: each runs the rules of the ops it came from.

    Parameters
    ----------
    forward, backward : callable
        Take one tensor of the inputs' (outputs') shape to one of the outputs' (inputs').
    natural : pair of shapes
        Those of outputs and inputs that both know, whatever reshapes stand around them.
    held : int
        Bytes that both keep alive.
    """

    forward: Callable[[Array], Array]
    backward: Callable[[Array], Array]
    natural: tuple[Shape, Shape]
    held: int = 0

    def push(self, v: Array) -> Array:
        outputs, inputs = self.natural
        out = np.zeros((len(v), prod(outputs)), v.dtype)
        for row, direction in zip(out, v, strict=True):
            row[...] = np.reshape(self.forward(direction.reshape(inputs)), row.shape)
        return out

    def adjoint(self) -> Jacobian:
        outputs, inputs = self.natural
        maps = self.backward, self.forward, (inputs, outputs)
        return Implicit(self.inputs, self.outputs, self.dtype, *maps, self.held)

    @property
    def bytes_here(self) -> int:
        """Bytes that the ops keep alive."""
        return self.held
