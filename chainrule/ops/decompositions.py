"""Solving and factoring: inverse, solve, Cholesky.

Imports the families, movement, linear_algebra and matrices; determinants build on it. Matrices
may stand in stacks. A singular matrix raises SingularMatrixError, a ``np.linalg.LinAlgError``.
"""

from typing import Any

import numpy as np

from chainrule.domain import POSITIVE
from chainrule.errors import SingularMatrixError, describe
from chainrule.graph.op.families import Structured
from chainrule.graph.op.operation import op
from chainrule.ops.linear_algebra import matmul
from chainrule.ops.matrices import matrix_transpose, tril
from chainrule.ops.movement import expand_dims, shaped, squeeze, sum_to
from chainrule.spec import Spec

linalg: Any = np.linalg  # its stubs know no array of unknown type


class OfMatrices(Structured):
    """An op on square matrices, whose failures NumPy reports as LinAlgError."""

    primitive = "call"

    def explain(self, error: Exception, operands: Any) -> Exception:
        """The error of a singular matrix names the matrix."""
        if not isinstance(error, np.linalg.LinAlgError) or "square" in str(error):
            return super().explain(error, operands)
        what = str(error)[:1].lower() + str(error)[1:]
        return SingularMatrixError(
            f"{self.name} has no result: {what}.",
            found=[describe(n, x) for n, x in zip(self.inputs, operands, strict=True)],
            do="Add a multiple of the identity, a + 1e-6 * np.eye(n), if that is what you mean.",
        )


def regular(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """A matrix far from singular."""
    return rng.normal(size=(3, 3)) + 3 * np.eye(3)


def check_square(a: Any) -> None:
    """Raise unless the last two axes have one length."""
    if a.shape[-1:] != a.shape[-2:-1]:
        raise np.linalg.LinAlgError("the last two axes must be square")


def _positive(rng: np.random.Generator) -> tuple[Any, ...]:
    half = rng.normal(size=(3, 3))
    return (half @ half.T + 3 * np.eye(3),)


def _floating(*specs: Spec) -> Any:
    found = np.result_type(*(s.dtype for s in specs))
    return found if found.kind == "f" else np.dtype(np.float64)


@op("inv", numpy=np.linalg.inv, samples=lambda rng: (regular(rng),))
class Inv(OfMatrices):
    """The inverse of each matrix. The gradient is -out^T upstream out^T.

    Raises
    ------
    SingularMatrixError
        If a matrix has none.
    """

    def forward(self, a: Any) -> Any:
        return linalg.inv(a)

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        flipped = matrix_transpose(out)
        return (-(flipped @ upstream @ flipped),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """-out da out."""
        return -(out @ tangents[0] @ out)

    def spec(self, a: Spec) -> Spec:
        """The shape of a; zeros, on which other ops are tried, have no inverse."""
        return Spec(a.shape, _floating(a))


@op("solve", numpy=np.linalg.solve, samples=lambda rng: (regular(rng), rng.normal(size=(3, 2))))
class Solve(OfMatrices):
    """The solution x of a x = b; b is one vector if it has one axis, else a stack of matrices.

    Raises
    ------
    SingularMatrixError
        If a matrix is singular.
    """

    def forward(self, a: Any, b: Any) -> Any:
        return linalg.solve(a, b)

    def backward(self, upstream: Any, a: Any, b: Any, out: Any) -> Any:
        vector = b.ndim == 1
        columns = expand_dims(upstream, -1) if vector else upstream
        found = expand_dims(out, -1) if vector else out
        of_b = solve(matrix_transpose(a), columns)
        return (
            lambda: sum_to(-matmul(of_b, matrix_transpose(found)), a.shape),
            lambda: sum_to(squeeze(of_b, -1) if vector else of_b, b.shape),
        )

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """The same equations, with the right side db - da x."""
        (a, b), (da, db) = map(shaped, inputs), tangents
        vector = b.ndim == 1
        right: Any = 0
        if da is not None:
            right = right - matmul(da, expand_dims(out, -1) if vector else out)
        if db is not None:
            right = right + (expand_dims(db, -1) if vector else db)
        moved = solve(a, right)
        return squeeze(moved, -1) if vector else moved

    def spec(self, a: Spec, b: Spec) -> Spec:
        """The shape of b, with the stacks of both."""
        if len(b.shape) == 1:
            return Spec((*a.shape[:-2], *b.shape), _floating(a, b))
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return Spec((*stack, *b.shape[-2:]), _floating(a, b))


@op("cholesky", numpy=np.linalg.cholesky, domains=(POSITIVE,), samples=_positive)
class Cholesky(OfMatrices):
    """The lower triangular L with L L^T = a, for symmetric positive definite matrices.

    The formula reads (a + a^T) / 2, so that its gradient is symmetric.

    Parameters
    ----------
    upper : bool, default False
        Answer L^T instead.

    Raises
    ------
    SingularMatrixError
        If a matrix is not positive definite.
    """

    upper: bool = False

    def forward(self, a: Any) -> Any:
        check_square(a)
        out = linalg.cholesky(_symmetric(a))
        return matrix_transpose(out) if self.upper else out

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        lower, pulled = (matrix_transpose(x) if self.upper else x for x in (out, upstream))
        up = matrix_transpose(lower)
        half = solve(up, _halved(up @ tril(pulled)))  # L^-T Phi(L^T upstream) L^-1
        return (_symmetric(matrix_transpose(solve(up, matrix_transpose(half)))),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """L Phi(L^-1 da L^-T), where Phi keeps the lower triangle and half the diagonal."""
        lower = matrix_transpose(out) if self.upper else out
        half = solve(lower, _symmetric(tangents[0]))
        inner = solve(lower, matrix_transpose(half))
        moved = lower @ _halved(matrix_transpose(inner))
        return matrix_transpose(moved) if self.upper else moved

    def spec(self, a: Spec) -> Spec:
        """The shape of a; zeros are not positive definite."""
        return Spec(a.shape, _floating(a))


def _symmetric(a: Any) -> Any:
    return (a + matrix_transpose(a)) / 2


def _halved(a: Any) -> Any:
    """The lower triangle with half of its diagonal."""
    return tril(a) - np.eye(a.shape[-1], dtype=a.dtype) * a / 2


inv, solve = Inv.function, Solve.function
