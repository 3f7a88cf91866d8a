"""Jacobians of what works element by element or row by row: diagonal or in diagonal blocks.

Imports the base class. Elementwise ops are diagonal, softmax and layer norm block-diagonal.
"""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from chainrule.jacobians.jacobian import Jacobian
from chainrule.jacobians.sparse import Array, Coordinates, Shape, places


@dataclass(frozen=True, eq=False, repr=False)
class Zero(Jacobian):
    """No output depends on any input."""

    def push(self, v: Array) -> Array:
        return np.zeros((len(v), prod(self.outputs)), v.dtype)

    def adjoint(self) -> Jacobian:
        return Zero(self.inputs, self.outputs, self.dtype)

    def coordinates(self) -> Coordinates:
        none = np.zeros(0, np.intp)
        return none, none, np.zeros(0, self.dtype)

    @property
    def entries(self) -> int:
        """None at all."""
        return 0

    def after(self, inner: Jacobian) -> Jacobian:
        return Zero(self.outputs, inner.inputs, np.result_type(self.dtype, inner.dtype))

    def before(self, outer: Jacobian) -> Jacobian:
        return Zero(outer.outputs, self.inputs, np.result_type(self.dtype, outer.dtype))


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Jacobian):
    """Every output is the input of the same place, in the order of memory: also a reshape."""

    def push(self, v: Array) -> Array:
        return v.copy()

    def adjoint(self) -> Jacobian:
        return Identity(self.inputs, self.outputs, self.dtype)

    def coordinates(self) -> Coordinates:
        places = np.arange(self.entries)
        return places, places, np.ones(self.entries, self.dtype)

    @property
    def entries(self) -> int:
        """One per output."""
        return prod(self.outputs)

    def after(self, inner: Jacobian) -> Jacobian:
        dtype = np.result_type(self.dtype, inner.dtype)
        return replace(inner, outputs=self.outputs, dtype=dtype)

    def before(self, outer: Jacobian) -> Jacobian:
        dtype = np.result_type(self.dtype, outer.dtype)
        return replace(outer, inputs=self.inputs, dtype=dtype)


@dataclass(frozen=True, eq=False, repr=False)
class Diagonal(Jacobian):
    """Every output depends on the input of the same place alone: an elementwise function.

    Parameters
    ----------
    values : array
        The slopes, as many as there are outputs and as there are inputs.
    """

    values: Array

    @classmethod
    def of(cls, values: Array, inputs: Shape | None = None) -> "Diagonal":
        """From the slopes, in the shape of the outputs."""
        outputs: Shape = values.shape
        return cls(outputs, outputs if inputs is None else inputs, values.dtype, values)

    def push(self, v: Array) -> Array:
        return v * self.values.reshape(-1)

    def adjoint(self) -> Jacobian:
        return Diagonal(self.inputs, self.outputs, self.dtype, self.values)

    def coordinates(self) -> Coordinates:
        places = np.arange(self.values.size)
        return places, places, self.values.reshape(-1)

    @property
    def entries(self) -> int:
        """One per output."""
        return self.values.size

    @property
    def bytes_here(self) -> int:
        """Bytes of the slopes."""
        return self.values.nbytes

    def after(self, inner: Jacobian) -> Jacobian | None:
        if not isinstance(inner, Diagonal):
            return None
        values = self.values.reshape(-1) * inner.values.reshape(-1)
        return Diagonal(self.outputs, inner.inputs, values.dtype, values)


@dataclass(frozen=True, eq=False, repr=False)
class BlockDiagonal(Jacobian):
    """Outputs and inputs fall into equal blocks; a block depends on its own inputs alone.

    Parameters
    ----------
    blocks : array, (blocks, outputs of one, inputs of one)
        The Jacobian of each block.
    """

    blocks: Array

    def push(self, v: Array) -> Array:
        count, _, width = self.blocks.shape
        rows = v.reshape(len(v), count, 1, width)
        return np.matmul(rows, self.blocks.swapaxes(1, 2)).reshape(len(v), prod(self.outputs))

    def adjoint(self) -> Jacobian:
        return BlockDiagonal(self.inputs, self.outputs, self.dtype, self.blocks.swapaxes(1, 2))

    def coordinates(self) -> Coordinates:
        count, height, width = self.blocks.shape
        block, row, column = places(self.blocks.shape)
        rows, columns = block * height + row, block * width + column
        return rows, columns, self.blocks.reshape(count * height * width)

    @property
    def entries(self) -> int:
        """Those of the blocks."""
        return self.blocks.size

    @property
    def bytes_here(self) -> int:
        """Bytes of the blocks."""
        return self.blocks.nbytes

    def after(self, inner: Jacobian) -> Jacobian | None:
        count, _, width = self.blocks.shape
        if isinstance(inner, Diagonal):
            return self._with(self.blocks * inner.values.reshape(count, 1, width), inner)
        if isinstance(inner, BlockDiagonal) and inner.blocks.shape[:2] == (count, width):
            return self._with(np.matmul(self.blocks, inner.blocks), inner)
        return None

    def before(self, outer: Jacobian) -> Jacobian | None:
        if not isinstance(outer, Diagonal):
            return None
        blocks = outer.values.reshape(*self.blocks.shape[:2], 1) * self.blocks
        return BlockDiagonal(outer.outputs, self.inputs, blocks.dtype, blocks)

    def _with(self, blocks: Array, inner: Jacobian) -> Jacobian:
        return BlockDiagonal(self.outputs, inner.inputs, blocks.dtype, blocks)
