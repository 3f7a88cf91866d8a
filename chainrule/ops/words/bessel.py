"""Words of round things: the Bessel functions j0, j1, i0, i1 and their families jv, iv.

Imports special. The slope of one of them is made of its two neighbours; j1(x) / x would lose its
digits near 0.
"""

from typing import Any

import numpy as np

from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where
from chainrule.ops.words.special import OrderedWord, SciPyWord1

TINY = 1e-150  # from here to 0 SciPy's iv loses its digits, and ends with NaN


@op("j0")
class J0(SciPyWord1):
    """Bessel function of the first kind of order 0: the shape of a drum that was struck."""

    c = scipy = "j0"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-j1(x),)


@op("j1")
class J1(SciPyWord1):
    """Bessel function of the first kind of order 1."""

    c = scipy = "j1"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (0.5 * (j0(x) - jv(2, x)),)


@op("i0", numpy=np.i0)
class I0(SciPyWord1):
    """Modified Bessel function of order 0; beyond 713 it is infinite in float64."""

    c = scipy = "i0"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (i1(x),)


@op("i1")
class I1(SciPyWord1):
    """Modified Bessel function of order 1."""

    c = scipy = "i1"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (0.5 * (i0(x) + iv(2, x)),)


def _of_order_2(rng: np.random.Generator) -> Any:
    return 2, rng.uniform(-3, 3, (3, 4))


@op("jv", samples=_of_order_2)
class Jv(OrderedWord):
    """Bessel function of the first kind.

    Parameters
    ----------
    n : int
        Its order, which stands before x.
    """

    c = scipy = "jv"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (0.5 * (jv(self.n - 1, x) - jv(self.n + 1, x)),)


@op("iv", samples=_of_order_2)
class Iv(OrderedWord):
    """Modified Bessel function of the first kind.

    Parameters
    ----------
    n : int
        Its order, which stands before x.
    """

    c = scipy = "iv"

    def forward(self, x: Any) -> Any:
        """One call of SciPy, which answers NaN for the smallest numbers."""
        return self.mended(super().forward(x), x)

    def mended(self, out: Any, *operands: Any) -> Any:
        """The first term of the series at the smallest numbers."""
        (x,) = operands
        return where(abs(x) < TINY, self.first_term(x), out)

    def first_term(self, x: Any) -> Any:
        """(x / 2)**n / n!, which is all that is left of the series at the smallest numbers."""
        order = abs(self.n)
        return x * 0 + 1 if order == 0 else 0.5 * x if order == 1 else x * 0.0

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (0.5 * (iv(self.n - 1, x) + iv(self.n + 1, x)),)


j0, j1, jv = J0.function, J1.function, Jv.function
i0, i1, iv = I0.function, I1.function, Iv.function
