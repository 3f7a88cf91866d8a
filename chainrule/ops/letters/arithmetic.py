"""Letters of arithmetic: sums, products, quotients and roots.

Imports the families. "The derivative of each node is obvious": it stands in local_gradients.
"""

from math import copysign, inf
from typing import Any

import numpy as np

from chainrule.domain import KINK_AT_ZERO, POSITIVE, REAL, Domain
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import greater, greater_equal, logical_and, where

AWAY_FROM_ZERO = Domain(sample_low=0.3, poles=(0.0,))


@op("add", symbol="+", numpy=np.add, onnx="Add", gate="gradient distributor")
class Add(Letter):
    """Sum of two tensors; both inputs receive the upstream gradient."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return 1, 1


@op("subtract", symbol="-", numpy=np.subtract, onnx="Sub", gate="gradient distributor")
class Subtract(Letter):
    """Difference of two tensors; the second input receives the negated upstream gradient."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return 1, -1


@op("multiply", symbol="*", numpy=np.multiply, onnx="Mul", gate="swap multiplier")
class Multiply(Letter):
    """Product of two tensors; each input receives upstream times the *other* input."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return y, x


@op(
    "divide",
    symbol="/",
    numpy=(np.divide, np.true_divide),
    onnx="Div",
    domains=(REAL, AWAY_FROM_ZERO),
)
class Divide(Letter):
    """Quotient of two tensors."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _inverse(y), lambda: -out / y


def _inverse(y: Any) -> Any:
    # Enemy: a number of Python, which raises at 0 where an array holds an infinity.
    return copysign(inf, y) if isinstance(y, int | float) and y == 0 else 1 / y


@op("negative", symbol="-", numpy=np.negative, onnx="Neg")
class Negative(Letter):
    """The tensor with its sign turned."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-1,)


@op("sqrt", numpy=np.sqrt, onnx="Sqrt", domains=(POSITIVE,))
class Sqrt(Letter):
    """Square root; its slope at 0 is infinite."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (0.5 / out,)


@op("square", numpy=np.square)
class Square(Letter):
    """The tensor times itself."""

    whole = "formula"

    def formula(self, x: Any) -> Any:
        return x * x

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (2 * x,)


@op("abs", numpy=(np.absolute, np.fabs), onnx="Abs", domains=(KINK_AT_ZERO,))
class Abs(Letter):
    """Absolute value; the slope at 0 is 0."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (sign(x),)


@op("sign", numpy=np.sign, onnx="Sign", domains=(KINK_AT_ZERO,), flat=True)
class Sign(Letter):
    """-1, 0 or 1; flat wherever it has a slope."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (None,)


@op("floor", numpy=np.floor, onnx="Floor", domains=(Domain(kinks=(-1.0, 0.0, 1.0)),), flat=True)
class Floor(Letter):
    """The largest integer not above x; flat wherever it has a slope."""

    whole = "copy"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (None,)


@op("maximum", numpy=np.maximum, onnx="Max", gate="gradient router", router=True)
class Maximum(Letter):
    """The larger of two tensors, which receives the whole upstream gradient; ties share it."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(x, y), lambda: _share(y, x)


@op("minimum", numpy=np.minimum, onnx="Min", gate="gradient router", router=True)
class Minimum(Letter):
    """The smaller of two tensors, which receives the whole upstream gradient; ties share it."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(y, x), lambda: _share(x, y)


def _share(winner: Any, loser: Any) -> Any:
    """1 where the first is larger, 0 where it is smaller, one half at a tie."""
    return where(winner > loser, 1.0, where(winner < loser, 0.0, 0.5))


@op(
    "clip",
    numpy=np.clip,
    onnx="Clip",
    gate="gradient router",
    smooth=False,
    views=True,
    samples=lambda rng: (rng.normal(size=(3, 4)), -0.5, 0.7),
)
class Clip(Letter):
    """x held between lo and hi: minimum(maximum(x, lo), hi).

    Notes
    -----
    The gradient passes to x strictly inside. From a bound on, the tie included, the bound takes
    all of it, so that a constant bound leaves 0; where both bounds meet it is ``hi``.
    A bound may be None, as in ``numpy.clip``.
    """

    whole = "formula"

    def forward(self, x: Any, lo: Any, hi: Any) -> Any:
        lo, hi = _reached(x, lo, hi)
        held = x if lo is None else np.maximum(x, lo)
        return held if hi is None else np.minimum(held, hi)

    def formula(self, x: Any, lo: Any, hi: Any) -> Any:
        lo, hi = _reached(x, lo, hi)
        held = x if lo is None else maximum(x, lo)
        return held if hi is None else minimum(held, hi)

    def branch(self, *operands: Any) -> Any:
        """Below, between or above the bounds."""
        x, lo, hi = operands
        above: Any = 0 if hi is None else np.greater(x, hi) * 1
        return above if lo is None else above - np.less(x, lo)

    def local_gradients(self, x: Any, lo: Any, hi: Any, out: Any) -> Any:
        return (
            lambda: _inside(x, lo, hi),
            lambda: greater_equal(lo, x) if hi is None else _from_below(x, lo, hi),
            lambda: greater_equal(x if lo is None else maximum(x, lo), hi),
        )


def _reached(x: Any, lo: Any, hi: Any) -> tuple[Any, Any]:
    """The bounds without whole numbers that x's type cannot reach, as NumPy leaves them out."""
    if x.dtype.kind in "iu":
        ends = np.iinfo(x.dtype)
        lo = None if type(lo) is int and lo < ends.min else lo
        hi = None if type(hi) is int and hi > ends.max else hi
    return lo, hi


def _inside(x: Any, lo: Any, hi: Any) -> Any:
    """Where neither bound is reached."""
    if lo is None:
        return 1 if hi is None else greater(hi, x)
    return greater(x, lo) if hi is None else logical_and(greater(x, lo), greater(hi, x))


def _from_below(x: Any, lo: Any, hi: Any) -> Any:
    """Where the lower bound is the answer: hi has the last word."""
    return logical_and(greater_equal(lo, x), greater(hi, lo))


sign, floor = Sign.function, Floor.function
maximum, minimum, square, sqrt = (
    Maximum.function,
    Minimum.function,
    Square.function,
    Sqrt.function,
)
