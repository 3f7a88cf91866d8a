"""Words of the normal distribution: its chance ndtr, and the inverse error functions.

Imports special and letters. erf and erfc are letters.
"""

from math import pi, sqrt
from typing import Any

from chainrule.domain import Domain
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp
from chainrule.ops.words.circular import UNIT
from chainrule.ops.words.special import SciPyWord1

FAR = 40  # exp(-FAR**2 / 2) is 0 in float64
HALF_SQRT_PI = Constant(sqrt(pi) / 2, r"\tfrac{\sqrt{\pi}}{2}")
SQRT_2_PI = Constant(sqrt(2 * pi), r"\sqrt{2\pi}")


@op("ndtr")
class Ndtr(SciPyWord1):
    """The chance that a standard normal falls below x."""

    c = scipy = "ndtr"

    def local_gradients(self, x: Any, out: Any) -> Any:
        bell = where(abs(x) > FAR, 0, exp(-0.5 * x * x))  # at infinity flat in every order
        return (bell / SQRT_2_PI,)


@op("ndtri", domains=(Domain(low=0.0, high=1.0, sample_low=0.1, sample_high=0.9),))
class Ndtri(SciPyWord1):
    """The number that a standard normal falls below with chance x; the inverse of ndtr."""

    c = scipy = "ndtri"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (SQRT_2_PI * exp(0.5 * out * out),)


@op("erfinv", domains=(UNIT,))
class ErfInv(SciPyWord1):
    """The number whose erf is x; infinite at -1 and 1, and so is its slope."""

    c = scipy = "erfinv"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (HALF_SQRT_PI * exp(out * out),)


@op("erfcinv", domains=(Domain(low=0.0, high=2.0, sample_low=0.2, sample_high=1.8),))
class ErfcInv(SciPyWord1):
    """The number whose erfc is x; accurate where x is small."""

    c = scipy = "erfcinv"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-HALF_SQRT_PI * exp(out * out),)
