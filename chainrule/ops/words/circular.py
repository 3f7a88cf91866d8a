"""Words of angles: tan, the inverse circular functions, degrees and sinc.

Imports the families, letters and hypot.
"""

from math import inf, pi
from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.graph.op.families import Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.letters.logic import equal, where
from chainrule.ops.letters.transcendental import sin
from chainrule.ops.words.hypotenuse import FAR, hypot

UNIT = Domain(low=-1.0, high=1.0, sample_low=-0.8, sample_high=0.8)


@op("tan", numpy=np.tan, domains=(Domain(sample_low=-1.2, sample_high=1.2),))
class Tan(Word):
    """Tangent of an angle in radians."""

    c = "tan"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 + out * out,)


@op("arcsin", numpy=np.arcsin, domains=(UNIT,))
class ArcSin(Word):
    """The angle whose sine is x; its slope at -1 and 1 is infinite."""

    c = "asin"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / sqrt((1 - x) * (1 + x)),)  # 1 - x * x would lose the digits near 1


@op("arccos", numpy=np.arccos, domains=(UNIT,))
class ArcCos(Word):
    """The angle whose cosine is x; its slope at -1 and 1 is minus infinity."""

    c = "acos"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (-1 / sqrt((1 - x) * (1 + x)),)


@op("arctan", numpy=np.arctan)
class ArcTan(Word):
    """The angle whose tangent is x, between -pi/2 and pi/2."""

    c = "atan"

    def local_gradients(self, x: Any, out: Any) -> Any:
        # At infinity the curve is flat in every order; 0 * inf would be NaN in the second.
        return (where(equal(abs(x), inf), 0, 1 / (1 + x * x)),)


@op("arctan2", numpy=np.arctan2, domains=(FAR, FAR))
class ArcTan2(Word):
    """The angle of the point (x, y), in radians from -pi to pi.

    Notes
    -----
    At the origin and at infinity the slopes are 0: there the angle has no derivative, and far out
    it does not move.
    """

    c = "atan2"

    def local_gradients(self, y: Any, x: Any, out: Any) -> Any:
        r = hypot(x, y)
        bare = equal(r, 0) | equal(r, inf)
        # Divided twice: the square of 1e200 overflows.
        return lambda: where(bare, 0, x / r / r), lambda: where(bare, 0, -(y / r) / r)


@op("deg2rad", numpy=(np.deg2rad, np.radians))
class Deg2Rad(Word):
    """Degrees to radians."""

    def formula(self, x: Any) -> Any:
        return x * (pi / 180)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (pi / 180,)


@op("rad2deg", numpy=(np.rad2deg, np.degrees))
class Rad2Deg(Word):
    """Radians to degrees."""

    def formula(self, x: Any) -> Any:
        return x * (180 / pi)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (180 / pi,)


@op("sinc", numpy=np.sinc)
class Sinc(Word):
    """sin(pi x) / (pi x), and 1 at 0."""

    def forward(self, x: Any) -> Any:
        return np.sinc(x)

    def formula(self, x: Any) -> Any:
        t = pi * x
        t = where(equal(t, 0), float(np.finfo(x.dtype).eps), t)  # its sine is itself, as in NumPy
        return sin(t) / t

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (sinc_derivative(x, 1),)


@op("sinc_derivative")
class SincDerivative(Word):
    """The derivative of sinc of any order, with its digits near 0.

    Parameters
    ----------
    order : int, default 1
        How often sinc is differentiated.

    Notes
    -----
    t f(t) = sin t, differentiated n times, gives t f_n + n f_(n-1) = sin(t + n pi / 2). Divided by
    t it loses digits near 0, so the series of sin(t) / t stands there.
    """

    order: int = 1

    def forward(self, x: Any) -> Any:
        near = np.abs(x) < (self.order + 1) / pi
        slope = np.asarray(self.recurrence(x, near))
        slope[near] = np.asarray(self.series(x))[near]
        return slope * pi**self.order

    def formula(self, x: Any) -> Any:
        near = abs(x) < (self.order + 1) / pi
        return where(near, self.series(x), self.recurrence(x, near)) * pi**self.order

    def series(self, x: Any) -> Any:
        """The Taylor series at 0: the sum of (-1)**k t**(2k - n) / ((2k + 1) (2k - n)!)."""
        n = self.order
        t = pi * np.minimum(np.maximum(x, -(n + 1) / pi), (n + 1) / pi)
        first = (n + 1) // 2  # t**(2 * first) is the first term that n derivatives leave
        term = (-1.0) ** first * t ** (n % 2)
        total = term / (2 * first + 1)
        for k in range(first + 1, first + TERMS + 2 * n):
            term = term * (-t * t) / ((2 * k - n) * (2 * k - n - 1))
            total = total + term / (2 * k + 1)
        return total

    def recurrence(self, x: Any, near: Any) -> Any:
        """From sin(t) / t upwards, away from 0."""
        turns = np.fmod(x, 2)  # exact, so that sin(pi x) keeps its digits far out
        t = pi * np.where(near, 1, x)
        value = np.sin(pi * turns) / t
        for k in range(1, self.order + 1):
            value = (np.sin(pi * (turns + k / 2)) - k * value) / t
        return value

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (sinc_derivative(x, self.order + 1),)


TERMS = 16  # and two more for each order: what is left out is below 1e-17 for |t| <= order + 1

sinc_derivative = SincDerivative.function
