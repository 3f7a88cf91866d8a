"""Letters beyond arithmetic: exponentials, logarithms, circular and error functions.

Imports the families. SciPy computes erf and erfc; it is imported when they are first called.
"""

from math import pi, sqrt
from typing import Any

import numpy as np

from chainrule.domain import POSITIVE, Domain
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where

FAR = 30  # exp(-FAR**2) is 0 in float64
TWO_OVER_SQRT_PI = Constant(2 / sqrt(pi), r"\tfrac{2}{\sqrt{\pi}}")


@op("exp", numpy=np.exp, onnx="Exp")
class Exp(Letter):
    """e to the power x; its slope is its value."""

    steadier = (
        "Subtract the largest first, as in exp(x - x.max()); cr.logsumexp and "
        "cr.softmax_cross_entropy do so"
    )

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (out,)


@op("log", numpy=np.log, onnx="Log", domains=(POSITIVE,))
class Log(Letter):
    """Natural logarithm."""

    steadier = (
        "Of a softmax take cr.log_softmax or cr.softmax_cross_entropy, which do not round to 0 "
        "first; elsewhere keep its inputs above 0"
    )

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / x,)


@op("log1p", numpy=np.log1p, domains=(Domain(low=-1.0, sample_low=-0.7),))
class Log1p(Letter):
    """log(1 + x), accurate for small x."""

    scipy = "log1p"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / (1 + x),)


@op("expm1", numpy=np.expm1)
class Expm1(Letter):
    """exp(x) - 1, accurate for small x."""

    scipy = "expm1"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (exp(x),)  # out + 1 would lose the slope below -40


@op("sin", numpy=np.sin, onnx="Sin")
class Sin(Letter):
    """Sine of an angle in radians."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (cos(x),)


@op("cos", numpy=np.cos, onnx="Cos")
class Cos(Letter):
    """Cosine of an angle in radians."""

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-sin(x),)


@op("erf", onnx="Erf")
class Erf(Letter):
    """Error function: twice the chance that a normal of variance 1/2 falls in (0, x)."""

    scipy = "erf"

    def forward(self, x: Any) -> Any:
        from scipy.special import erf  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return erf(x)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (TWO_OVER_SQRT_PI * _bell(x),)


@op("erfc")
class Erfc(Letter):
    """1 - erf(x), accurate in the right tail."""

    scipy = "erfc"

    def forward(self, x: Any) -> Any:
        from scipy.special import erfc  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return erfc(x)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-TWO_OVER_SQRT_PI * _bell(x),)


def _bell(x: Any) -> Any:
    """exp(-x * x), flat in every order where it is 0: its slope -2x * 0 is NaN at infinity."""
    return where(abs(x) > FAR, 0, exp(-x * x))


exp, log, sin, cos = Exp.function, Log.function, Sin.function, Cos.function
log1p, expm1 = Log1p.function, Expm1.function
erf, erfc = Erf.function, Erfc.function
