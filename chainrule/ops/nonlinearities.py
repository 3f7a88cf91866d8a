"""Activations: the elementwise functions between two layers.

Imports letters and tails. Each is a formula; where the chain rule would lose accuracy or miss the
convention at a kink, the slope is written too.
"""

from math import inf, pi, sqrt
from typing import Any, ClassVar

import numpy as np

from chainrule.domain import KINK_AT_ZERO
from chainrule.errors import ArgumentError
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import Op, op
from chainrule.ops import tails
from chainrule.ops.letters.arithmetic import maximum, minimum
from chainrule.ops.letters.logic import equal, where
from chainrule.ops.letters.logistic import density, sigmoid
from chainrule.ops.letters.transcendental import erfc, exp, expm1, log1p

SQRT_2 = Constant(sqrt(2), r"\sqrt{2}")
SQRT_2_PI = Constant(sqrt(2 * pi), r"\sqrt{2\pi}")
SQRT_2_OVER_PI = Constant(sqrt(2 / pi), r"\sqrt{2/\pi}")
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, eq. 14
MISH_IS_LINE = 22.0  # its slope rounds to 1 in float64 there; exp(89) overflows float32
GELU_CUBIC = Constant(0.044715, "0.044715")  # Hendrycks and Gimpel 2016, section 2


@op("relu", onnx="Relu", domains=(KINK_AT_ZERO,), gate="gradient router")
class ReLU(Elementwise):
    """The positive part of x: max(0, x). The slope at 0 is 0."""

    bounds: ClassVar[tuple[float, float]] = (0.0, inf)
    silent: ClassVar[str] = "dead"
    gain: ClassVar[float] = 2.0

    def forward(self, x: Any) -> Any:
        return maximum(x, 0)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (out > 0,)


@op("leaky_relu", onnx="LeakyRelu", domains=(KINK_AT_ZERO,))
class LeakyReLU(Elementwise):
    """max(slope * x, x): a small slope keeps units alive that would be dead. At 0: ``slope``.

    Parameters
    ----------
    slope : float, default 0.1
        Slope of the negative side, as in the lecture.
    """

    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    slope: float = 0.1

    def forward(self, x: Any) -> Any:
        return where(x > 0, x, self.slope * x)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (where(x > 0, upstream, self.slope * upstream),)


@op("elu", onnx="Elu", domains=(KINK_AT_ZERO,))
class ELU(Elementwise):
    """x on the positive side, alpha * (exp(x) - 1) on the negative side.

    Parameters
    ----------
    alpha : float, default 1
        The value approached at minus infinity is -alpha. With 1 the slope is continuous.

    Notes
    -----
    The slope at 0 is the member of the subdifferential that is nearest to 0.

    Source
    ------
    Clevert, Unterthiner, Hochreiter 2016, "Fast and accurate deep network learning by ELUs".
    """

    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    alpha: float = 1.0

    def forward(self, x: Any) -> Any:
        return where(x > 0, x, self.alpha * expm1(minimum(x, 0)))

    def local_gradients(self, x: Any, out: Any) -> Any:
        at_kink = max(min(1.0, self.alpha), 0.0)
        negative_side = self.alpha * exp(minimum(x, 0))  # the clamp: exp(89) overflows float32
        return (where(x > 0, 1.0, where(x < 0, negative_side, at_kink)),)


@op("selu", onnx="Selu", domains=(KINK_AT_ZERO,))
class SELU(Elementwise):
    """ELU with a slope a little above 1, under which scores drift to mean 0 and variance 1.

    1.0507 x on the positive side, 1.7581 (exp(x) - 1) on the negative side. The slope at 0 is
    1.0507.

    Source
    ------
    Klambauer, Unterthiner, Mayr, Hochreiter 2017, "Self-normalizing neural networks".
    """

    silent: ClassVar[str] = "faint"

    def forward(self, x: Any) -> Any:
        negative_side = SELU_SCALE * SELU_ALPHA * expm1(minimum(x, 0))
        return where(x > 0, SELU_SCALE * x, negative_side)

    def local_gradients(self, x: Any, out: Any) -> Any:
        negative_side = SELU_SCALE * SELU_ALPHA * exp(minimum(x, 0))  # exp(89) overflows float32
        return (where(x < 0, negative_side, SELU_SCALE),)


@op("gelu", onnx="Gelu", edges=True)
class GELU(Elementwise):
    """x * Phi(x): the input times the chance that a standard normal falls below it.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default "none"
        "none" is the exact form through erfc, whose left tail keeps its digits; "tanh" is the
        approximation of the paper, an op of its own (``gelu_tanh``).

    Source
    ------
    Hendrycks and Gimpel 2016, "Gaussian error linear units".
    """

    bounds: ClassVar[tuple[float, float]] = (-0.17, inf)  # at -0.7518
    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    approximate: str = "none"

    @classmethod
    def of(cls, *values: Any) -> Op:
        """The exact op or the approximate one."""
        approximate = values[0] if values else "none"
        if approximate not in ("none", "tanh"):
            raise ArgumentError(
                f"gelu knows no approximation {approximate!r}.",
                do='Choose approximate="none" (exact) or approximate="tanh".',
            )
        return cls() if approximate == "none" else GELUTanh()

    def forward(self, x: Any) -> Any:
        if _is_plain(x):
            return tails.gelu(x)
        return where(equal(x, -inf), 0, 0.5 * x * erfc(-x / SQRT_2))  # -inf * 0 would be NaN

    def local_gradients(self, x: Any, out: Any) -> Any:
        if _is_plain(x):
            return (tails.gelu_slope(x),)
        near = _held(x, 40)  # the density at 40 is 0 in float64, and inf * 0 would be NaN
        return (0.5 * erfc(-x / SQRT_2) + near * exp(-0.5 * near * near) / SQRT_2_PI,)


@op("gelu_tanh", onnx="Gelu", edges=True)
class GELUTanh(Elementwise):
    """GELU with Phi(x) approximated by (1 + tanh(u)) / 2, as older models were trained with it."""

    bounds: ClassVar[tuple[float, float]] = (-0.1701, inf)  # at -0.7525
    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    def forward(self, x: Any) -> Any:
        # sigmoid(2u) is (1 + tanh u) / 2 without the loss of its left tail.
        return where(equal(x, -inf), 0, x * sigmoid(2 * self.inner(_held(x, 30))))

    def inner(self, x: Any) -> Any:
        """The argument u of tanh."""
        return SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x)

    def local_gradients(self, x: Any, out: Any) -> Any:
        near = _held(x, 30)  # tanh is 1 there, and the cube of 1e13 overflows float32
        twice = 2 * self.inner(near)
        slope = 2 * SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * near * near)
        return (sigmoid(twice) + near * density(twice) * slope,)


@op("silu", edges=True)
class SiLU(Elementwise):
    """x * sigmoid(x), also called swish.

    Source
    ------
    Elfwing, Uchibe, Doya 2018, "Sigmoid-weighted linear units".
    """

    bounds: ClassVar[tuple[float, float]] = (-0.2785, inf)  # at -1.2785
    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    def forward(self, x: Any) -> Any:
        value = where(equal(x, -inf), 0, x * sigmoid(x))  # -inf * 0 would be NaN
        return tails.silu(x, value) if _is_plain(x) else value

    def local_gradients(self, x: Any, out: Any) -> Any:
        slope = sigmoid(x) + _held(x, 1000) * density(x)  # inf * 0 would be NaN
        return (tails.silu_slope(x, slope) if _is_plain(x) else slope,)


@op("mish", onnx="Mish", edges=True)
class Mish(Elementwise):
    """x * tanh(softplus(x)): like SiLU, and a little steeper.

    Notes
    -----
    With e = exp(x) and n = e (e + 2) the hyperbolic tangent is n / (n + 2): one exponential, and
    nothing cancels in the left tail.

    Source
    ------
    Misra 2020, "Mish: a self regularized non-monotonic activation function".
    """

    bounds: ClassVar[tuple[float, float]] = (-0.3089, inf)  # at -1.1924
    silent: ClassVar[str] = "faint"
    gain: ClassVar[float] = 2.0

    def forward(self, x: Any) -> Any:
        e = exp(minimum(x, MISH_IS_LINE))
        n = e * (e + 2)
        return where(equal(x, -inf), 0, x * (n / (n + 2)))  # -inf * 0 would be NaN

    def local_gradients(self, x: Any, out: Any) -> Any:
        near = maximum(minimum(x, MISH_IS_LINE), -1000)  # inf * 0 would be NaN
        e = exp(near)
        n = e * (e + 2)
        share = 1 / (n + 2)
        return (n * share + near * (4 * e * share) * ((1 + e) * share),)


@op("softplus", onnx="Softplus")
class Softplus(Elementwise):
    """log(1 + exp(x)): a smooth ReLU, whose slope is the sigmoid."""

    bounds: ClassVar[tuple[float, float]] = (0.0, inf)
    gain: ClassVar[float] = 2.0

    def forward(self, x: Any) -> Any:
        return maximum(x, 0) + log1p(exp(-abs(x)))

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (sigmoid(x),)


@op("identity", gate="gradient copier", onnx="Identity", views=True)
class Identity(Elementwise):
    """The tensor itself: a layer without an activation stays linear."""

    def forward(self, x: Any) -> Any:
        return x

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1,)


def _is_plain(x: Any) -> bool:
    """Whether x is an array of floating-point numbers, and no symbol: its tails can be mended."""
    return type(x) is np.ndarray and x.dtype.kind == "f"


def _held(x: Any, bound: float) -> Any:
    """x, held between -bound and bound."""
    return maximum(minimum(x, bound), -bound)


relu, softplus = ReLU.function, Softplus.function
