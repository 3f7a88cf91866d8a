"""Words of powers and logarithms: bases 2 and 10, sums in the logarithm, cbrt and reciprocal.

Imports the families, letters and the sigmoid.
"""

from collections.abc import Callable
from math import inf, log
from typing import Any

import numpy as np

from chainrule.domain import POSITIVE
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.op.families import Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import AWAY_FROM_ZERO, maximum
from chainrule.ops.letters.logic import equal, logical_and, where
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.letters.transcendental import exp, log1p

LN_2 = Constant(log(2), r"\ln 2")
LN_10 = Constant(log(10), r"\ln 10")


@op("exp2", numpy=np.exp2)
class Exp2(Word):
    """2 to the power x."""

    c = "exp2"
    scipy = "exp2"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (LN_2 * out,)


@op("log2", numpy=np.log2, domains=(POSITIVE,))
class Log2(Word):
    """Logarithm to the base 2."""

    c = "log2"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / LN_2 / x,)  # x * ln 2 would underflow before x does


@op("log10", numpy=np.log10, domains=(POSITIVE,))
class Log10(Word):
    """Logarithm to the base 10."""

    c = "log10"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / LN_10 / x,)


@op("cbrt", numpy=np.cbrt, domains=(AWAY_FROM_ZERO,))
class Cbrt(Word):
    """Cube root, of negative numbers too; its slope at 0 is infinite."""

    c = "cbrt"
    scipy = "cbrt"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / (3 * out * out),)


@op("reciprocal", numpy=np.reciprocal, domains=(AWAY_FROM_ZERO,))
class Reciprocal(Word):
    """1 / x."""

    def formula(self, x: Any) -> Any:
        return 1 / x

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-out * out,)


@op("logaddexp", numpy=np.logaddexp)
class LogAddExp(Word):
    """log(exp(x) + exp(y)) without overflow.

    Notes
    -----
    The slopes are the shares exp(x) / (exp(x) + exp(y)) of the sum. Two infinities share equally;
    of a sum of nothing (both minus infinity) the slopes are 0.
    """

    def formula(self, x: Any, y: Any) -> Any:
        return _larger_and(x, y, lambda apart: log1p(exp(apart)), log(2))

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(x, y, out), lambda: _share(y, x, out)


@op("logaddexp2", numpy=np.logaddexp2)
class LogAddExp2(Word):
    """The logarithm to the base 2 of 2**x + 2**y, without overflow; see logaddexp."""

    def formula(self, x: Any, y: Any) -> Any:
        return _larger_and(x, y, lambda apart: log1p(exp(apart * LN_2)) / LN_2, 1)

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(x, y, out, LN_2), lambda: _share(y, x, out, LN_2)


def _larger_and(x: Any, y: Any, more: Callable[[Any], Any], twice: float) -> Any:
    """The larger one, and what the smaller one adds by its distance; of two alike ``twice``."""
    alike = equal(x, y)  # inf - inf would be NaN
    apart = where(alike, 0, -abs(x - y))
    return where(alike, x + twice, maximum(x, y) + more(apart))


def _share(x: Any, y: Any, out: Any, scale: Any = 1) -> Any:
    """The part that x has in the sum: exp(x - out) would lose the digits of large scores."""
    both_infinite = logical_and(equal(x, y), equal(abs(out), inf))
    difference = where(both_infinite, 0.0, x - y)  # inf - inf would be NaN
    return where(equal(out, -inf), 0, sigmoid(difference * scale))
