"""Determinants, and cofactors as their slopes: right where a matrix is singular as well.

Imports the families, letters, movement, matrices, reductions and decompositions. Cofactors come
from products of singular values, and nothing is divided by the determinant.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.errors import SingularMatrixError, describe
from chainrule.graph.op.families import Pulled
from chainrule.graph.op.operation import op
from chainrule.ops.decompositions import Inv, OfMatrices, check_square, inv, linalg, regular
from chainrule.ops.letters.logic import greater, where
from chainrule.ops.matrices import matrix_transpose
from chainrule.ops.movement import broadcast_to, cast, expand_dims
from chainrule.ops.reductions import total


@op("det", numpy=np.linalg.det, samples=lambda rng: (regular(rng),))
class Det(OfMatrices):
    """The determinant of each matrix; its gradient is the matrix of cofactors.

    Right for singular matrices too, to second order: cofactors come from singular values, and
    nothing is divided by the determinant.
    """

    def forward(self, a: Any) -> Any:
        return linalg.det(a)

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        return (_per_matrix(upstream) * cofactors(a),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """<cofactors, da>."""
        return total(cofactors(inputs[0]) * tangents[0], (-2, -1))


@op("cofactors", samples=lambda rng: (regular(rng),))
class Cofactors(OfMatrices):
    """det(a) times the transposed inverse, for singular matrices as well: the slope of det."""

    def forward(self, a: Any) -> Any:
        left, values, right, sign = _singular_values(a)
        return (left * (sign * _products_of_others(values))[..., None, :]) @ right

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        return (cofactors_slope(a, upstream),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """The second derivative of det is symmetric."""
        return cofactors_slope(inputs[0], tangents[0])


@op("cofactors_slope", samples=lambda rng: (regular(rng), rng.normal(size=(3, 3))))
class CofactorsSlope(OfMatrices):
    """How the cofactors of a move when a moves along w: the second derivative of det.

    Its own slope in a, the third derivative of det, is taken where a can be inverted.
    """

    def forward(self, a: Any, w: Any) -> Any:
        # In the basis of singular vectors, cofactors move by products of n - 2 singular values.
        left, values, right, sign = _singular_values(a)
        turned = np.swapaxes(left, -1, -2) @ w @ np.swapaxes(right, -1, -2)
        others = _products_of_all_but_two(values)
        moved = -others * np.swapaxes(turned, -1, -2)
        along = np.diagonal(turned, axis1=-2, axis2=-1)
        place = list(range(values.shape[-1]))
        moved[..., place, place] = (others @ along[..., None])[..., 0]
        return left @ (sign[..., None] * moved) @ right

    def backward(self, upstream: Any, a: Any, w: Any, out: Any) -> Any:
        return (
            lambda: _third_derivative_of_det(a, w, upstream),
            lambda: cofactors_slope(a, upstream),  # a second derivative is symmetric
        )


class SlogdetResult(NamedTuple):
    """What np.linalg.slogdet returns, by NumPy's names."""

    sign: Any
    logabsdet: Any


@op("slogdet", numpy=np.linalg.slogdet, samples=lambda rng: (regular(rng),))
class SLogDet(OfMatrices):
    """Sign and logarithm of the absolute determinant of each matrix: two results.

    A singular matrix gives 0 and -inf, as in NumPy; its gradient is NaN.
    """

    handed: ClassVar[Any] = SlogdetResult._make

    def forward(self, a: Any) -> Any:
        return tuple(linalg.slogdet(a))

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        rank = _per_matrix(greater(out[1], -np.inf))
        safe = where(rank, a, np.eye(a.shape[-1], dtype=a.dtype))
        slope = matrix_transpose(inv(safe))
        return (where(rank, _per_matrix(upstream[1]) * slope, np.asarray(np.nan, a.dtype)),)

    def pull(self, upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Pulled:
        """The rule, exactly 0 where the logarithm is dead."""
        gradients, _ = super().pull(upstream, None, inputs, out, wanted)
        if live is None or gradients[0] is None:
            return gradients, None
        below = broadcast_to(_per_matrix(live[1]), inputs[0].shape)
        return [where(below, gradients[0], 0)], [below]


def _per_matrix(x: Any) -> Any:
    """A number per matrix, so that it multiplies all of its elements."""
    return expand_dims(x, (-2, -1))


def _singular_values(a: Any) -> tuple[Any, Any, Any, Any]:
    """Orthogonal matrices on both sides, singular values, and the sign of the two sides."""
    check_square(a)
    _check_finite(a)
    left, values, right = linalg.svd(a)
    sign = np.rint(linalg.det(left) * linalg.det(right))
    return left, values, right, sign[..., None].astype(values.dtype)


def _check_finite(a: Any) -> None:
    """Refuse what LAPACK refuses or, where an infinity stands, may search for ever."""
    if not np.isfinite(a).all():
        raise linalg.LinAlgError("SVD did not converge: the matrix holds inf or NaN")


def _products_of_others(values: Any) -> Any:
    """For each singular value the product of all the others: prefix times suffix."""
    ones = np.ones_like(values[..., :1])
    before = np.cumprod(np.concatenate([ones, values[..., :-1]], -1), -1)
    behind = np.cumprod(np.concatenate([ones, values[..., :0:-1]], -1), -1)[..., ::-1]
    return before * behind


def _products_of_all_but_two(values: Any) -> Any:
    """For each pair of singular values the product of the others; 0 on the diagonal."""
    size = values.shape[-1]
    products = np.zeros((*values.shape, size), values.dtype)
    for i in range(size):
        rest = [j for j in range(size) if j != i]
        products[..., i, rest] = _products_of_others(values[..., rest])
    return products


def _third_derivative_of_det(a: Any, w: Any, u: Any) -> Any:
    """Gradient in a of det(a) (<w, B><u, B> - <u, B w^T B>), where B is the transposed inverse."""
    dtype = a.dtype
    # Near a singular matrix large terms cancel: in float32 no digit would be left.
    a, w, u = (cast(x, np.float64) for x in (a, w, u))
    inverse = matrix_transpose(_RegularInverse()(a))
    turned_w = inverse @ matrix_transpose(w) @ inverse
    turned_u = inverse @ matrix_transpose(u) @ inverse
    of_w, of_u = (_per_matrix(total(x * inverse, (-2, -1))) for x in (w, u))
    both = _per_matrix(total(u * turned_w, (-2, -1)))
    chained = turned_w @ matrix_transpose(u) @ inverse + inverse @ matrix_transpose(u) @ turned_w
    whole = (of_w * of_u - both) * inverse - of_u * turned_w - of_w * turned_u + chained
    return cast(_per_matrix(det(a)) * whole, dtype)


class _RegularInverse(Inv):
    """The inverse of a matrix that no rounding can make singular."""

    def forward(self, a: Any) -> Any:
        _check_finite(a)
        values = linalg.svd(a, compute_uv=False)
        rank = values[..., -1:] > values[..., :1] * a.shape[-1] * np.finfo(values.dtype).eps
        if not rank.all():
            raise SingularMatrixError(
                "the third derivative of det is known only where the matrix has an inverse.",
                found=[describe("a", a)],
                do="The first and the second derivative are right for singular matrices too.",
            )
        return super().forward(a)


det = Det.function
cofactors, cofactors_slope = Cofactors.function, CofactorsSlope.function
