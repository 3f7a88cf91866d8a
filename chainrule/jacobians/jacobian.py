"""Jacobian: the derivative of many numbers by many numbers, held by its structure.

Imports errors, matrices and sizes. Every structure inherits from it; Product, which holds a chain
of them unmultiplied, stands here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.errors import ArgumentError, ShapeError
from chainrule.jacobians.jacobian_card import jacobian_card
from chainrule.jacobians.sizes import Budget, budget_bytes, size_text
from chainrule.jacobians.sparse import Array, Coordinates, Shape, places, sparse_matrix

LAYOUTS = ("numerator", "denominator")
DEFAULT_BUDGET = "1 GiB"
CHUNK_BYTES = 1 << 24  # of unit vectors that are multiplied together


@dataclass(frozen=True, eq=False, repr=False)
class Jacobian(NDArrayOperatorsMixin):
    """How every output moves with every input: a linear map that knows its structure.

    It multiplies without being stored as an array. ``J @ v`` takes ``v`` of the inputs' shape to
    the outputs' shape (a jvp) and ``J.T @ u`` goes back (a vjp); axes of ``v`` behind those of
    the inputs are kept, so that a whole array of directions is multiplied at once. ``J @ K``
    composes two of them and keeps their structure where it closes. Every other operator and
    function of NumPy sees its array, if that fits into the budget of :meth:`dense`.

    Parameters
    ----------
    outputs, inputs : tuple of int
        Shapes of what is differentiated, and of what it is differentiated by.
    dtype : dtype
        Element type.
    layout : {"numerator", "denominator"}
        Whether the axes of the outputs stand first, or those of the inputs: the transpose.
    """

    outputs: Shape
    inputs: Shape
    dtype: np.dtype[Any]
    layout: str = field(default="numerator", kw_only=True)

    # What a structure tells about itself; rows are outputs and columns inputs, both flat.

    def push(self, v: Array) -> Array:
        """Multiply a stack of flat directions: (k, inputs) to (k, outputs)."""
        raise NotImplementedError(f"{type(self).__name__} has no push")

    def adjoint(self) -> "Jacobian":
        """The map of the transposed matrix, from the outputs to the inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no adjoint")

    def coordinates(self) -> Coordinates | None:
        """The entries that may differ from 0; None where only products are known."""
        return None

    @property
    def entries(self) -> int:
        """How many entries may differ from 0."""
        return prod(self.outputs) * prod(self.inputs)

    @property
    def bytes_here(self) -> int:
        """Bytes of the numbers that are held instead of the array."""
        return 0

    def after(self, inner: "Jacobian") -> "Jacobian | None":
        """Self times another, if the product has a structure of its own."""
        return None

    def before(self, outer: "Jacobian") -> "Jacobian | None":
        """Another times self, if the product has a structure of its own."""
        return None

    # What follows from it.

    @property
    def shape(self) -> Shape:
        """The axes of the array, in the order of the layout."""
        return self.rows + self.columns

    @property
    def rows(self) -> Shape:
        """The axes that stand first."""
        return self.outputs if self.layout == "numerator" else self.inputs

    @property
    def columns(self) -> Shape:
        """The axes that stand last."""
        return self.inputs if self.layout == "numerator" else self.outputs

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of entries of the array."""
        return prod(self.shape)

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix, all axes of a side taken together."""
        return prod(self.rows), prod(self.columns)

    @property
    def bytes_dense(self) -> int:
        """Bytes that the array would take."""
        return self.size * self.dtype.itemsize

    @property
    def T(self) -> "Jacobian":  # noqa: N802  the name of the transpose everywhere
        """The transpose: the same derivative in the other layout."""
        return replace(self, layout=LAYOUTS[self.layout == "numerator"])

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, Jacobian):
            return _joined(self, other)
        v = np.asarray(other)
        count = len(self.columns)
        if v.shape[:count] != self.columns:
            raise ShapeError(
                f"this jacobian takes tensors of shape {self.columns}, not {v.shape}.",
                found=[repr(self)],
                do="The axes of v begin with the last axes of the jacobian; more may follow.",
            )
        kept = v.shape[count:]
        stack = v.reshape(prod(self.columns), prod(kept)).T
        stack = stack.astype(np.result_type(stack.dtype, self.dtype), copy=False)
        straight = self if self.layout == "numerator" else self.adjoint()
        return straight.push(stack).T.reshape(self.rows + kept)[()]

    def __rmatmul__(self, other: Any) -> Any:
        u = np.asarray(other)
        kept = u.ndim - len(self.rows)
        front = tuple(range(kept))
        if u.shape[max(kept, 0) :] != self.rows:
            raise ShapeError(
                f"from the left this jacobian takes tensors of shape {self.rows}, not {u.shape}.",
                found=[repr(self)],
                do="The axes of u end with the first axes of the jacobian; more may stand before.",
            )
        found = self.T @ np.moveaxis(u, front, tuple(range(u.ndim - kept, u.ndim)))
        last = tuple(range(np.ndim(found) - kept, np.ndim(found)))
        return np.moveaxis(found, last, front)[()]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not isinstance(inputs[0], Jacobian):
            return inputs[1].__rmatmul__(inputs[0])
        arrays = [x.dense() if isinstance(x, Jacobian) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, **keywords)

    def dense(self, budget: Budget = DEFAULT_BUDGET) -> Array:
        """The array, in the order of the layout.

        Parameters
        ----------
        budget : int, text such as "500 MB", or None, default "1 GiB"
            The most bytes it may take; None sets no limit.

        Raises
        ------
        ArgumentError
            If it would take more.
        """
        if self.bytes_dense > budget_bytes(budget):
            raise ArgumentError(
                f"as an array this jacobian would take {size_text(self.bytes_dense)}.",
                found=[repr(self), f"the budget is {budget}"],
                do=(
                    "Multiply by it instead, J @ v or J.T @ u, which needs no array, or allow "
                    f'more: J.dense(budget="{size_text(self.bytes_dense)}").'
                ),
            )
        whole = np.zeros((prod(self.outputs), prod(self.inputs)), self.dtype)
        self.fill(whole)
        if self.layout == "denominator":
            whole = np.ascontiguousarray(whole.T)
        return whole.reshape(self.shape)

    def fill(self, whole: Array) -> None:
        """Write the entries into a matrix of zeros, outputs by inputs."""
        found = self.coordinates()
        if found is None:
            self._fill_by_products(whole)
        else:
            rows, columns, values = found
            whole[rows, columns] = values

    def _fill_by_products(self, whole: Array) -> None:
        """Column by column or row by row, whichever is fewer."""
        tall = whole.shape[0] > whole.shape[1]
        target, straight = (whole.T, self) if tall else (whole, self.adjoint())
        count = target.shape[0]
        step = max(1, CHUNK_BYTES // max(count * self.dtype.itemsize, 1))
        for start in range(0, count, step):
            length = min(step, count - start)
            units = np.eye(length, count, start, dtype=self.dtype)
            target[start : start + length] = straight.push(units)

    def pattern(self) -> Any:
        """Where entries may differ from 0: a scipy.sparse array of booleans, outputs by inputs."""
        found = self.coordinates()
        shape = prod(self.outputs), prod(self.inputs)
        if found is None:
            rows, columns = places(shape)
        else:
            rows, columns, _ = found
        return sparse_matrix(rows, columns, np.ones(rows.size, bool), shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("a jacobian is no array yet: np.asarray(J) makes one.")
        return self.dense() if dtype is None else self.dense().astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        return self.dense()[key]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a jacobian without axes")
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(self.dense())  # one number has a truth value, several have none, as in NumPy

    def __float__(self) -> float:
        return float(self.dense())

    def __repr__(self) -> str:
        layout = "" if self.layout == "numerator" else f", {self.layout} layout"
        return (
            f"{type(self).__name__} jacobian {self.shape} {self.dtype}{layout}: "
            f"{size_text(self.bytes_dense)} dense, {size_text(self.bytes_here)} here"
        )

    def _repr_html_(self) -> str:
        return jacobian_card(self)


@dataclass(frozen=True, eq=False, repr=False)
class Product(Jacobian):
    """A chain of Jacobians that is multiplied factor by factor and never multiplied out."""

    factors: tuple[Jacobian, ...]

    @classmethod
    def of(cls, factors: Sequence[Jacobian]) -> "Product":
        """The product of maps, the outermost first."""
        dtype = np.result_type(*(f.dtype for f in factors))
        return cls(factors[0].outputs, factors[-1].inputs, dtype, tuple(factors))

    def push(self, v: Array) -> Array:
        for factor in reversed(self.factors):
            v = factor.push(v)
        return v

    def adjoint(self) -> Jacobian:
        factors = tuple(f.adjoint() for f in reversed(self.factors))
        return Product(self.inputs, self.outputs, self.dtype, factors)

    def coordinates(self) -> Coordinates | None:
        whole: Any = None
        for factor in self.factors:
            found = factor.coordinates()
            if found is None:
                return None
            rows, columns, values = found
            here = sparse_matrix(
                rows, columns, values, (prod(factor.outputs), prod(factor.inputs))
            )
            whole = here if whole is None else whole @ here
        whole = whole.tocoo()
        return whole.row, whole.col, whole.data

    def pattern(self) -> Any:
        whole = self.factors[0].pattern()
        for factor in self.factors[1:]:
            whole = whole @ factor.pattern()
        return whole

    @property
    def bytes_here(self) -> int:
        """Bytes of all factors."""
        return sum(factor.bytes_here for factor in self.factors)

    def after(self, inner: Jacobian) -> Jacobian | None:
        *front, last = self.factors
        joined = compose(last, inner)
        if not isinstance(joined, Product):
            return compose(Product.of(front) if len(front) > 1 else front[0], joined)
        return Product.of((*front, *joined.factors))

    def before(self, outer: Jacobian) -> Jacobian | None:
        first, *rest = self.factors
        joined = compose(outer, first)
        if not isinstance(joined, Product):
            return compose(joined, Product.of(rest) if len(rest) > 1 else rest[0])
        return Product.of((*joined.factors, *rest))

    def __repr__(self) -> str:
        names = " @ ".join(type(factor).__name__ for factor in self.factors)
        return super().__repr__() + f" ({names})"


def compose(outer: Jacobian, inner: Jacobian) -> Jacobian:
    """The Jacobian of a function of a function, both in the numerator layout: the chain rule."""
    found = outer.after(inner)
    if found is None:
        found = inner.before(outer)
    if found is None:
        return Product.of((outer, inner))
    if (found.outputs, found.inputs) == (outer.outputs, inner.inputs):
        return found
    return replace(found, outputs=outer.outputs, inputs=inner.inputs)


def _joined(left: Jacobian, right: Jacobian) -> Jacobian:
    """The product of two matrices; of two in the denominator layout, in that layout."""
    if left.columns != right.rows:
        raise ShapeError(
            f"these jacobians do not meet: {left.columns} against {right.rows}.",
            found=[repr(left), repr(right)],
            do="The last axes of the left one are the first axes of the right one.",
        )
    if left.layout == right.layout == "denominator":
        return compose(right.T, left.T).T
    return compose(*(j if j.layout == "numerator" else j.T.adjoint() for j in (left, right)))
