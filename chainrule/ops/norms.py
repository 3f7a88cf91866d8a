"""Norms by their order: of vectors along an axis, of matrices over two.

Imports the families, letters, lengths, movement and reductions.
"""

from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, UnsupportedError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operation import op
from chainrule.ops.lengths import Norm, PowerNorm
from chainrule.ops.letters.logic import not_equal
from chainrule.ops.movement import cast, reshape
from chainrule.ops.reductions import largest, smallest, total
from chainrule.ops.scaling import floating
from chainrule.spec import normalize_axes

OF_SINGULAR_VALUES = ("nuc", 2, -2)


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)),)


@op("norm_of_order", smooth=False, samples=lambda rng: (rng.normal(size=(3, 4)), 3, 1))
class NormOfOrder(Composite):
    """A norm by its order: of vectors along one axis, of matrices over two.

    Parameters
    ----------
    ord : number, inf, -inf or "fro"
        As in ``numpy.linalg.norm``.
    """

    ord: Any
    axis: Any = None
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        x, axes = floating(x), normalize_axes(self.axis, x.ndim)
        if len(axes) == 1:
            return vector_norm(x, axes, self.keepdims, self.ord)
        if len(axes) != 2:
            raise ShapeError(
                f"a norm of order {self.ord!r} is one of vectors or of matrices, not of "
                f"{len(axes)} axes.",
                found=[describe("x", x)],
                do="Name one axis or two: norm(x, ord, axis).",
            )
        pair = axes if self.axis is None else [axis % x.ndim for axis in self.axis]
        return _of_matrices(x, self.ord, pair, self.keepdims)


@op("vector_norm", numpy=np.linalg.vector_norm, samples=_matrix)
class VectorNorm(Composite):
    """Norm of the vector that the elements along the axes form.

    Parameters
    ----------
    ord : number, inf or -inf, default 2
        (sum |x|^ord)^(1/ord); 0 counts the elements that are not 0, inf is the largest absolute
        value, -inf the smallest.
    """

    axis: Any = None
    keepdims: bool = False
    ord: Any = 2

    def __post_init__(self) -> None:
        if isinstance(self.ord, str):
            raise ArgumentError(
                f"vectors have no norm of order {self.ord!r}.", do="Choose a number, or inf."
            )

    def forward(self, x: Any) -> Any:
        x, order, axes = floating(x), self.ord, normalize_axes(self.axis, x.ndim)
        if order is None or order == 2:
            return Norm(axis=axes, keepdims=self.keepdims)(x)
        if order == 0:
            return total(cast(not_equal(x, 0), x.dtype), axes, self.keepdims)
        if order == 1:
            return total(abs(x), axes, self.keepdims)
        if order in (inf, -inf):
            extreme = largest if order > 0 else smallest
            return extreme(abs(x), axes, self.keepdims)
        return PowerNorm(p=float(order), axis=axes, keepdims=self.keepdims)(x)


@op("matrix_norm", numpy=np.linalg.matrix_norm, samples=_matrix)
class MatrixNorm(Composite):
    """Norm of each matrix, whose rows and columns are the last two axes.

    Parameters
    ----------
    ord : {"fro", 1, -1, inf, -inf}, default "fro"
        "fro" is the Euclidean length of all elements, 1 the largest sum of a column's absolute
        values, inf that of a row; a minus sign takes the smallest.
    """

    keepdims: bool = False
    ord: Any = "fro"

    def forward(self, x: Any) -> Any:
        if x.ndim < 2:
            raise ShapeError(
                "matrix_norm takes matrices, at least two axes.",
                found=[describe("x", x)],
                do="Call vector_norm for vectors.",
            )
        return _of_matrices(floating(x), self.ord, (x.ndim - 2, x.ndim - 1), self.keepdims)


def _of_matrices(x: Any, order: Any, pair: Any, keepdims: bool) -> Any:
    rows, columns = pair
    if order is None or order == "fro":
        return Norm(axis=tuple(pair), keepdims=keepdims)(x)
    if order in OF_SINGULAR_VALUES:
        raise UnsupportedError(
            f"the norm of order {order!r} of a matrix is made of singular values, "
            "which have no op in chainrule.",
            found=[describe("x", x)],
            do='Choose "fro", 1, -1, inf or -inf.',
        )
    if order not in (1, -1, inf, -inf):
        raise ArgumentError(
            f"matrices have no norm of order {order!r}.", do='Choose "fro", 1, -1, inf or -inf.'
        )
    summed, kept = (rows, columns) if order in (1, -1) else (columns, rows)
    extreme = largest if order > 0 else smallest
    out = extreme(total(abs(x), summed, True), kept, True)
    if keepdims:
        return out
    return reshape(out, tuple(n for i, n in enumerate(x.shape) if i not in pair))


vector_norm = VectorNorm.function
