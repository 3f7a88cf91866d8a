"""Norms: lengths of vectors and sizes of matrices.

Imports the families, letters, movement and reductions. Powers are taken of entries divided by the
largest one: squares of 1e200 and of 1e-200 leave float64.
"""

from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, UnsupportedError, describe
from chainrule.graph.families import Composite, Reduction
from chainrule.graph.op import Op, op
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import not_equal, where
from chainrule.ops.movement import cast, reshape
from chainrule.ops.reductions import largest, smallest, total
from chainrule.ops.sums import accurate_sum
from chainrule.spec import normalize_axes

OF_SINGULAR_VALUES = ("nuc", 2, -2)


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)),)


@op("norm", numpy=np.linalg.norm, onnx="ReduceL2", samples=_matrix)
class Norm(Reduction):
    """Euclidean length over the axes, or another norm; its gradient at 0 is 0.

    Parameters
    ----------
    ord : number, inf, -inf, "fro" or None, default None
        None is the Euclidean length over whatever axes are named; others as in
        ``numpy.linalg.norm``: of vectors where one axis is meant, of matrices where two are.
        Norms that are made of singular values ("nuc", 2 and -2 of matrices) are missing.
    """

    ord: Any = None
    axis: Any = None
    keepdims: bool = False

    @classmethod
    def of(cls, *values: Any) -> Op:
        """The Euclidean length, or the norm of the given order."""
        if not values or values[0] is None:
            return super().of(*values)
        return NormOfOrder.of(*values)

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        x = _floating(x)
        if x.size == 0:
            return np.sqrt(accurate_sum(x * x, axes, self.keepdims))
        scale = _scale(x, axes)
        scaled = x / scale
        length = np.sqrt(accurate_sum(scaled * scaled, axes, True)) * scale
        return length if self.keepdims else np.squeeze(length, axes)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        length = self.spread(where(out > 0, out, 1), x.shape)
        return (
            where(self.spread(out > 0, x.shape), self.spread(upstream, x.shape), 0) * (x / length),
        )


@op("norm_of_order", samples=lambda rng: (rng.normal(size=(3, 4)), 3, 1))
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
        x, axes = _floating(x), normalize_axes(self.axis, x.ndim)
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
        x, order, axes = _floating(x), self.ord, normalize_axes(self.axis, x.ndim)
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


@op("power_norm", edges=True, samples=lambda rng: (rng.normal(size=(3, 4)), 3.0, 1))
class PowerNorm(Reduction):
    """(sum |x|^p)^(1/p) over the axes; its gradient is 0 where an element is 0.

    Parameters
    ----------
    p : float, default 2.0
        The order, neither 0 nor infinite.
    """

    p: float = 2.0
    axis: Any = None
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        x = _floating(x)
        if x.size == 0:
            return accurate_sum(x, axes, self.keepdims)
        scale = _scale(x, axes)
        powers = np.abs(x / scale) ** np.asarray(self.p, x.dtype)
        root = np.asarray(1 / self.p, x.dtype)
        length = accurate_sum(powers, axes, True) ** root * scale
        return length if self.keepdims else np.squeeze(length, axes)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        # d out / dx = sign(x) (|x| / out)^(p - 1): shares of at most 1 where p > 1.
        counts = not_equal(x, 0) & self.spread(out > 0, x.shape)
        length = where(counts, self.spread(out, x.shape), 1)
        share = where(counts, abs(x), 1) / length
        slope = sign(x) * share ** (self.p - 1)
        return (where(counts, self.spread(upstream, x.shape) * slope, 0),)


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
        return _of_matrices(_floating(x), self.ord, (x.ndim - 2, x.ndim - 1), self.keepdims)


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


def _floating(x: Any) -> Any:
    """Whole numbers have lengths too, which are floating-point numbers."""
    return x if x.dtype.kind == "f" else cast(x, np.float64)


def _scale(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest absolute entry, where it is a number above 0."""
    most = np.max(np.abs(x), axis=axes, keepdims=True)
    return np.where((most > 0) & (most < inf), most, 1).astype(x.dtype)


norm, vector_norm = Norm.function, VectorNorm.function
